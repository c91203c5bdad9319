package e2e

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
	"mokabot/moka/mokatest"
)

// usualTakeover is how long a takeover takes where nothing else befalls the replicas. What
// makes one longer is logged.
const usualTakeover = 3 * time.Second

// lifetime is that of the lease that a crashed or paused leader leaves.
const lifetime = 12 * time.Second

// replicaStorm is a set of replicas to which everything happens.
type replicaStorm struct {
	*replicas
	clients []client
	dice    *rand.Rand
	struck  map[string]int
	strikes []string                   // with their times
	took    map[string][]time.Duration // from the end of a leader to the next one
	resting sync.WaitGroup             // of replicas that are paused
}

// TestThreeReplicasSayEverythingOnce has three replicas killed, stopped and
// started, their connections cut and the server restarted, while accounts cross
// levels and both worlds misbehave, for MOKABOT_STORM (twenty seconds without
// it). From two minutes on their machines' clocks are ten minutes apart. In the
// end every transition that the database knows of must be in the channel, once.
func TestThreeReplicasSayEverythingOnce(t *testing.T) {
	proof.NeedsLong(t, "MOKABOT_STORM")
	t.Parallel()
	duration, err := time.ParseDuration(cmp.Or(os.Getenv("MOKABOT_STORM"), "20s"))
	if err != nil {
		t.Fatal(err)
	}
	apart := time.Duration(0)
	if duration >= 2*time.Minute {
		apart = 10 * time.Minute
	}
	seed := uint64(number(t, "MOKABOT_SEED", int(time.Now().UnixNano()&0xffff)))
	s := &replicaStorm{
		replicas: newReplicas(t, 3, apart, discordsim.WithIdentifySpacing(identifySpacing)),
		dice:     rand.New(rand.NewPCG(seed, 0)), struck: map[string]int{}, took: map[string][]time.Duration{},
	}
	more := ""
	s.clients, more = s.arena.clients(discordsim.ReportChannel)
	s.configure("confirm_after: 1s", "confirm_after: 0s\n  unreachable_after: 1s\n  key_expiry: 7d",
		"remind_every: 24h", "remind_every: 20s", "remind_every: 6h", "remind_every: 15s", "alerts:\n", more+"alerts:\n", "requests_per_180s: 5000", "requests_per_180s: 50000")
	l := s.ledger()
	for _, m := range s.all {
		m.start()
	}
	if err := s.discord.Connected(deadline(t)); err != nil {
		t.Fatal(err)
	}
	s.asked.heard()
	began := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	var weather sync.WaitGroup
	// A gateway's pause of a minute would hide what the replicas do.
	short := slices.DeleteFunc(slices.Clone(hiccups), func(f mokatest.Fault) bool { return f.Status == http.StatusTooManyRequests })
	short = append(short, mokatest.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}, Times: 2})
	weather.Go(func() {
		(&crash{arena: s.arena, clients: s.clients, hiccups: short}).weather(ctx, rand.New(rand.NewPCG(seed, 1)))
	})
	weather.Go(func() { s.connections(ctx, rand.New(rand.NewPCG(seed, 2))) })
	for until := time.Now().Add(duration); time.Now().Before(until) && !t.Failed(); {
		s.strike()
		for _, m := range s.all {
			m.check()
		}
	}
	cancel()
	weather.Wait()
	s.resting.Wait()
	s.settle()
	_, epoch := s.lease()
	found := s.compare(l, s.clients...)
	t.Logf("seed %d, %s, clocks %s apart, struck %s", seed, duration, apart, counted(s.struck))
	for how, all := range s.took {
		t.Logf("%d leaders ended by %s: the next one led within %s at most", len(all), how, slices.Max(all).Round(time.Millisecond))
	}
	t.Logf("%d takeovers, %d IDENTIFYs, %d RESUMEs, longest silence towards the gateway %s", epoch-1, len(s.discord.Identifies()), s.discord.Resumes(), s.asked.most())
	t.Logf("struck before the end of that silence: %s", strings.Join(s.before(s.asked.end), ", "))
	t.Log(found)
	if !found.clean() {
		t.Error("not every transition was told once:\n" + strings.Join(found.wrong, "\n"))
	}
	s.dated(began)
	for _, v := range s.discord.Violations() {
		if !slices.ContainsFunc(pausedBots, func(text string) bool { return strings.Contains(v, text) }) {
			t.Error(v)
		}
	}
}

// note keeps what happened now.
func (s *replicaStorm) note(what string) { s.strikes = append(s.strikes, s.asked.clock()+" "+what) }

// before are the last strikes before a time.
func (s *replicaStorm) before(end string) []string {
	const enough = 8
	all := slices.DeleteFunc(slices.Clone(s.strikes), func(strike string) bool { return strike > end })
	return append(all[max(0, len(all)-enough):], end+" over")
}

// dated fails unless the readings are of the time of the storm, whatever the
// clocks of the machines that took them show.
func (s *replicaStorm) dated(began time.Time) {
	const slack = 2 * time.Minute
	for what, within := range map[string]func(time.Time) bool{
		"MIN": func(at time.Time) bool { return at.After(began.Add(-slack)) },
		"MAX": func(at time.Time) bool { return at.Before(time.Now().Add(slack)) },
	} {
		at, err := column[int64](s.address, `SELECT `+what+`(at) FROM readings`)
		if err != nil || len(at) != 1 || !within(time.UnixMilli(at[0])) {
			s.t.Errorf("the %s time of the readings is %v, %v", what, at, err)
		}
	}
}

// pausedBots are what a process that is stopped cannot help.
var pausedBots = append([]string{"not even a heartbeat"}, excused...)

func counted(all map[string]int) string {
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(all)) {
		parts = append(parts, fmt.Sprintf("%s %d", what, all[what]))
	}
	return strings.Join(parts, ", ")
}

// connections has Discord's gateway misbehave, with lulls.
func (s *replicaStorm) connections(ctx context.Context, dice *rand.Rand) {
	for sleepFor(ctx, time.Duration(1+dice.IntN(6))*time.Second) {
		if dice.IntN(2) == 0 {
			s.discord.InjectGateway(soakConnections[dice.IntN(len(soakConnections))])
			continue
		}
		soakEvents[dice.IntN(len(soakEvents))].strike(s.discord)
		sleepFor(ctx, time.Second)
		s.discord.Down(false)
		s.discord.Mute(false)
	}
}

// strike does something to the replicas or to their database.
func (s *replicaStorm) strike() {
	s.t.Helper()
	leader := s.leader()
	if leader == nil {
		sleepFor(s.t.Context(), 200*time.Millisecond)
		return
	}
	kind := []string{
		"kill -9", "kill -9", "SIGTERM", "SIGTERM", "stop beyond the lease", "short stop", "kill of a standby", "all connections cut",
		"some connections cut", "server restarted", "server crashed", "SIGHUP", "dead line",
	}[s.dice.IntN(13)]
	if (kind == "stop beyond the lease" || kind == "dead line") && !s.standsBy(leader) {
		return // nobody would be left
	}
	s.struck[kind]++
	s.note(kind)
	standby := s.all[s.dice.IntN(len(s.all))]
	switch kind {
	case "kill -9":
		s.replaced(leader, kind, leader.kill)
	case "SIGTERM":
		s.replaced(leader, kind, leader.terminate)
	case "stop beyond the lease":
		d := lifetime + time.Duration(s.dice.IntN(8))*time.Second
		s.resting.Go(func() { leader.pause(time.After(d)) })
	case "dead line":
		d := time.Duration(s.dice.IntN(20)) * time.Second
		s.resting.Go(func() {
			leader.line.dead.Store(true)
			sleepFor(s.t.Context(), d)
			leader.line.dead.Store(false)
		})
	case "short stop":
		leader.pause(time.After(time.Duration(100+s.dice.IntN(6000)) * time.Millisecond))
	case "kill of a standby":
		if standby != leader {
			standby.kill()
			standby.start()
		}
	case "all connections cut":
		s.cut("TRUE")
	case "some connections cut":
		s.cut("random() < 0.5")
	case "server restarted":
		s.pg.Stop(s.t)
		sleepFor(s.t.Context(), time.Duration(s.dice.IntN(4000))*time.Millisecond)
		s.pg.Again(s.t)
		s.note("server back")
	case "server crashed":
		s.pg.Crash(s.t)
		s.pg.Again(s.t)
		s.note("server back")
	case "SIGHUP":
		for _, m := range s.all {
			m.mu.Lock()
			if m.p != nil {
				m.signal(syscall.SIGHUP)
			}
			m.mu.Unlock()
		}
	}
	sleepFor(s.t.Context(), time.Duration(s.dice.IntN(5000))*time.Millisecond)
}

// replaced ends a leader, waits for the next one if there is a replica to take
// over, and starts it again.
func (s *replicaStorm) replaced(leader *replica, how string, end func()) {
	_, epoch := s.lease()
	began := time.Now()
	var ended sync.WaitGroup
	ended.Go(end)
	if s.standsBy(leader) && epoch != 0 {
		took := s.takenOver(began, epoch)
		if s.took[how] = append(s.took[how], took); took > usualTakeover {
			s.t.Logf("%s until the next leader after %s; struck before: %s", took.Round(time.Millisecond), how, strings.Join(s.before(s.asked.clock()), ", "))
		}
	}
	ended.Wait()
	leader.start()
}

func (s *replicaStorm) cut(which string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.address)
	if err != nil {
		return
	}
	defer conn.Close(ctx)
	_, _ = conn.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND `+which)
}

// settle lets everything come to rest, and ends the replicas.
func (s *replicaStorm) settle() {
	s.t.Helper()
	began := time.Now()
	s.discord.Heal()
	s.discord.Down(false)
	s.discord.Mute(false)
	s.gateway.Clear()
	for _, c := range s.clients {
		c.holds(90)
	}
	for _, m := range s.all {
		m.start()
	}
	over := func() bool {
		if _, refused, err := s.waiting(); err == nil && refused > 0 {
			s.discord.SetPermissions(discordsim.AlertsChannel, discordsim.PermissionsUsual) // somebody saw to it: CHANNEL_UPDATE
		}
		started := !slices.ContainsFunc(s.all, func(m *replica) bool { return m.p.log.String() == "" })
		return started && (&crash{arena: s.arena, clients: s.clients}).allOver()
	}
	if !within(s.t, 3*time.Minute, "everything to be told", over) {
		if m := s.leader(); m != nil {
			s.t.Log(m.p.log.Tail())
		}
	}
	s.t.Logf("at rest after %s", time.Since(began).Round(time.Second/10))
	for _, m := range s.all {
		m.terminate()
	}
}
