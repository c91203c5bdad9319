package history_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

// weeksOfBooks is how many account-weeks [TestALedgerAgainstTheBooks] walks: a few,
// half a minute of them with MOKABOT_LONG, or MOKABOT_WEEKS_OF_BOOKS.
func weeksOfBooks(t *testing.T) int {
	if asked := os.Getenv("MOKABOT_WEEKS_OF_BOOKS"); asked != "" {
		weeks, err := strconv.Atoi(asked)
		if err != nil {
			t.Fatalf("MOKABOT_WEEKS_OF_BOOKS: %v", err)
		}
		return weeks
	}
	if os.Getenv("MOKABOT_LONG") != "" {
		return 100
	}
	return 6
}

// TestALedgerAgainstTheBooks walks accounts through random weeks: calls, refunded
// tasks, top-ups, plans that reset, units that change, logs that are cleaned,
// counters that are set back, outages and restarts. What the program concludes
// from its readings is what the books say, or unknown. Each week has its own seed.
func TestALedgerAgainstTheBooks(t *testing.T) {
	weeks, sum := weeksOfBooks(t), tally{unknown: map[string]int{}}
	for week := range weeks {
		synctest.Test(t, func(t *testing.T) {
			w := newWalk(t, week)
			w.live()
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

type walk struct {
	*past
	tally
	seed        int
	random      *rand.Rand
	state       spend.State
	last        time.Time
	reason      string
	reset       bool
	netsRefunds bool // by lowering what is used
	tasks       []*mokatest.Task
	quotas      []int64
}

func newWalk(t *testing.T, seed int) *walk {
	versions := []mokatest.Version{mokatest.V2025_04, mokatest.V2025_12, mokatest.V2026_07, mokatest.V2026_08}
	w := &walk{
		past: bare(t, versions[seed%len(versions)]), tally: tally{unknown: map[string]int{}},
		netsRefunds: versions[seed%len(versions)] == mokatest.V2026_08,
		seed:        seed, random: rand.New(rand.NewPCG(uint64(seed), 7)), reason: "first reading",
	}
	if w.random.IntN(3) == 0 {
		every := []time.Duration{5 * time.Hour, 24 * time.Hour, 48 * time.Hour}[w.random.IntN(3)]
		w.gateway.AddPlan(2, mokatest.Plan{Total: 50_000_000, ResetsAt: time.Now().Add(every * 3 / 4), ResetEvery: every})
	}
	return w
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
		// Counters that are set back and grow beyond what they were before anybody
		// looks cannot be told from calls under way.
		if w.reset && w.state.Used > 0 {
			w.gateway.ResetCounters(2)
			w.reason = "counters set back"
		}
		w.reset = false
		w.poll()
		time.Sleep(5 * time.Second)
	}
}

func (w *walk) happen() {
	switch n := w.random.IntN(100); {
	case n < 60:
		_ = w.gateway.Call(testKey, "gpt-4o", 1+w.random.Int64N(2_000_000), 100)
	case n < 68:
		quota := 1 + w.random.Int64N(3_000_000)
		if task, err := w.gateway.Task(testKey, "gpt-4o", quota); err == nil {
			w.tasks, w.quotas = append(w.tasks, task), append(w.quotas, quota)
		}
	case n < 76 && len(w.tasks) > 0:
		i := w.random.IntN(len(w.tasks)) // some are refunded days later
		if w.refundHides(w.quotas[i]) {
			return
		}
		w.tasks[i].Refund(w.quotas[i])
		w.tasks, w.quotas = slices.Delete(w.tasks, i, i+1), slices.Delete(w.quotas, i, i+1)
	case n < 78:
		w.gateway.TopUp(2, 1+w.random.Int64N(100_000_000))
	case n < 80:
		w.gateway.CleanLog(time.Now().AddDate(0, 0, -1-w.random.IntN(3)))
	case n == 80:
		w.gateway.Update(func(s *mokatest.State) {
			s.Options.QuotaPerUnit = []float64{500_000, 50_000, 68493.15, 1_000_000}[w.random.IntN(4)]
			s.Options.USDExchangeRate = 6 + 2*w.random.Float64()
		})
	case n == 81 && w.random.IntN(10) == 0:
		w.reset = true
	case n == 82:
		raw, _ := json.Marshal(w.state)
		w.state = spend.State{}
		if err := json.Unmarshal(raw, &w.state); err != nil {
			w.t.Fatal(err)
		}
	}
}

// refundHides reports whether a refund may lower what is used and give nothing
// back, because its plan was reset. Beside new charges that cannot be told from
// calls under way.
func (w *walk) refundHides(quota int64) (hides bool) {
	w.gateway.Update(func(s *mokatest.State) {
		for _, p := range s.Account(2).Plans {
			hides = hides || w.netsRefunds && (p.Used < quota || !p.ResetsAt.After(time.Now()))
		}
	})
	return hides
}

// poll reads the account, and compares what the program concludes.
func (w *walk) poll() {
	r := w.account.Read(w.t.Context())
	if !r.OK() && (r.Wallet == nil || r.WalletErr != nil) {
		return
	}
	log := spend.Log{}
	if since, needed := spend.NeedsLog(w.state, r); needed {
		booked, err := w.account.Client.Booked(w.t.Context(), since, w.state.At, time.Now().Add(time.Second))
		log = spend.Log{Known: err == nil, Consumed: booked.Consumed, Earlier: booked.Earlier, Refunded: booked.Refunded, Returns: booked.Returns, TopUps: booked.TopUps, Until: booked.Until}
	}
	state, d := spend.Step(w.state, r, log)
	from, to := w.last, r.At
	w.state, w.last = state, r.At
	if !d.Known {
		w.unknown[w.reason]++
		w.reason = "refund and top-up together, without amounts"
		return
	}
	books := w.gateway.Books(2, from, to)
	raw := func(a moka.Amount) int64 { return int64(math.Round(float64(a) / 1e6 * d.PerUnit)) }
	slack := int64(d.PerUnit/1e6) + 2
	compare := func(what string, got moka.Amount, want int64) {
		w.compared++
		if diff := raw(got) - want; diff > slack || diff < -slack {
			w.mistake("week %d: %s %d, the books say %d; %+v; %+v; %+v", w.seed, what, raw(got), want, d, log, books)
		}
	}
	compare("spent", d.Spent, books.Spent())
	compare("topped up", d.TopUp, books.ToppedUp)
	// Where refunds lower the used quota and charges hide them, they are only net.
	if d.Refunds > 0 || books.Charged == 0 {
		w.compared++
		if got := raw(d.Refunds); got > books.Refunded+slack {
			w.mistake("week %d: refunds %d of %d; %+v; %+v; %+v", w.seed, got, books.Refunded, d, log, books)
		}
	}
}
