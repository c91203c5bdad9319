package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
)

// ask asks the replica's own address.
func (m *replica) ask(t *testing.T, path string) (status int, text string) {
	t.Helper()
	address, _ := strings.CutPrefix(m.env[0], "MOKABOT_LISTEN=")
	request, err := http.NewRequestWithContext(deadline(t), http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(body)
}

// twoReplicas starts two replicas; the first leads.
func twoReplicas(t *testing.T, opts ...discordsim.Option) (r *replicas, l *ledger, first, second *replica) {
	t.Helper()
	r = newReplicas(t, 2, 0, opts...)
	r.configure()
	l = r.ledger()
	first, second = r.all[0], r.all[1]
	first.start()
	if err := r.discord.Connected(deadline(t)); err != nil {
		t.Fatalf("%v\n%s", err, first.p.log.Tail())
	}
	second.start()
	return r, l, first, second
}

// One replica works and the other says that it stands by; when the first is asked
// to end, the second goes on with its session, and nothing is told twice.
func TestAStandbyTakesOver(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	r, l, first, second := twoReplicas(t)
	within(t, time.Minute, "the other replica to stand by", func() bool {
		status, text := second.ask(t, "/readyz")
		return status == http.StatusOK && text == "standby\n"
	})
	if status, text := second.ask(t, "/healthz"); status != http.StatusOK || text != "ok\n" {
		t.Errorf("/healthz of the standby: %d %q", status, text)
	}
	for m, want := range map[*replica]string{first: "mokabot_leader 1", second: "mokabot_leader 0"} {
		if _, text := m.ask(t, "/metrics"); !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("the metrics have no line %q", want)
		}
	}
	if leader, _ := r.lease(); leader != first.pid() {
		t.Errorf("process %d leads, want the first", leader)
	}
	for _, m := range r.all { // in either state the configuration is read again
		m.signal(syscall.SIGHUP)
		within(t, time.Minute, "the configuration to be read again", func() bool {
			return strings.Contains(m.p.log.String(), "the configuration was read again")
		})
	}
	if status, text := second.ask(t, "/readyz"); status != http.StatusOK || text != "standby\n" {
		t.Errorf("after a reload the standby says %d %q", status, text)
	}
	r.spend(36_000_000) // $72: 18.01 is left
	if _, err := r.discord.WaitMessage(deadline(t), discordsim.AlertsChannel, titled("team: balance is low")); err != nil {
		t.Fatalf("%v\n%s", err, first.p.log.Tail())
	}
	_, epoch := r.lease()
	began := time.Now()
	var ended sync.WaitGroup
	ended.Go(first.terminate)
	t.Logf("taken over %s after SIGTERM", r.takenOver(began, epoch).Round(time.Millisecond))
	ended.Wait()
	if err := r.discord.Connected(deadline(t)); err != nil {
		t.Fatalf("%v\n%s", err, second.p.log.Tail())
	}
	if identifies, resumes := len(r.discord.Identifies()), r.discord.Resumes(); identifies != 1 || resumes != 1 {
		t.Errorf("%d IDENTIFYs and %d RESUMEs, want one of each\n%s", identifies, resumes, second.p.log.Tail())
	}
	answer, err := r.discord.Slash(deadline(t), discordsim.Call{Name: "balance"})
	if err != nil || !titled("**$18.01**")(answer) {
		t.Errorf("/balance answers %s, %v", answer.JSON(), err)
	}
	r.spend(7_500_000) // $15: 3.01 is left
	if _, err := r.discord.WaitMessage(deadline(t), discordsim.AlertsChannel, titled("team: balance alert escalated to critical")); err != nil {
		t.Fatalf("%v\n%s", err, second.p.log.Tail())
	}
	within(t, time.Minute, "the new leader to be ready", func() bool {
		status, text := second.ask(t, "/readyz")
		return status == http.StatusOK && text == "ok\n"
	})
	within(t, time.Minute, "everything to be delivered", func() bool {
		waiting, _, err := r.waiting()
		return err == nil && waiting == 0
	})
	second.terminate()
	if found := r.compare(l, client{"team", testKey, 2, r.gateway}); !found.clean() {
		t.Error(strings.Join(found.wrong, "\n"))
	}
	r.noViolations(t)
}

// The line between a leader and its database goes dead: nothing is refused, and
// nothing answered.
func TestALeaderThatHearsNothingOfItsDatabaseStops(t *testing.T) {
	proof.NeedsLong(t)
	t.Parallel()
	r, l, first, second := twoReplicas(t)
	r.polled(t, 2)
	_, epoch := r.lease()
	began := time.Now()
	first.line.dead.Store(true)
	t.Logf("taken over %s after the line went dead", r.takenOver(began, epoch).Round(time.Millisecond))
	within(t, time.Minute, "the old leader to say that it stands by", func() bool {
		status, text := first.ask(t, "/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(text, "standby")
	})
	r.spend(36_000_000) // $72: 18.01 is left
	if _, err := r.discord.WaitMessage(deadline(t), discordsim.AlertsChannel, titled("team: balance is low")); err != nil {
		t.Fatalf("%v\n%s", err, second.p.log.Tail())
	}
	first.line.dead.Store(false)
	within(t, time.Minute, "the old leader to stand by in order", func() bool {
		status, text := first.ask(t, "/readyz")
		return status == http.StatusOK && text == "standby\n"
	})
	second.line.dead.Store(true)
	p := second.p
	second.mu.Lock()
	took := p.terminate(t) // within ten seconds, whatever the database does
	second.over()
	second.mu.Unlock()
	t.Logf("a leader that hears nothing of its database ended within %s", took.Round(time.Millisecond))
	within(t, time.Minute, "everything to be delivered", func() bool {
		waiting, _, err := r.waiting()
		return err == nil && waiting == 0
	})
	first.terminate()
	if found := r.compare(l, client{"team", testKey, 2, r.gateway}); !found.clean() {
		t.Error(strings.Join(found.wrong, "\n"))
	}
}

// A leader is asked to end while its line to the database is dead, the last time in the
// middle of a transaction. It cannot give the lease back, and lets the server see that it
// has gone.
func TestALeaderWithoutItsDatabaseIsReplacedWhenItEnds(t *testing.T) {
	proof.NeedsLong(t)
	t.Parallel()
	r := newReplicas(t, 2, 0)
	r.configure()
	first, second := r.all[0], r.all[1]
	first.start()
	if err := r.discord.Connected(deadline(t)); err != nil {
		t.Fatal(err)
	}
	second.start()
	for i, dead := range []time.Duration{0, time.Second, 3 * time.Second, 0} {
		leader, next := r.all[i%2], r.all[1-i%2]
		within(t, patience, "a leader and a standby", func() bool {
			status, text := next.ask(t, "/readyz")
			return r.leader() == leader && status == http.StatusOK && text == "standby\n"
		})
		r.polled(t, 2)
		_, epoch := r.lease()
		if i == 3 {
			r.inTransaction(func() { leader.line.dead.Store(true) })
		}
		leader.line.dead.Store(true)
		sleepFor(t.Context(), dead)
		began := time.Now()
		var ended sync.WaitGroup
		ended.Go(leader.terminate)
		t.Logf("taken over %s after SIGTERM, which came %s after the line went dead", r.takenOver(began, epoch).Round(time.Millisecond), dead)
		ended.Wait()
		if text := next.p.log.String(); !strings.Contains(text, "this replica leads") {
			t.Errorf("the next leader says\n%s", next.p.log.Tail())
		}
		leader.line.dead.Store(false)
		leader.start()
	}
	for _, m := range r.all {
		m.terminate()
	}
}

// inTransaction calls f while the leader waits in the middle of a transaction that stores
// a reading, and then lets the server go on with it.
func (r *replicas) inTransaction(f func()) {
	r.t.Helper()
	ctx := deadline(r.t)
	conn, err := pgx.Connect(ctx, r.address)
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(ctx, `BEGIN; LOCK TABLE states IN EXCLUSIVE MODE`); err != nil {
		r.t.Fatal(err)
	}
	within(r.t, patience, "a transaction to be under way", func() (waits bool) {
		err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_locks l WHERE relation = 'states'::regclass AND NOT granted
			AND EXISTS (SELECT 1 FROM pg_locks o WHERE o.pid = l.pid AND o.relation = 'lease'::regclass))`).Scan(&waits)
		return err == nil && waits
	})
	f()
	if _, err := conn.Exec(ctx, `ROLLBACK`); err != nil {
		r.t.Fatal(err)
	}
}

// A leader freezes while its ping is on the way, and Discord stores the ping only
// after the next leader has looked for it in vain and posted it. It is there
// once: both carry the same nonce.
func TestAPingThatArrivesAfterTheTakeoverIsNotThereTwice(t *testing.T) {
	proof.NeedsLong(t)
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	var attempts, stored atomic.Int32
	deliver := sync.OnceFunc(func() { close(release) })
	defer deliver()
	r, l, first, second := twoReplicas(t, discordsim.WithOnRequest(func(m discordsim.Moment, method, path string) {
		if method != http.MethodPost || !strings.HasSuffix(path, discordsim.AlertsChannel+"/messages") {
			return
		}
		switch {
		case m != discordsim.MomentArrived:
			stored.Add(1)
		case attempts.Add(1) == 1:
			close(arrived)
			<-release
		}
	}))
	r.polled(t, 2)
	r.spend(36_000_000) // $72: 18.01 is left
	select {
	case <-arrived:
	case <-deadline(t).Done():
		t.Fatal("no ping is sent")
	}
	thaw, frozen := make(chan time.Time), make(chan struct{})
	go func() {
		defer close(frozen)
		first.pause(thaw)
	}()
	if _, err := r.discord.WaitMessage(deadline(t), discordsim.AlertsChannel, titled("team: balance is low")); err != nil {
		t.Fatalf("%v\n%s", err, second.p.log.Tail())
	}
	deliver()
	within(t, patience, "the first attempt to arrive", func() bool { return stored.Load() == 2 })
	close(thaw)
	<-frozen
	within(t, time.Minute, "everything to be delivered", func() bool {
		waiting, _, err := r.waiting()
		return err == nil && waiting == 0
	})
	first.terminate()
	second.terminate()
	if found := r.compare(l, client{"team", testKey, 2, r.gateway}); !found.clean() || found.Transitions == 0 {
		t.Errorf("%s\n%s", found, strings.Join(found.wrong, "\n"))
	}
}

// tally counts what became of commands.
type tally struct {
	mu              sync.Mutex
	given, answered int
	late, lost      int
	longest         time.Duration
	why             map[string]int
}

func (c *tally) note(took time.Duration, err error) {
	const soon = 3 * time.Second
	c.mu.Lock()
	defer c.mu.Unlock()
	c.given++
	switch {
	case err != nil:
		c.lost++
		c.why[err.Error()]++
	case took > soon:
		c.late++
		c.longest = max(c.longest, took)
	default:
		c.answered++
		c.longest = max(c.longest, took)
	}
}

func (c *tally) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("%d commands: %d answered within 3 s, %d later, %d lost %v; the slowest answer took %s",
		c.given, c.answered, c.late, c.lost, c.why, c.longest.Round(time.Millisecond))
}

// TestCommandsDuringTakeovers gives a command four times a second while leaders
// end: by SIGTERM, and by kill -9 every other time. MOKABOT_TAKEOVERS says how
// often.
func TestCommandsDuringTakeovers(t *testing.T) {
	proof.NeedsLong(t, "MOKABOT_TAKEOVERS")
	t.Parallel()
	n := number(t, "MOKABOT_TAKEOVERS", 2)
	r := newReplicas(t, 3, 0, discordsim.WithIdentifySpacing(identifySpacing))
	r.configure(`"* * * * *"`, `"0 0 1 1 *"`)
	for _, m := range r.all {
		m.start()
	}
	if err := r.discord.Connected(deadline(t)); err != nil {
		t.Fatal(err)
	}
	found := map[string]*tally{"SIGTERM": {why: map[string]int{}}, "kill -9": {why: map[string]int{}}}
	took := map[string][]time.Duration{}
	for i := range n {
		how := []string{"SIGTERM", "kill -9"}[i%2]
		var leader *replica
		within(t, time.Minute, "a leader and a standby", func() bool {
			leader = r.leader()
			return leader != nil && r.standsBy(leader)
		})
		_, epoch := r.lease()
		ctx, stop := context.WithCancel(t.Context())
		var people sync.WaitGroup
		people.Go(func() {
			for sleepFor(ctx, 250*time.Millisecond) {
				people.Go(func() {
					began := time.Now()
					short, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					answer, err := r.discord.Slash(short, discordsim.Call{Name: "balance"})
					if err == nil && !titled("**$90.01**")(answer) {
						err = fmt.Errorf("the answer is %s", answer.JSON())
					}
					found[how].note(time.Since(began), err)
				})
			}
		})
		sleepFor(t.Context(), time.Second)
		began := time.Now()
		var ended sync.WaitGroup
		ended.Go(func() {
			if how == "SIGTERM" {
				leader.terminate()
			} else {
				leader.kill()
			}
		})
		took[how] = append(took[how], r.takenOver(began, epoch))
		sleepFor(t.Context(), 2*time.Second)
		stop()
		people.Wait()
		ended.Wait()
		leader.start()
	}
	for how, c := range found {
		if len(took[how]) > 0 {
			t.Logf("%d takeovers after %s, within %s at most: %s", len(took[how]), how, slices.Max(took[how]).Round(time.Millisecond), c)
		}
	}
	t.Logf("%d IDENTIFYs, %d RESUMEs", len(r.discord.Identifies()), r.discord.Resumes())
	if c := found["SIGTERM"]; c.lost > 0 {
		t.Errorf("commands are lost to an orderly takeover: %s", c)
	}
	for _, m := range r.all {
		m.terminate()
	}
}
