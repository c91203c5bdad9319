package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
	"mokabot/internal/testbed"
	"mokabot/moka/mokatest"
)

// Where a kill can be aimed at.
const (
	anyTime         = "at any time"
	gatewayAsked    = "when the gateway is asked"
	gatewayAnswered = "after the gateway answered"
	postArrived     = "when a post reaches Discord"
	postStored      = "when Discord has stored a post"
	postAnswered    = "after Discord answered a post"
)

// shot is one aimed kill.
type shot struct {
	at    string
	after time.Duration // the moment
	pass  int32         // moments to let go by first
	p     *process
	once  sync.Once
}

// crash is an arena on which the program is killed again and again.
type crash struct {
	*arena
	clients []client
	dice    *rand.Rand
	aimed   atomic.Pointer[shot]
	hiccups []mokatest.Fault // of the gateway
	plain   int              // how long the environment is without a clock
	wrong   int              // starts with a clock that is or becomes wrong
}

// TestKilledAnywhereEveryTransitionIsToldOnce kills the program, by default
// twelve times and MOKABOT_KILLS times if that is set, while accounts cross
// levels and Discord misbehaves: it refuses for any documented reason, and its
// connections fail in all ways. With that set, clocks are wrong now and then too.
// In the end every transition that the database knows of must be in the channel,
// once.
func TestKilledAnywhereEveryTransitionIsToldOnce(t *testing.T) {
	t.Parallel()
	kills := number(t, "MOKABOT_KILLS", proof.Size(2, 4, 12))
	seed := uint64(number(t, "MOKABOT_SEED", int(time.Now().UnixNano()&0xffff)))
	c := &crash{hiccups: hiccups, dice: rand.New(rand.NewPCG(seed, 0))}
	c.arena = newArena(t, discordsim.WithIdentifySpacing(identifySpacing), discordsim.WithOnRequest(c.posting))
	c.hook(c.asking)
	more := ""
	c.clients, more = c.arena.clients(discordsim.ReportChannel)
	c.configure("confirm_after: 1s", "confirm_after: 0s\n  unreachable_after: 1s\n  key_expiry: 7d",
		"remind_every: 24h", "remind_every: 4s", "remind_every: 6h", "remind_every: 3s", "alerts:\n", more+"alerts:\n", "requests_per_180s: 5000", "requests_per_180s: 50000")
	c.plain = len(c.env)
	if os.Getenv("MOKABOT_KILLS") != "" { // it takes a minute to compile
		c.path = pathOf(t, wrongClock)
	}
	l := c.ledger()

	ctx, cancel := context.WithCancel(t.Context())
	var weather sync.WaitGroup
	weather.Go(func() { c.weather(ctx, rand.New(rand.NewPCG(seed, 1))) })
	hits := map[string]int{}
	for n := range kills {
		hits[c.kill(n == 0)]++
	}
	cancel()
	weather.Wait()
	c.settle()
	found := c.compare(l, c.clients...)
	t.Logf("seed %d: %d kills %v, %d starts with a clock that was or became wrong", seed, kills, hits, c.wrong)
	t.Log(found)
	if !found.clean() {
		t.Error("not every transition was told once:\n" + strings.Join(found.wrong, "\n"))
	}
	if few := 12; kills >= few && found.Transitions < kills/4 { // a few kills may all come before the first
		t.Errorf("only %d transitions: this proves little", found.Transitions)
	}
	c.noViolations(t)
}

// kill runs the program until a kill hits it, and says where that was. The first
// comes when Discord has stored a post, so that there is something to tell once.
func (c *crash) kill(first bool) string {
	c.t.Helper()
	s := &shot{at: anyTime, after: time.Duration(c.dice.Int64N(int64(2500 * time.Millisecond)))}
	switch n := c.dice.IntN(10); {
	case n < 2:
		s.at, s.after, s.pass = gatewayAsked, 0, c.dice.Int32N(6)
	case n < 4:
		s.at, s.after, s.pass = gatewayAnswered, c.upTo(40*time.Millisecond), c.dice.Int32N(6)
	case n < 5:
		s.at, s.after, s.pass = postArrived, 0, c.dice.Int32N(2)
	case n < 7:
		s.at, s.after, s.pass = postStored, 0, c.dice.Int32N(2)
	case n < 9:
		s.at, s.after, s.pass = postAnswered, c.upTo(25*time.Millisecond), c.dice.Int32N(2)
	}
	patience := 3 * time.Second // without a post there is none to aim at
	if first {
		s, patience = &shot{at: postStored}, 90*time.Second
	}
	c.setClock()
	s.p = c.start()
	if s.at == anyTime {
		time.AfterFunc(s.after, s.p.kill)
	}
	c.aimed.Store(s)
	defer c.aimed.Store(nil)
	vain := time.After(patience)
	hit := s.at
	select {
	case <-s.p.ended:
	case <-vain:
		hit = anyTime
		s.p.kill()
		<-s.p.ended
	}
	if code := s.p.cmd.ProcessState.ExitCode(); code != -1 {
		c.t.Fatalf("the program ended by itself with %d\n%s", code, s.p.log.Tail())
	}
	return hit
}

// setClock sets the clock of the next process wrong now and then, from its start
// or while it runs.
func (c *crash) setClock() {
	if c.path == "" {
		return
	}
	off := func() int { return int(clockSteps[c.dice.IntN(len(clockSteps))].Seconds()) }
	clock := "0@0"
	switch c.dice.IntN(6) {
	case 0:
		clock = fmt.Sprintf("%d@0", off())
	case 1:
		clock = fmt.Sprintf("%d@0,0@%d", off(), 300+c.dice.IntN(1200))
	case 2:
		clock = fmt.Sprintf("0@0,%d@%d", off(), 300+c.dice.IntN(1200))
	}
	if clock != "0@0" {
		c.wrong++
	}
	c.env = append(c.env[:c.plain:c.plain], clockVariable+"="+clock)
}

func (c *crash) upTo(d time.Duration) time.Duration { return time.Duration(c.dice.Int64N(int64(d))) }

// passes fires when this is what the shot waits for.
func (c *crash) passes(at string) {
	s := c.aimed.Load()
	if s == nil || s.at != at || atomic.AddInt32(&s.pass, -1) >= 0 {
		return
	}
	s.once.Do(func() {
		if s.after == 0 {
			s.p.kill()
			return
		}
		time.AfterFunc(s.after, s.p.kill)
	})
}

func (c *crash) asking(done bool) {
	if done {
		c.passes(gatewayAnswered)
	} else {
		c.passes(gatewayAsked)
	}
}

func (c *crash) posting(m discordsim.Moment, method, path string) {
	if method != http.MethodPost || !strings.HasSuffix(path, "/messages") {
		return
	}
	if m == discordsim.MomentArrived {
		c.passes(postArrived)
		return
	}
	c.passes(postStored)
	c.passes(postAnswered)
}

// weather changes the accounts' fortunes and makes both worlds misbehave.
func (c *crash) weather(ctx context.Context, dice *rand.Rand) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(150+dice.IntN(450)) * time.Millisecond):
		}
		switch dice.IntN(13) {
		case 10, 11:
			c.discord.Inject(refusals[dice.IntN(len(refusals))])
		case 12:
			lineFaults[dice.IntN(len(lineFaults))](c.discord)
		case 0:
			c.discord.CutAfterStoring(1)
		case 1:
			c.discord.ForgetNonces()
		case 2:
			c.discord.Inject(storms[dice.IntN(len(storms))])
		case 3:
			c.gateway.Fault(c.hiccups[dice.IntN(len(c.hiccups))])
		case 4:
			c.discord.Heal()
			c.gateway.Clear()
		default:
			fortune(c.clients[dice.IntN(len(c.clients))], dice)
		}
	}
}

// settle lets everything come to rest: the accounts are fine, both worlds
// behave, and all that waits is delivered.
func (c *crash) settle() {
	c.t.Helper()
	began := time.Now()
	c.discord.Heal()
	c.gateway.Clear()
	if c.path != "" {
		c.env = c.env[:c.plain]
	}
	for _, cl := range c.clients {
		cl.holds(90)
	}
	p := c.start()
	// All may be over before the program handles signals, which it does before it logs anything.
	quiet := within(c.t, 2*time.Minute, "everything to be told", func() bool { return p.log.String() != "" && c.allOver() })
	if !quiet {
		c.t.Log(p.log.Tail())
	}
	c.t.Logf("at rest after %s", time.Since(began).Round(time.Second/10))
	p.terminate(c.t)
	testbed.NoSecrets(c.t, "the log", p.log.String())
}

// allOver reports whether no incident is open and, looked at afterwards because
// the end of an incident is a message too, nothing waits.
func (c *crash) allOver() bool {
	if slices.ContainsFunc(c.clients, func(cl client) bool { return c.open(cl.name) != 0 }) {
		return false
	}
	waiting, dead, err := c.waiting()
	return err == nil && waiting == 0 && dead == 0
}
