package e2e

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
	"mokabot/internal/testbed"
)

// soak is an arena on which the released program lives through storms for a
// long while.
type soak struct {
	*arena
	clients []client
	p       *process
	listen  string // the program's own address
	more    string // lines of the configuration
	long    bool
	began   time.Time

	storming        atomic.Bool
	struck, reloads atomic.Int64
	given           given

	back, delivered []time.Duration // after each storm: the first answer, and the outbox empty
}

// TestASoak runs the released program for MOKABOT_SOAK (34m, say; a few
// seconds without it) between two worlds that do all they can do wrong, and
// people who ask for everything. After each storm commands are answered and
// messages delivered again soon; in the end everything was told once, and the
// program takes no more than at the end of the first quarter.
func TestASoak(t *testing.T) {
	proof.NeedsLong(t, "MOKABOT_SOAK")
	t.Parallel()
	duration, err := time.ParseDuration(cmp.Or(os.Getenv("MOKABOT_SOAK"), "12s"))
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(number(t, "MOKABOT_SEED", int(time.Now().UnixNano()&0xffff)))
	s := newSoak(t, duration >= 2*time.Minute)
	l := s.ledger()
	samples := s.live(t, duration, seed)
	s.allAsked(t)
	s.rest(t)
	found := s.compare(l, s.clients...)
	t.Logf("seed %d, %s\n%d strikes, %d reloads, %d of %d commands and %d of %d buttons answered, %d completions, %d IDENTIFYs, %d resumes",
		seed, duration, s.struck.Load(), s.reloads.Load(), s.given.answered.Load(), s.given.commands.Load(), s.given.pressed.Load(),
		s.given.presses.Load(), s.given.typed.Load(), len(s.discord.Identifies()), s.discord.Resumes())
	t.Logf("after %d storms: the first answer after %s, all delivered after %s at most", len(s.back), slices.Max(s.back), slices.Max(s.delivered))
	t.Log(sampled(samples))
	t.Log(found)
	if !found.clean() {
		t.Error("not everything was told once:\n" + strings.Join(found.wrong, "\n"))
	}
	if s.long {
		grown(t, samples)
	}
	s.violations(t)
}

func newSoak(t *testing.T, long bool) *soak {
	t.Helper()
	opts := []discordsim.Option{discordsim.WithIdentifySpacing(identifySpacing)}
	if !long {
		opts = append(opts, discordsim.WithHeartbeat(time.Second))
	}
	s := &soak{arena: newArena(t, opts...), long: long}
	if s.path = build(t); long {
		s.path = release(t)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listen = free.Addr().String()
	free.Close()
	s.clients, s.more = s.arena.clients(discordsim.ReportChannel)
	s.configured()
	return s
}

// configured writes the configuration. changes come on top.
func (s *soak) configured(changes ...string) {
	s.file = s.config(s.t, append(changes, "confirm_after: 1s", "confirm_after: 1s\n  unreachable_after: 5s\n  key_expiry: 7d",
		"remind_every: 24h", "remind_every: 20s", "remind_every: 6h", "remind_every: 10s", "alerts:\n", s.more+"alerts:\n",
		"storage:\n", "listen: "+s.listen+"\nmodel_watch: {cron: \"@every 30s\", channel_id: \""+discordsim.ReportChannel+"\"}\nstorage:\n",
		"requests_per_180s: 5000", "requests_per_180s: 50000")...)
}

// hanging is how long a storm leaves something behind: nothing waits longer
// than a minute for an answer, and connections are kept for a minute and a half.
const hanging = 150 * time.Second

// live has storms and lulls follow each other, and takes a sample at the end
// of each quarter.
func (s *soak) live(t *testing.T, duration time.Duration, seed uint64) (samples []sample) {
	t.Helper()
	s.began, s.p = time.Now(), s.start()
	if err := s.discord.Connected(deadline(t)); err != nil {
		t.Fatalf("%v\n%s", err, s.p.log.Tail())
	}
	ctx, cancel := context.WithCancel(t.Context())
	var people sync.WaitGroup
	for i := range 3 {
		people.Go(func() { s.use(ctx, rand.New(rand.NewPCG(seed, uint64(10+i)))) })
	}
	people.Go(func() { s.weather(ctx, rand.New(rand.NewPCG(seed, 1))) })
	dice := rand.New(rand.NewPCG(seed, 2))
	for len(samples) < 4 && !t.Failed() {
		quarter := s.began.Add(duration * time.Duration(len(samples)+1) / 4)
		storm := min(time.Duration(5+dice.IntN(40))*time.Second, max(time.Until(quarter), time.Second))
		s.storming.Store(true)
		sleepFor(ctx, storm)
		s.storming.Store(false)
		s.lull(t)
		if !time.Now().Before(quarter) {
			if s.long {
				sleepFor(ctx, hanging)
			}
			samples = append(samples, s.sample(t))
		}
	}
	cancel()
	people.Wait()
	return samples
}

// weather changes fortunes and, in a storm, makes everything go wrong.
func (s *soak) weather(ctx context.Context, dice *rand.Rand) {
	pace := 60
	if s.long {
		pace = 200
	}
	for sleepFor(ctx, time.Duration(pace+dice.IntN(4*pace))*time.Millisecond) {
		if !s.storming.Load() {
			continue
		}
		switch n := dice.IntN(20); {
		case n < 7:
			fortune(s.clients[dice.IntN(len(s.clients))], dice)
		case n < 8:
			s.reload(dice)
		case n < 10:
			s.discord.Heal()
			s.gateway.Clear()
		default:
			s.strike(dice)
		}
	}
}

// lull ends a storm, and waits until commands are answered and messages
// delivered again.
func (s *soak) lull(t *testing.T) {
	t.Helper()
	promised, deliveries := patience, 2*patience
	if s.long { // it is run by itself, and measures what is promised
		promised, deliveries = 45*time.Second, 75*time.Second
	}
	sleepFor(t.Context(), time.Second) // the last strike may be under way
	s.discord.Heal()
	s.gateway.Clear()
	ended := time.Now()
	answered := within(t, promised, "a command to be answered after a storm", func() bool {
		short, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := s.discord.Slash(short, discordsim.Call{Name: "balance"})
		return err == nil
	})
	s.back = append(s.back, time.Since(ended).Round(time.Millisecond))
	delivered := within(t, deliveries-time.Since(ended), "what waits to be delivered after a storm", func() bool {
		waiting, _, err := s.waiting()
		return err == nil && waiting == 0
	})
	s.delivered = append(s.delivered, time.Since(ended).Round(time.Millisecond))
	if !answered || !delivered {
		t.Log(s.p.log.Tail())
	}
}

// rest lets everything come to an end: the accounts are fine, the configuration
// is right, and what was refused goes out.
func (s *soak) rest(t *testing.T) {
	t.Helper()
	s.configured()
	for _, c := range s.clients {
		c.holds(90)
	}
	_ = s.p.cmd.Process.Signal(syscall.SIGHUP)
	over := (&crash{arena: s.arena, clients: s.clients}).allOver
	if !within(t, 5*time.Minute, "everything to be told", over) {
		waiting, dead, err := s.waiting()
		t.Logf("%d waiting, %d refused, %v\n%s", waiting, dead, err, s.p.log.Tail())
	}
	s.p.terminate(t)
	testbed.NoSecrets(t, "the log", s.p.log.String())
}

// excused are what storms make a bot do that Discord would not see otherwise:
// to be away, to acknowledge what nobody waits for, to repeat an
// acknowledgement whose answer was cut, and to answer after an acknowledgement
// that was answered with 200 and never carried out.
var excused = []string{
	"was not acknowledged within",
	"/callback: 404 10062 Unknown interaction",
	"/callback: 400 40060 Interaction has already been acknowledged.",
	"/messages/@original: 404 10015 Unknown Webhook",
}

// violations are what the bot did wrong besides.
func (s *soak) violations(t *testing.T) {
	t.Helper()
	met := 0
	for _, v := range s.discord.Violations() {
		if slices.ContainsFunc(excused, func(text string) bool { return strings.Contains(v, text) }) {
			met++
			continue
		}
		t.Error(v)
	}
	t.Logf("%d times an interaction met a storm", met)
}
