package schedule

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/budget"
	"mokabot/internal/proof"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// zoneYear is an account whose budgets are in a time zone: how it spends, and the
// release of its gateway.
type zoneYear struct {
	zone    string
	seed    uint64
	gateway mokatest.Version
	habit   func(dice *rand.Rand, local time.Time) (dollars float64) // what the hour costs
}

var zoneYears = []zoneYear{
	{"Asia/Kolkata", 21, mokatest.V2026_08, func(dice *rand.Rand, at time.Time) float64 { // office hours
		if weekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday; weekend || at.Hour() < 9 || at.Hour() >= 19 {
			return 0.3 * dice.Float64() * float64(dice.IntN(2))
		}
		return 2 * lognormal(dice, 0.5)
	}},
	{"Australia/Lord_Howe", 22, mokatest.V2026_07, func(dice *rand.Rand, _ time.Time) float64 { // every other hour
		return 2.4 * dice.Float64() * float64(dice.IntN(2))
	}},
	{"America/New_York", 23, mokatest.V2026_08, func(dice *rand.Rand, at time.Time) float64 { // a batch every night
		if at.Hour() < 1 || at.Hour() > 3 {
			return 0.2 * dice.Float64() * float64(dice.IntN(2))
		}
		return 5 * lognormal(dice, 0.4)
	}},
	{"UTC", 24, mokatest.V2025_12, func(dice *rand.Rand, _ time.Time) float64 { // bursts
		if dice.IntN(16) == 0 {
			return 8 * lognormal(dice, 0.7)
		}
		return 0.1 * dice.Float64()
	}},
	{"Asia/Shanghai", 25, mokatest.V2026_08, func(dice *rand.Rand, at time.Time) float64 { // mornings and evenings, twice as dear after a year
		usual := 0.2
		if hour := at.Hour(); hour >= 7 && hour < 11 || hour >= 20 {
			usual = 1.2
		}
		return usual * (1 + float64(at.YearDay())/365) * lognormal(dice, 0.5)
	}},
}

// lognormal is a random factor whose mean is 1.
func lognormal(dice *rand.Rand, deviation float64) float64 {
	return math.Exp(deviation*dice.NormFloat64() - deviation*deviation/2)
}

// Budgets of all periods in five zones, against what the gateway's books say: what was
// spent is exact at every look, each threshold is posted once and after the first reading
// past it, and a wallet that is watched under two names counts once. Some of what is charged
// is refunded later, and one budget is set, and its amount changed, in the middle of a
// period. Other budgets, of what the books' median period costs, warn by forecast alone; a
// table shows how often that was right. MOKABOT_YEAR=1 takes a year of all zones.
func TestBudgetWarningsArePostedOnceAndInTime(t *testing.T) {
	proof.NotShort(t)
	proof.NotRaced(t)
	t.Parallel()
	years, begins, months, days := zoneYears[:proof.Size(1, 1, 3)], []time.Month{time.March}, 0, proof.Size(4, 4, 25)
	if os.Getenv("MOKABOT_YEAR") != "" { // in two halves, each of which takes some minutes
		years, begins, months, days = zoneYears, []time.Month{time.January, time.July}, 6, 0
	}
	for _, y := range years {
		zone, err := time.LoadLocation(y.zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, month := range begins {
			t.Run(y.zone+"/"+month.String(), func(t *testing.T) {
				t.Parallel()
				start := time.Date(2027, month, 1, 0, 0, 0, 0, zone)
				synctest.Test(t, func(t *testing.T) { y.live(t, start, start.AddDate(0, months, days)) })
			})
		}
	}
}

// live passes the time with readings as a running bot takes them: every five minutes
// while money goes, and as the clock's hours and the zone's days begin. What is spent
// between two readings cannot be divided by a midnight between them.
func (y zoneYear) live(t *testing.T, start, end time.Time) {
	script := y.write(start, end)
	r := newBudgetReview(t, y.gateway, script, start, end)
	defer r.db.Close()
	time.Sleep(time.Until(start))
	r.look(t)
	day := budget.Budget{Span: budget.Day, Zone: start.Location()}
	for next := 0; time.Now().Before(end); {
		now := time.Now()
		at := earlier(now.Truncate(time.Hour).Add(time.Hour), day.PeriodAt(now).To)
		if next < len(script) {
			at = earlier(at, script[next].at.Truncate(pollEvery).Add(pollEvery))
		}
		for ; next < len(script) && script[next].at.Before(at); next++ {
			time.Sleep(time.Until(script[next].at))
			script[next].happen(r.gateway)
		}
		time.Sleep(time.Until(at))
		r.change()
		r.look(t)
		r.compare(t)
	}
	r.report(t)
}

const pollEvery = 5 * time.Minute

// movement is something that happens at the gateway.
type movement struct {
	at     time.Time
	spends int64 // raw quota, below zero for a refund
	happen func(g *mokatest.Server)
}

// call charges at a moment.
func call(at time.Time, quota int64) movement {
	return movement{at, quota, func(g *mokatest.Server) { g.Spend(budgetTestKey, "gpt-4o", quota, 100) }}
}

// task charges at a moment, and its refund gives a part of it back at another.
func task(at time.Time, quota int64, back time.Time, refunded int64) []movement {
	var is *mokatest.Task
	return []movement{
		{at, quota, func(g *mokatest.Server) { is, _ = g.Task(budgetTestKey, "sora-2", quota) }},
		{back, -refunded, func(*mokatest.Server) { is.Refund(refunded) }},
	}
}

// dollarsOf is an amount of raw quota, with 500,000 units in a dollar.
func dollarsOf(quota int64) moka.Amount { return moka.Amount(quota * 2) }

// write makes up what happens: calls by the account's habit, every few days a task that
// costs as much as half a day, or all of it, and is refunded within two days, and top-ups.
func (y zoneYear) write(start, end time.Time) (script []movement) {
	dice := rand.New(rand.NewPCG(y.seed, uint64(start.Month())))
	sum := int64(0)
	for at := start; at.Before(end); at = at.Add(time.Hour) {
		if quota := int64(y.habit(dice, at) * 500_000); quota > 0 {
			script = append(script, call(at.Add(time.Second+time.Duration(dice.Int64N(int64(time.Hour-2*time.Second)))), quota))
			sum += quota
		}
	}
	perDay := sum * 24 / int64(end.Sub(start)/time.Hour)
	for at := start.Add(30 * time.Hour); at.Before(end); at = at.Add(time.Duration(12+dice.IntN(120)) * time.Hour) {
		quota := perDay * int64(50+dice.IntN(50)) / 100
		back := at.Add(time.Duration(1+dice.IntN(48*60)) * time.Minute)
		script = append(script, task(at.Add(17*time.Second), quota, back.Add(41*time.Second), quota/int64(1+dice.IntN(2)))...)
	}
	for at := start.Add(time.Minute); at.Before(end); at = at.AddDate(0, 0, 10) {
		script = append(script, movement{at, 0, func(g *mokatest.Server) { g.TopUp(2, 20*perDay) }})
	}
	script = slices.DeleteFunc(script, func(m movement) bool { return !m.at.Before(end) })
	slices.SortFunc(script, func(a, b movement) int { return a.at.Compare(b.at) })
	return script
}

// median is what a budget's complete periods cost in the middle, in whole cents, and
// without any what its first one would cost at the same rate.
func median(script []movement, b budget.Budget, start, end time.Time) moka.Amount {
	costs, sum := map[int64]moka.Amount{}, moka.Amount(0)
	for _, m := range script {
		sum += dollarsOf(m.spends)
		if p := b.PeriodAt(m.at); !p.From.Before(start) && !p.To.After(end) {
			costs[p.From.Unix()] += dollarsOf(m.spends)
		}
	}
	p := b.PeriodAt(start)
	amount := moka.Amount(float64(sum) * float64(p.To.Sub(p.From)) / float64(end.Sub(start)))
	all := make([]moka.Amount, 0, len(costs))
	for _, cost := range costs {
		all = append(all, cost)
	}
	if slices.Sort(all); len(all) > 0 {
		amount = (all[(len(all)-1)/2] + all[len(all)/2]) / 2
	}
	return amount / (moka.Dollar / 100) * (moka.Dollar / 100)
}

// budgetReview compares budgets with the gateway's books.
type budgetReview struct {
	*budgetWorld
	zone      *time.Location
	read      time.Time         // the books up to here
	truth     map[string]*truth // by the budgets' names
	standings map[string]budget.Standing
	forecasts map[string]*hitRate
	movable   budget.Budget // as it was at first
	changes   int
	changed   time.Time // just after the last of them
	compared  int
	started   time.Time
	calls     int
}

// The names of the budgets besides those of the spans.
const (
	movable    = "set and changed"
	byForecast = "forecast, "
)

func newBudgetReview(t *testing.T, gateway mokatest.Version, script []movement, start, end time.Time) *budgetReview {
	r := &budgetReview{
		zone: start.Location(), read: start, started: start,
		truth: map[string]*truth{}, standings: map[string]budget.Standing{}, forecasts: map[string]*hitRate{},
	}
	var all []budget.Budget
	for _, span := range []budget.Span{budget.Day, budget.Week, budget.Month} {
		b := budget.Budget{Name: string(span), Span: span, Zone: r.zone, WeekStart: time.Monday, ChannelID: "1"}
		usual := median(script, b, start, end)
		b.Accounts, b.WarnAt, b.Amount = []string{"team", "again"}, []float64{0.5, 0.8, 1}, usual/100*90
		all = append(all, b)
		if span == budget.Month {
			r.movable = b
			r.movable.Name, r.movable.Amount = movable, usual
		}
		b.Name, b.Accounts, b.WarnAt, b.Amount, b.Forecast = byForecast+b.Name, []string{"team"}, nil, usual, true
		all = append(all, b)
		r.forecasts[b.Name] = &hitRate{warned: map[int64]time.Time{}}
	}
	r.budgetWorld = newBudgetWorldOf(t, gateway, all...)
	r.gateway.Update(func(s *mokatest.State) { s.Account(2).Quota = 100_000_000 })
	r.budgets.Observe = func(s budget.Standing) { r.standings[s.Budget.Name] = s }
	return r
}

// change sets the movable budget in the middle of the first month, and changes its amount
// in the middle of each following one: to less, to more and back.
func (r *budgetReview) change() {
	at := time.Now().In(r.zone)
	if noon := time.Date(at.Year(), at.Month(), 16, 12, 0, 0, 0, r.zone); at.Before(noon) || r.changed.After(noon) {
		return
	}
	r.changed = at.Add(time.Second)
	if r.changes > 0 {
		r.budgets.Budgets = r.budgets.Budgets[:len(r.budgets.Budgets)-1]
	}
	b := r.movable
	b.Amount = b.Amount / 100 * []moka.Amount{100, 60, 150}[r.changes%3]
	r.budgets.Budgets = append(r.budgets.Budgets, b)
	r.changes++
}

// compare reads on in the gateway's books, and compares every budget with them.
func (r *budgetReview) compare(t *testing.T) {
	t.Helper()
	now := time.Now()
	entries := r.gateway.Entries(2, r.read, now)
	r.read = now
	for _, e := range entries {
		if e.Kind == mokatest.Charge {
			r.calls++
		}
	}
	for _, b := range r.budgets.Budgets {
		is, news := r.truth[b.Name], entries
		if is == nil { // what was spent before it was set counts
			is = &truth{}
			is.follow(b, r.gateway.Entries(2, b.PeriodAt(now).From, now), now)
			r.truth[b.Name], is.since, news = is, now, nil
		}
		is.follow(b, news, now)
		s := r.standings[b.Name]
		partly := is.from.Before(r.started) // nothing is known of the days before the first reading
		if r.compared++; s.Spent != moka.Known(is.spent) || s.AtLeast != partly || !s.Period.From.Equal(is.from) {
			t.Fatalf("%s at %s: %s (at least: %t) since %s, the books say %s since %s", b.Name, now.In(r.zone), s.Spent, s.AtLeast, s.Period.From, is.spent, is.from)
		}
		if rate := r.forecasts[b.Name]; rate != nil {
			rate.follow(is, r.told(t.Context(), b, is.from, 1))
			continue
		}
		is.tell(now)
		if is.posts > 0 && !r.told(t.Context(), b, is.from, is.posts) || r.told(t.Context(), b, is.from, is.posts+1) {
			t.Fatalf("%s at %s: %d posts should tell of %s", b.Name, now.In(r.zone), is.posts, is.spent)
		}
	}
}

// truth is what the gateway's books say of a budget's running period, and what should
// have been posted about it.
type truth struct {
	from    time.Time
	spent   moka.Amount
	over    time.Time // when the amount was first exceeded; zero: not yet
	reached float64   // the highest threshold that the spending is at or above, as a part of the amount
	since   time.Time // it is

	told     float64 // the highest threshold that was posted and held then
	posts    int
	finished []finished // periods, since they were last taken

	thresholds   int
	delays       []time.Duration
	unseen       int // thresholds reached just before a period ended, and read when it was over
	refunded     int // refunds that took it below a threshold that was posted
	reachedAgain int // after that: nothing new
	amount       moka.Amount
}

// finished is a period that is over.
type finished struct{ from, over time.Time }

// follow adds what the books say happened up to now.
func (is *truth) follow(b budget.Budget, entries []mokatest.Entry, now time.Time) {
	for _, e := range entries {
		is.begin(b, b.PeriodAt(e.At).From)
		switch e.Kind {
		case mokatest.Charge:
			is.spent += dollarsOf(e.Quota)
		case mokatest.Refund:
			is.spent -= dollarsOf(e.Quota)
		}
		is.stand(b, e.At)
	}
	is.begin(b, b.PeriodAt(now).From)
	if is.amount != b.Amount { // it was just changed
		is.amount, is.reached, is.since = b.Amount, is.threshold(b), now
		if is.told > is.reached {
			is.told = 0
		}
	}
}

// threshold is the highest one that the spending is at or above.
func (is *truth) threshold(b budget.Budget) (reached float64) {
	for _, part := range b.WarnAt {
		if is.spent >= moka.Amount(part*100)*(b.Amount/100) {
			reached = part
		}
	}
	return reached
}

func (is *truth) begin(b budget.Budget, from time.Time) {
	if is.from.Equal(from) {
		return
	}
	if !is.from.IsZero() {
		is.finished = append(is.finished, finished{is.from, is.over})
	}
	if is.reached > is.told {
		is.unseen++
	}
	is.from, is.spent, is.over, is.reached, is.told, is.posts, is.amount = from, 0, time.Time{}, 0, 0, 0, b.Amount
}

func (is *truth) stand(b budget.Budget, at time.Time) {
	if is.over.IsZero() && is.spent > b.Amount {
		is.over = at
	}
	before := is.reached
	is.reached = is.threshold(b)
	switch {
	case is.reached > before:
		is.since = at
		if is.reached <= is.told {
			is.reachedAgain++
		}
	case is.reached < before && before <= is.told:
		is.refunded++
	}
}

// tell notes that a threshold should be posted with this look.
func (is *truth) tell(now time.Time) {
	if is.reached <= is.told {
		return
	}
	is.told = is.reached
	is.posts++
	is.thresholds++
	is.delays = append(is.delays, now.Sub(is.since))
}

// hitRate is how often a forecast that a budget would be exceeded was right.
type hitRate struct {
	warned map[int64]time.Time // when, by the Unix time of the period's beginning

	periods, exceeded, hits, falseAlarms, misses int
	leads                                        []time.Duration
}

// follow notes a warning, and counts the periods that are over.
func (h *hitRate) follow(is *truth, told bool) {
	for _, p := range is.finished {
		h.count(p, h.warned[p.from.Unix()])
	}
	is.finished = nil
	if _, known := h.warned[is.from.Unix()]; told && !known {
		h.warned[is.from.Unix()] = time.Now()
	}
}

func (h *hitRate) count(p finished, warned time.Time) {
	h.periods++
	before := !warned.IsZero() && (p.over.IsZero() || warned.Before(p.over))
	switch {
	case !p.over.IsZero() && before:
		h.exceeded, h.hits = h.exceeded+1, h.hits+1
		h.leads = append(h.leads, p.over.Sub(warned))
	case !p.over.IsZero():
		h.exceeded, h.misses = h.exceeded+1, h.misses+1
	case before:
		h.falseAlarms++
	}
}

func (h *hitRate) String() string {
	return fmt.Sprintf("%3d periods, %3d exceeded: %3d forecast before (median %s ahead), %d not; %d false alarms",
		h.periods, h.exceeded, h.hits, middle(h.leads).Round(time.Hour), h.misses, h.falseAlarms)
}

func middle(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(all))[len(all)/2]
}

// report prints what the time contained, and how the warnings came out.
func (r *budgetReview) report(t *testing.T) {
	t.Helper()
	var sum truth
	for _, is := range r.truth {
		sum.thresholds, sum.unseen = sum.thresholds+is.thresholds, sum.unseen+is.unseen
		sum.refunded, sum.reachedAgain = sum.refunded+is.refunded, sum.reachedAgain+is.reachedAgain
		sum.delays = append(sum.delays, is.delays...)
	}
	var months, clocks []string
	day := budget.Budget{Span: budget.Day, Zone: r.zone}
	for at := r.started; at.Before(time.Now()); at = day.PeriodAt(at).To {
		if p := day.PeriodAt(at); p.To.Sub(p.From) != 24*time.Hour {
			clocks = append(clocks, fmt.Sprintf("%s of %s", p.From.Format(time.DateOnly), p.To.Sub(p.From)))
		}
		if local := at.In(r.zone); local.Day() == 1 {
			months = append(months, fmt.Sprint(local.AddDate(0, 1, -1).Day()))
		}
	}
	t.Logf("%s: %d calls; months of %s days; days that were not of 24 hours: %s; %d figures, all as in the books",
		r.zone, r.calls, strings.Join(slices.Compact(slices.Sorted(slices.Values(months))), ", "), strings.Join(clocks, ", "), r.compared)
	t.Logf("%s: %d thresholds, each posted once, %s after they were reached (median), %s at most; %d more reached in the minutes before a period's end; the amount set or changed in the middle of a period %d times; %d refunds across a threshold, which was reached again %d times",
		r.zone, sum.thresholds, middle(sum.delays).Round(time.Second), slices.Max(append(sum.delays, 0)).Round(time.Second), sum.unseen, r.changes, sum.refunded, sum.reachedAgain)
	for _, span := range []budget.Span{budget.Day, budget.Week, budget.Month} {
		t.Logf("%s: %-5s %s", r.zone, span, r.forecasts[byForecast+string(span)])
	}
	if sum.thresholds == 0 {
		t.Error("nothing was told")
	}
}
