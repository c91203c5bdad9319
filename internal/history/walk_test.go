package history_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/internal/spend"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// tally is how the program's figures compare with the fake gateway's books.
type tally struct {
	compared, wrong int
	findings        []string       // what is wrong, the first of each week
	unknown         map[string]int // by the latest event before
}

func (c *tally) add(other tally) {
	c.compared, c.wrong = c.compared+other.compared, c.wrong+other.wrong
	c.findings = append(c.findings, other.findings...)
	for reason, n := range other.unknown {
		c.unknown[reason] += n
	}
}

// mistake notes a wrong figure.
func (c *tally) mistake(format string, args ...any) {
	if c.wrong++; c.wrong == 1 {
		c.findings = append(c.findings, fmt.Sprintf(format, args...))
	}
}

func (c tally) String() string {
	var reasons []string
	for reason, n := range c.unknown {
		reasons = append(reasons, fmt.Sprintf("%s %d", reason, n))
	}
	sort.Strings(reasons)
	return fmt.Sprintf("%d figures compared, %d wrong, unknown: %s", c.compared, c.wrong, strings.Join(reasons, ", "))
}

// weeksOfBooks is how many account-weeks [TestALedgerAgainstTheBooks] walks.
func weeksOfBooks(t *testing.T) int {
	asked := os.Getenv("MOKABOT_WEEKS_OF_BOOKS")
	if asked == "" {
		return proof.Size(2, 5, 120)
	}
	weeks, err := strconv.Atoi(asked)
	if err != nil {
		t.Fatalf("MOKABOT_WEEKS_OF_BOOKS: %v", err)
	}
	return weeks
}

// TestALedgerAgainstTheBooks walks accounts through random weeks: calls, also
// under way when reading begins, refunds of tasks, whole and in small parts,
// top-ups, plans that reset and end, units and currencies that change, logs that
// are cleaned, counters that are set back, outages and restarts. What the program
// concludes from its readings is what the books say, or unknown. Each week has its
// own seed; every fifth goes through the store, and its sums over random stretches
// are compared too.
func TestALedgerAgainstTheBooks(t *testing.T) {
	proof.NotShort(t)
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // a week leaves little behind
	weeks, sum := weeksOfBooks(t), tally{unknown: map[string]int{}}
	first, _ := strconv.Atoi(os.Getenv("MOKABOT_FIRST_WEEK"))
	for week := range weeks {
		synctest.Test(t, func(t *testing.T) {
			w := newWalk(t, first+week)
			w.live()
			w.compareSums()
			sum.add(w.tally)
		})
	}
	t.Logf("%d account-weeks: %s", weeks, sum)
	for _, finding := range sum.findings[:min(len(sum.findings), 20)] {
		t.Error(finding)
	}
	if sum.wrong > 0 {
		t.Errorf("%d figures are wrong", sum.wrong)
	}
}

// Reasons why a figure is unknown.
const (
	firstReading = "first reading"
	countersSet  = "counters set back"
	mixed        = "refund, plan and top-up together"
	undated      = "sums, readings too far apart and no records"
	incomplete   = "sums, over a time without comparable readings whose records were cleaned, switched off or hold refunds that plans kept"
)

type walk struct {
	*past
	tally
	seed     int
	random   *rand.Rand
	state    spend.State
	last     time.Time
	reason   string
	reset    bool
	rescaled bool      // since the last reading
	outage   time.Time // the gateway fails until then
	tasks    []*mokatest.Task
	quotas   []int64
	calls    []func() // that are under way, to end them
	held     int64    // by them

	// Since the last reading without calls under way: what was spent and topped up,
	// by the program and by the books.
	spent, spentBooked int64
	back, backBooked   int64 // refunds
	added, addedBooked int64

	reads    []time.Time // the good readings
	anew     []spend.Period
	recorded bool // the gateway's records are whole
}

func newWalk(t *testing.T, seed int) *walk {
	versions := []mokatest.Version{mokatest.V2025_04, mokatest.V2025_12, mokatest.V2026_07, mokatest.V2026_08}
	w := &walk{
		past: unpacked(t, versions[seed%len(versions)], seed%7 == 0), tally: tally{unknown: map[string]int{}},
		seed: seed, random: rand.New(rand.NewPCG(uint64(seed), 7)), reason: firstReading, recorded: true,
	}
	if seed%5 == 0 {
		w.keep(t)
		t.Cleanup(func() { w.db.Close() })
	}
	switch w.random.IntN(6) {
	case 0, 1:
		every := []time.Duration{5 * time.Hour, 24 * time.Hour, 48 * time.Hour}[w.random.IntN(3)]
		w.gateway.AddPlan(2, mokatest.Plan{Total: 50_000_000, ResetsAt: time.Now().Add(every * 3 / 4), ResetEvery: every})
	case 2:
		w.gateway.AddPlan(2, mokatest.Plan{Total: 80_000_000, EndsAt: time.Now().Add(time.Duration(20+w.random.IntN(120)) * time.Hour)})
	}
	w.gateway.Spend(testKey, "gpt-4o", 1+w.random.Int64N(60_000_000), 100)
	w.changeUnits()
	for range w.random.IntN(4) {
		w.begin(1 + w.random.Int64N(1_000_000))
	}
	return w
}

// changeUnits changes how the gateway counts, and names amounts in its log.
func (w *walk) changeUnits() {
	w.gateway.Update(func(s *mokatest.State) {
		if w.random.IntN(2) == 0 {
			s.Options.QuotaPerUnit = []float64{500_000, 50_000, 68493.15, 1_000_000}[w.random.IntN(4)]
		}
		if w.random.IntN(2) == 0 {
			s.Options.Display = []string{"USD", "CNY", "CUSTOM", "TOKENS"}[w.random.IntN(4)]
		}
		s.Options.USDExchangeRate = 6 + 2*w.random.Float64()
		s.Options.CustomSymbol = []string{"", "€", "R$ ", "¥", "pts "}[w.random.IntN(5)]
		s.Options.CustomRate = []float64{0, 0.92, 31.5, 0.00001}[w.random.IntN(4)]
	})
}

// live passes a week.
func (w *walk) live() {
	for end := time.Now().Add(7 * 24 * time.Hour); time.Now().Before(end); {
		for range 1 + w.random.IntN(4) {
			time.Sleep(time.Duration(30+w.random.IntN(900)) * time.Second)
			w.happen()
		}
		time.Sleep(5 * time.Second)
		if w.random.IntN(40) == 0 {
			time.Sleep(time.Duration(w.random.IntN(10)) * time.Hour) // away
		}
		if w.reset {
			w.setBack()
		}
		w.poll()
		time.Sleep(5 * time.Second)
	}
}

// setBack sets the counters back just before they are read. Where they grow beyond
// what they were before anybody looks, that cannot be seen.
func (w *walk) setBack() {
	w.reset = false
	if w.state.Used < 8_000_000 || !w.outage.IsZero() {
		return
	}
	if w.random.IntN(2) == 0 {
		w.gateway.ResetCounters(2)
	} else {
		w.gateway.ResetUsed(2)
	}
	w.reason = countersSet
	for range w.random.IntN(3) {
		time.Sleep(time.Second)
		w.gateway.Spend(testKey, "gpt-4o", 1+w.random.Int64N(2_000_000), 100)
	}
	time.Sleep(5 * time.Second)
}

func (w *walk) happen() {
	if !w.outage.IsZero() && time.Now().After(w.outage) {
		w.gateway.Clear()
		w.outage = time.Time{}
	}
	for len(w.calls) > 0 && w.random.IntN(2) == 0 {
		w.calls[0]()
		w.calls = w.calls[1:]
	}
	switch n := w.random.IntN(100); {
	case n < 56:
		_ = w.gateway.Call(testKey, "gpt-4o", 1+w.random.Int64N(2_000_000), 100)
	case n < 60:
		w.begin(1 + w.random.Int64N(1_000_000))
	case n < 68:
		quota := 1 + w.random.Int64N(3_000_000)
		if task, err := w.gateway.Task(testKey, "gpt-4o", quota); err == nil {
			w.tasks, w.quotas = append(w.tasks, task), append(w.quotas, quota)
		}
	case n < 76 && len(w.tasks) > 0:
		w.refund(w.random.IntN(len(w.tasks))) // some days later
	case n < 77:
		w.gateway.TopUp(2, 1+w.random.Int64N(100_000_000))
	case n < 78:
		w.gateway.Give(2, 1+w.random.Int64N(3_000_000))
	case n < 80:
		w.gateway.CleanLog(time.Now().AddDate(0, 0, -1-w.random.IntN(3)))
		w.recorded = false
	case n == 80 && !w.rescaled: // one that is taken back before anybody looks cannot be seen
		w.rescaled = true
		w.changeUnits()
	case n == 81 && w.random.IntN(10) == 0:
		w.reset = true
	case n == 82 && w.db == nil: // a restart
		raw, _ := json.Marshal(w.state)
		w.state = spend.State{}
		if err := json.Unmarshal(raw, &w.state); err != nil {
			w.t.Fatal(err)
		}
	case n == 83 && w.random.IntN(4) == 0 && w.outage.IsZero():
		w.gateway.Fault(mokatest.Fault{Status: 502, WebPage: true})
		w.outage = time.Now().Add(time.Duration(1+w.random.IntN(300)) * time.Minute)
	case n == 84 && w.random.IntN(10) == 0:
		w.gateway.Update(func(s *mokatest.State) { s.Options.DataExport = !s.Options.DataExport })
		w.recorded = false
	}
}

// refund gives back a task that failed, or a small part of one that cost less.
func (w *walk) refund(i int) {
	quota := w.quotas[i]
	if w.random.IntN(3) == 0 {
		quota = 1 + quota/100
	}
	w.tasks[i].Refund(quota)
	w.tasks, w.quotas = slices.Delete(w.tasks, i, i+1), slices.Delete(w.quotas, i, i+1)
}

// maxHeld is what calls under way hold together at most: those of accounts that
// have more than ten dollars are not charged in advance.
const maxHeld = 5_000_000

// begin charges a call of the wallet in advance; when it ends, its price is
// another, or it failed.
func (w *walk) begin(quota int64) {
	hasPlan := false
	w.gateway.Update(func(s *mokatest.State) { hasPlan = len(s.Account(2).Plans) > 0 })
	if hasPlan || w.held+quota > maxHeld {
		return
	}
	w.held += quota
	end := w.gateway.Begin(testKey, quota)
	price := w.random.Int64N(quota)
	w.calls = append(w.calls, func() {
		end()
		if w.held -= quota; price > quota/4 {
			w.gateway.Spend(testKey, "gpt-4o", price, 100)
		}
	})
}

// poll reads the account, and compares what the program concludes.
func (w *walk) poll() {
	r := w.account.Read(w.t.Context())
	if !r.OK() && (r.Wallet == nil || r.WalletErr != nil) {
		return
	}
	var d spend.Delta
	if w.db != nil {
		w.state, d = w.store(r)
	} else {
		w.state, d = spend.Step(w.state, r, w.logFor(w.state, r))
	}
	from, to := w.last, r.At
	w.last, w.rescaled = r.At, false
	if len(w.calls) == 0 { // else a part of a refund shows later
		w.reads = append(w.reads, r.At)
	}
	if !d.Known {
		w.unknown[w.reason]++
		w.reason = mixed
		w.settle()
		w.anew = append(w.anew, spend.Period{From: from, To: to})
		return
	}
	books := w.gateway.Books(2, from, to)
	raw := func(a moka.Amount) int64 { return int64(math.Round(float64(a) / 1e6 * d.PerUnit)) }
	slack := int64(d.PerUnit/1e6) + 2
	compare := func(what string, got, want, slack int64) {
		w.compared++
		if diff := got - want; diff > slack || diff < -slack {
			w.mistake("week %d at %v: %s %d, the books say %d; %+v; %+v", w.seed, r.At, what, got, want, d, books)
		}
	}
	w.added, w.addedBooked = w.added+raw(d.TopUp), w.addedBooked+books.ToppedUp
	w.back, w.backBooked = w.back+raw(d.Refunds), w.backBooked+books.Refunded
	w.spent, w.spentBooked = w.spent+raw(d.Spent), w.spentBooked+books.Spent()
	if len(w.calls) > 0 {
		return // a part of the money that came is hidden
	}
	compare("spent", w.spent, w.spentBooked, slack*8)
	compare("topped up", w.added, w.addedBooked, slack*8)
	// Where refunds lower the used quota and charges hide them, they are only net.
	w.compared++
	if w.back > w.backBooked+slack*8 {
		w.mistake("week %d at %v: refunds %d of %d; %+v; %+v", w.seed, r.At, w.back, w.backBooked, d, books)
	}
	w.settle()
}

// settle begins to add up anew.
func (w *walk) settle() {
	w.back, w.backBooked = 0, 0
	w.spent, w.spentBooked, w.added, w.addedBooked = 0, 0, 0, 0
}

// compareSums compares what was spent between some of the readings with the books.
func (w *walk) compareSums() {
	if w.db == nil || len(w.reads) < 3 {
		return
	}
	w.gateway.Clear()
	perUnit := w.state.PerUnit
	for i := range 8 {
		first, last := 0, len(w.reads)-1
		if i > 0 {
			first = w.random.IntN(last)
			last = first + 1 + w.random.IntN(last-first)
		}
		p := spend.Period{From: w.reads[first].Truncate(time.Millisecond), To: w.reads[last].Truncate(time.Millisecond)} // as they are stored
		u, err := w.history.Used(w.t.Context(), w.account, p, spend.Period{From: p.From, To: p.From})
		if err != nil {
			w.t.Fatal(err)
		}
		books := w.gateway.Books(2, p.From, p.To)
		want := float64(books.Spent()) / perUnit * 1e6
		spent, known := u.Spent.Get()
		w.compared++
		slack := 4 * float64(last-first+2)
		if turnover, refunds := w.blindly(p); turnover > 0 && (refunds || !w.recorded) {
			w.unknown[incomplete]++
			slack += turnover / perUnit * 1e6
		}
		switch {
		case !known || u.AtLeast:
			w.unknown[undated]++
			if known && float64(spent) > want+slack {
				w.mistake("week %d: at least %v spent in %v, the books say %.6f", w.seed, spent, p, want/1e6)
			}
		case math.Abs(float64(spent)-want) > slack:
			w.mistake("week %d: %v spent in %v, the books say %.6f; %+v", w.seed, spent, p, want/1e6, u)
		}
		w.compareLists(u)
	}
}

// blindly is what was charged and given back between readings that do not compare,
// and whether anything was given back.
func (w *walk) blindly(p spend.Period) (turnover float64, refunds bool) {
	for _, blind := range w.anew {
		if !blind.From.Before(p.To) || !blind.To.After(p.From) {
			continue
		}
		for _, e := range w.gateway.Entries(2, blind.From, blind.To) {
			if e.Kind == mokatest.Charge || e.Kind == mokatest.Refund {
				turnover, refunds = turnover+float64(e.Quota), refunds || e.Kind == mokatest.Refund
			}
		}
	}
	return turnover, refunds
}

// compareLists: each list adds up to what was spent, or is no list.
func (w *walk) compareLists(u message.Used) {
	sum := moka.Amount(0)
	for _, m := range u.Models {
		sum += m.Spent
	}
	w.compared++
	if spent, known := u.Spent.Get(); known && !u.AtLeast && u.ModelsErr == nil && sum < spent-moka.Dollar/1000 {
		w.mistake("week %d: the models add up to %v, and %v was spent", w.seed, sum, spent)
	}
}
