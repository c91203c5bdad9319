package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/discordsim"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/moka"
	"mokabot/moka/mokatest"
	"mokabot/schedule"
)

// TestCrossingsAreKnownInTime simulates accounts of mixed habits on one host with
// the default request budget, and compares each post with the books of those who
// spend: how long after the true crossing it came, how many requests that took, and
// what polling everybody in turn would have made of the same spending.
func TestCrossingsAreKnownInTime(t *testing.T) {
	proof.NotShort(t)
	proof.NotRaced(t)
	t.Parallel()
	sizes, begins, lasts := []int{proof.Size(10, 10, 50)}, []int{8}, time.Hour
	table := os.Getenv("MOKABOT_CROSSINGS") == "table"
	if table {
		sizes, begins, lasts = []int{1, 10, 50, 200}, []int{1, 8}, 4*time.Hour
	}
	for _, n := range sizes {
		for _, polling := range []string{"in turn", "planned"} {
			t.Run(fmt.Sprintf("%d accounts %s", n, polling), func(t *testing.T) { compareCrossings(t, n, polling, begins, lasts, !table) })
		}
	}
}

func compareCrossings(t *testing.T, n int, polling string, begins []int, lasts time.Duration, near bool) {
	var sum crossings
	for _, hour := range begins {
		sim := simulation{accounts: n, hour: hour, minute: 25, lasts: lasts, inTurn: polling == "in turn", near: near}
		sum.add(sim.run(t))
		for sim.first = 1; n == 1 && sim.first < len(habits); sim.first++ { // one of each habit
			sum.add(sim.run(t))
		}
	}
	t.Logf("%8s  %-8s %9s %7s %7s %7s %7s %6s %6s %9s %8s", "accounts", "polling", "crossings", "median", "95 %", "99 %", "longest", "missed", "false", "requests", "in 180 s")
	t.Log(sum.row(n, polling))
	for _, kind := range slices.Sorted(maps.Keys(sum.byKind)) {
		t.Logf("%18s %s", "", part(kind, sum.byKind[kind]))
	}
	if polling == "in turn" {
		return
	}
	if sum.most > defaultBudget || sum.untrue > 0 || sum.missed > 0 {
		t.Errorf("%d accounts: %d requests in 180 s, %d missed, %d false", n, sum.most, sum.missed, sum.untrue)
	}
	if n == 50 && (sum.at(0.5) > 30*time.Second || sum.at(0.95) > 90*time.Second) {
		t.Errorf("50 accounts: median %s, 95 of 100 %s", sum.at(0.5), sum.at(0.95))
	}
}

// S1: What readings take of the request budget does not depend on commands, so each
// crossing is known as soon while people flood the program as it is without them. Where
// the accounts' past is read from the gateway meanwhile, which waits for commands, readings
// may move by their shortest gap, and a crossing by two.
func TestAFloodDelaysNoCrossing(t *testing.T) {
	proof.NeedsLong(t)
	proof.NotRaced(t)
	t.Parallel()
	const gap = 10 * time.Second // the planner's shortest
	for seeded, all := range map[bool][]int{false: {0, 1, 10}, true: {0, 10}} {
		var calm crossings
		for _, members := range all {
			r := simulation{accounts: 50, hour: 8, minute: 25, lasts: 2 * time.Hour, members: members, unseeded: !seeded}.run(t)
			t.Logf("%2d members, records read %t: %d crossings, median %s, 95 of 100 %s, longest %s; at most %d requests in 180 s", members, seeded, len(r.delays), r.at(0.5), r.at(0.95), r.at(1), r.most)
			if r.most > defaultBudget || r.at(1) > 3*time.Minute {
				t.Errorf("%d members: %d requests in 180 s; the last known after %s", members, r.most, r.at(1))
			}
			switch {
			case members == 0:
				calm = r
				continue
			case !seeded:
				r.asSoonAs(t, calm, time.Second)
				continue
			}
			r.asSoonAs(t, calm, 2*gap)
			for part := 0.05; part < 1; part += 0.05 {
				if r.at(part) > calm.at(part)+gap {
					t.Errorf("%d members: %.0f of 100 crossings are known within %s, and within %s without them", members, 100*part, r.at(part), calm.at(part))
				}
			}
		}
	}
}

// asSoonAs fails the test where a crossing was known later than the same one of another
// run by more than a tolerance, or not at all.
func (c *crossings) asSoonAs(t *testing.T, calm crossings, tolerance time.Duration) {
	t.Helper()
	later := time.Duration(0)
	for which, delay := range calm.known {
		flooded, known := c.known[which]
		later = max(later, flooded-delay)
		if !known || flooded > delay+tolerance {
			t.Errorf("%s is known after %s (%t), and after %s without people", which, flooded, known, delay)
		}
	}
	if len(calm.known) == 0 || len(c.known) != len(calm.known) {
		t.Errorf("%d are known, and %d without people", len(c.known), len(calm.known))
	}
	t.Logf("each of %d is known as soon as without people, or %s later", len(calm.known), later)
}

// crossings are what came of a simulation.
type crossings struct {
	delays   []time.Duration
	known    map[string]time.Duration // the same, by account, level and time of the crossing
	first    []time.Duration          // of what was crossed before the budget could have served all first readings
	byKind   map[string][]time.Duration
	missed   int // crossings without a post
	untrue   int // posts without a crossing
	requests int
	most     int // in any 180 s
	lasted   time.Duration
}

func (c *crossings) add(other crossings) {
	c.delays, c.first = append(c.delays, other.delays...), append(c.first, other.first...)
	if c.byKind == nil {
		c.byKind = map[string][]time.Duration{}
	}
	for kind, delays := range other.byKind {
		c.byKind[kind] = append(c.byKind[kind], delays...)
	}
	c.missed, c.untrue, c.requests = c.missed+other.missed, c.untrue+other.untrue, c.requests+other.requests
	c.most, c.lasted = max(c.most, other.most), c.lasted+other.lasted
}

func (c *crossings) at(part float64) time.Duration { return quantile(c.delays, part) }

// know notes how long after a crossing it was known.
func (c *crossings) know(account, level string, at time.Time, delay time.Duration) {
	if c.known == nil {
		c.known = map[string]time.Duration{}
	}
	c.delays = append(c.delays, delay)
	c.known[fmt.Sprint(account, " ", level, " at ", at.Format(time.TimeOnly))] = delay
}

func quantile(delays []time.Duration, part float64) time.Duration {
	if len(delays) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(delays))
	return sorted[min(len(sorted)-1, int(part*float64(len(sorted))))].Round(time.Second)
}

func (c *crossings) row(n int, polling string) string {
	return fmt.Sprintf("%8d  %-8s %9d %7s %7s %7s %7s %6d %6d %9d %8d", n, polling, len(c.delays), c.at(0.5), c.at(0.95), c.at(0.99), c.at(1), c.missed, c.untrue,
		int(float64(c.requests)/c.lasted.Minutes()*3), c.most)
}

func part(kind string, delays []time.Duration) string {
	return fmt.Sprintf("%-22s %4d %7s %7s %7s", kind, len(delays), quantile(delays, 0.5), quantile(delays, 0.95), quantile(delays, 1))
}

// RoundTrip counts what reaches the gateway.
func (w *crossingWorld) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.requests = append(w.requests, time.Now())
	w.mu.Unlock()
	time.Sleep(150 * time.Millisecond)
	return w.gateway.Client().Transport.RoundTrip(r)
}

// simulation is accounts of mixed habits on a virtual clock.
type simulation struct {
	accounts int
	hour     int // of the day that it begins at
	minute   int
	lasts    time.Duration
	inTurn   bool          // everybody, instead of by plan
	cold     bool          // a new program, and its past is the gateway's records
	near     bool          // most accounts cross a level
	members  int           // who flood the program with commands
	unseeded bool          // the gateway's records are not read
	first    int           // of the accounts: habits and credentials take turns
	offices  time.Duration // crossingWorld.offices
	dice     uint64        // what chance begins with; 0: a number made of when it begins
}

// seed is what chance begins with.
func (sim simulation) seed() uint64 {
	switch {
	case sim.dice != 0:
		return sim.dice
	case sim.cold:
		return uint64(100*sim.hour + sim.minute)
	}
	return uint64(sim.hour)
}

func (sim simulation) run(t *testing.T) (result crossings) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, time.November, 16, sim.hour, sim.minute, 0, 0, time.UTC)))
		w := &crossingWorld{t: t, gateway: mokatest.New(mokatest.V2026_08), discord: discordsim.New(), offices: sim.offices}
		w.gateway.SetNow(time.Now)
		db, err := store.Open(filepath.Join(t.TempDir(), "crossings.db"))
		if err != nil {
			t.Fatal(err)
		}
		c := &config.Config{Timezone: time.UTC, Accounts: w.people(sim, db)}
		began := time.Now()
		read := began.Add(max(10*time.Minute, w.firstReadings(c))) // until all were read once
		spends := read
		if sim.cold {
			w.served, spends = began.Add(w.firstReadings(c)), began
			read = w.served
		}
		if sim.near {
			w.nearLevels(rand.New(rand.NewPCG(22, sim.seed())), spends, read, began.Add(sim.lasts))
		}
		ctx, cancel := context.WithCancel(t.Context())
		w.listen(ctx)
		stop := w.run(ctx, c, db, sim)
		time.Sleep(time.Until(spends))
		var spending sync.WaitGroup
		for i, s := range w.spenders {
			own := rand.New(rand.NewPCG(uint64(i), sim.seed()))
			spending.Go(func() { w.spend(s, own, began.Add(sim.lasts)) })
		}
		spending.Wait()
		time.Sleep(time.Duration(6+sim.accounts/5) * time.Minute) // until the last of it is read
		cancel()
		stopped := stop()
		time.Sleep(time.Minute) // a reading under way goes on
		if err := errors.Join(stopped, db.Close()); err != nil {
			t.Error(err)
		}
		w.discord.Close()
		w.finish(time.Since(began))
		result = w.result
	})
	return result
}

// firstReadings is how long the request budget takes for one full reading of each
// account, and for its records of the past.
func (w *crossingWorld) firstReadings(c *config.Config) time.Duration {
	book, err := account.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	calls := 0
	for _, a := range book.All() {
		calls += a.Client.CallsPerReading() + 1
	}
	return time.Duration(calls) * budgetWindow / defaultBudget
}

// people makes the accounts, whose levels some of them are close to.
func (w *crossingWorld) people(sim simulation, db *store.DB) (accounts []config.Account) {
	dice := rand.New(rand.NewPCG(uint64(sim.accounts), sim.seed()))
	for i := sim.first; i < sim.first+sim.accounts; i++ {
		limit := 20 + 6*dice.Float64()*dice.Float64()
		if habits[i%len(habits)].name == "runaway" {
			limit = 25 + 50*dice.Float64()
		}
		accounts = append(accounts, w.account(i, limit))
		if sim.cold {
			w.rememberAtGateway(w.spenders[len(w.spenders)-1], dice)
		} else {
			w.remember(db, w.spenders[len(w.spenders)-1], dice)
		}
	}
	return accounts
}

// remember gives an account a past of four weeks.
func (w *crossingWorld) remember(db *store.DB, s *spender, dice *rand.Rand) {
	var past []store.Recorded
	for at := time.Now().Truncate(time.Hour).AddDate(0, 0, -28); at.Before(time.Now().Add(-time.Hour)); at = at.Add(time.Hour) {
		past = append(past, store.Recorded{Start: at, Quota: s.usual(w.hour(s, at)+0.5, dice), Requests: 10})
	}
	if err := db.AddRecorded(w.t.Context(), s.name, past); err != nil {
		w.t.Fatal(err)
	}
}

// run watches the accounts, with the planner or in turn.
func (w *crossingWorld) run(ctx context.Context, c *config.Config, db *store.DB, sim simulation) (stop func() error) {
	book, err := account.New(c, account.WithTransport(w))
	if err != nil {
		w.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	watch := &schedule.Watch{
		Book: book, Store: db, History: history.History{Store: db, Zone: time.UTC}, Words: lang.English(), Every: 5 * time.Minute, Log: log,
	}
	rest := discord.NewREST(discordsim.Token, &http.Client{Transport: inProcess{w.discord}}, log)
	delivery := &discord.Delivery{Box: db, Send: rest, Log: log, Idle: rarely}
	var parts sync.WaitGroup
	var failed [3]error
	parts.Go(func() { failed[0] = delivery.Run(ctx) })
	parts.Go(func() {
		if !sim.inTurn {
			watch.Times = &schedule.Timetable{}
			seeder := &schedule.Seeder{Book: book, Store: db, Log: log, Times: watch.Times, History: watch.History}
			if !sim.unseeded {
				parts.Go(func() { failed[2] = seeder.Run(ctx) })
			}
			failed[1] = watch.Run(ctx)
			return
		}
		failed[1] = inTurn(ctx, watch)
	})
	for range sim.members {
		parts.Go(func() { flood(ctx, book) })
	}
	return func() error { parts.Wait(); return errors.Join(failed[:]...) }
}

// flood asks for an account's balance every second.
func flood(ctx context.Context, book *account.Book) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var asking sync.WaitGroup
	defer asking.Wait()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a := book.All()[i%len(book.All())]
			asking.Go(func() { a.Read(moka.ForCommand(ctx)) })
		}
	}
}

// inTurn reads all accounts in full, one after the other: every five minutes, or as
// often as the request budget allows. What is low is read again after 30 s.
func inTurn(ctx context.Context, watch *schedule.Watch) error {
	accounts := watch.Book.All()
	calls := 0
	for _, a := range accounts {
		calls += a.Client.CallsPerReading()
	}
	every := max(watch.Every, time.Duration(calls)*budgetWindow/defaultBudget)
	var readers sync.WaitGroup
	for i, a := range accounts {
		readers.Go(func() {
			wait := every * time.Duration(i) / time.Duration(len(accounts))
			for {
				select {
				case <-ctx.Done():
					return
				case <-time.After(wait):
				}
				began := time.Now()
				after, err := watch.Poll(ctx, a)
				if err != nil {
					continue
				}
				wait = every - time.Since(began)
				if after.Recheck > 0 {
					wait = cmp.Or(max(after.Recheck, 30*time.Second), wait)
				}
			}
		})
	}
	readers.Wait()
	return nil
}

// TestCrossingsOfANewProgram simulates the first half hour of programs that never
// ran before. What is crossed until the budget could have served everybody's first
// reading counts apart: no program knows it in time.
func TestCrossingsOfANewProgram(t *testing.T) {
	proof.NeedsLong(t)
	proof.NotRaced(t)
	t.Parallel()
	step := 6
	if os.Getenv("MOKABOT_CROSSINGS") == "table" {
		step = 2
	}
	var all []simulation
	for _, hour := range []int{1, 8} { // before the nightly work, and before the office opens
		for minute := 40; minute < 55; minute += step {
			all = append(all, simulation{accounts: 50, hour: hour, minute: minute, lasts: 30 * time.Minute, cold: true})
		}
	}
	areInTime(t, all)
}

// TestCrossingsThatComeTogether simulates what TestCrossingsLive has the real program do:
// it never ran before, and within twenty minutes most accounts cross a level.
func TestCrossingsThatComeTogether(t *testing.T) {
	proof.NeedsLong(t)
	proof.NotRaced(t)
	t.Parallel()
	many := 24
	if os.Getenv("MOKABOT_CROSSINGS") == "table" {
		many = 60
	}
	var all []simulation
	for i := range many {
		all = append(all, simulation{
			accounts: 50, hour: 1, minute: 50, lasts: 20 * time.Minute, cold: true, near: true, offices: 7 * time.Hour, dice: uint64(1000 + i),
		})
	}
	areInTime(t, all)
}

// areInTime fails the test if the crossings of all simulations together are not known
// within 30 s in the median and 90 s in 95 of 100 cases.
func areInTime(t *testing.T, all []simulation) {
	var sum crossings
	for _, sim := range all {
		sum.add(sim.run(t))
	}
	t.Log(sum.row(50, "planned"))
	t.Logf("before that %d crossings: median %s, 95 of 100 %s", len(sum.first), quantile(sum.first, 0.5), quantile(sum.first, 0.95))
	for _, kind := range slices.Sorted(maps.Keys(sum.byKind)) {
		t.Logf("%18s %s", "", part(kind, sum.byKind[kind]))
	}
	dips := len(sum.delays) / 25 // calls under way that two looks see alike, of an account within cents of its level
	if sum.most > defaultBudget || sum.untrue > dips || sum.missed > dips || sum.at(0.5) > 30*time.Second || sum.at(0.95) > 90*time.Second {
		t.Errorf("%d requests in 180 s, %d missed, %d false; median %s, 95 of 100 %s", sum.most, sum.missed, sum.untrue, sum.at(0.5), sum.at(0.95))
	}
}
