package spend

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka"
)

// tested are how far ahead forecasts are compared with what came.
var tested = []int{24, 72, hoursInWeek}

// score is how the forecasts of one habit and horizon came out.
type score struct {
	ours, naive       []float64 // errors as shares of what came, where something came
	offOurs, offNaive float64   // errors added up
	came              float64
	within, n         int
}

func (s *score) add(low, mid, high, naive, came float64) {
	s.n++
	s.came += came
	s.offOurs += math.Abs(mid - came)
	s.offNaive += math.Abs(naive - came)
	if came > 0 {
		s.ours = append(s.ours, math.Abs(mid-came)/came)
		s.naive = append(s.naive, math.Abs(naive-came)/came)
	}
	if low <= came+1 && came <= high+1 {
		s.within++
	}
}

func (s *score) row(name string, ahead int) string {
	return fmt.Sprintf("| %-20s | %5d h | %5.1f %% | %5.1f %% | %5.1f %% | %5.1f %% | %3.0f %% |", name, ahead, 100*median(s.ours), 100*median(s.naive),
		100*s.offOurs/s.came, 100*s.offNaive/s.came, 100*s.covered())
}

func (s *score) covered() float64 { return float64(s.within) / float64(s.n) }

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func cost(hours []Hour) (sum float64) {
	for _, h := range hours {
		sum += float64(h.Spent)
	}
	return sum
}

// backtest goes through accounts of a habit and gives f moments at which they
// are forecast: what was known then, and what came in the week after.
func (h habit) backtest(t *testing.T, f func(known, ahead []Hour, now time.Time, loc *time.Location)) {
	t.Helper()
	const accounts, days, learnt, back, every = 2, 84, 22, 60, 25
	loc, err := time.LoadLocation(h.zone)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(accounts) {
		all := h.simulate(t, seed, days)
		for at := learnt * hoursInDay; at+hoursInWeek <= len(all); at += every {
			f(all[max(0, at-back*hoursInDay):at], all[at:at+hoursInWeek], all[at].Start, loc)
		}
	}
}

// TestBacktest compares forecasts, and the rate of the last 24 hours, with what
// simulated accounts of different habits then spent. With -v it prints the table.
func TestBacktest(t *testing.T) {
	proof.NotShort(t)
	table := []string{
		"| habit                |   ahead |  median |   naive |    mean |   naive | range |",
		"|----------------------|--------:|--------:|--------:|--------:|--------:|------:|",
	}
	for _, h := range habits() {
		scores := map[int]*score{}
		h.backtest(t, func(known, ahead []Hour, now time.Time, loc *time.Location) {
			path := Expect(known, now, now.Add(hoursInWeek*time.Hour), loc)
			for _, n := range tested {
				if scores[n] == nil {
					scores[n] = &score{}
				}
				e := path[n-1]
				naive := cost(known[len(known)-hoursInDay:]) / hoursInDay * float64(n)
				scores[n].add(float64(e.Low), float64(e.Mid), float64(e.High), naive, cost(ahead[:n]))
			}
		})
		for _, n := range tested {
			table = append(table, scores[n].row(h.name, n))
		}
		h.judge(t, scores)
	}
	t.Logf("errors in the forecast of spending, and how often it lay in the range\n%s", strings.Join(table, "\n"))
}

// judge is what must hold of every habit.
func (h habit) judge(t *testing.T, scores map[int]*score) {
	t.Helper()
	better := 0.0 // on average, as a logarithm
	for n, s := range scores {
		if median(s.ours) > 1.35*median(s.naive) || s.offOurs > 1.45*s.offNaive {
			t.Errorf("%s, %d h: much worse than naive: %s", h.name, n, s.row("", n))
		}
		if s.covered() < 0.7 {
			t.Errorf("%s, %d h: only %.0f %% within the range", h.name, n, 100*s.covered())
		}
		better += (math.Log(median(s.ours)/median(s.naive)) + math.Log(s.offOurs/s.offNaive)) / 2 / float64(len(scores))
	}
	if h.pattern && better > math.Log(0.8) {
		t.Errorf("%s: errors are %.2f of the naive ones, want at most 0.8", h.name, math.Exp(better))
	}
}

// TestRunwayBacktest asks how long exactly that much lasts which was then spent
// in 24 hours, 3 and 7 days, where the last of it was spent in the last hour.
// Money for one nightly batch is the hardest case: a cent too little, and it is
// gone a night earlier.
func TestRunwayBacktest(t *testing.T) {
	proof.NotShort(t)
	table := []string{
		"| habit                |   lasts |  median |   naive |    mean |   naive | range |",
		"|----------------------|--------:|--------:|--------:|--------:|--------:|------:|",
	}
	for _, h := range habits() {
		scores := map[int]*score{}
		h.backtest(t, func(known, ahead []Hour, now time.Time, loc *time.Location) {
			for _, n := range tested {
				if scores[n] == nil {
					scores[n] = &score{}
				}
				left := cost(ahead[:n])
				r := forecast(known, moka.Known(moka.Amount(left)), now, loc)
				if ahead[n-1].Spent < moka.Dollar/1000 || !r.Known {
					continue // the money was gone before
				}
				naive := maxRunway.Hours()
				if rate := cost(known[len(known)-hoursInDay:]) / hoursInDay; rate > 0 {
					naive = min(naive, left/rate)
				}
				scores[n].add(r.Low.Hours()-1, r.Mid.Hours(), r.High.Hours()+1, naive, float64(n))
			}
		})
		better := 0.0 // on average, as a logarithm
		for _, n := range tested {
			s := scores[n]
			table = append(table, s.row(h.name, n))
			better += math.Log(s.offOurs/s.offNaive) / float64(len(tested))
			if s.covered() < 0.7 {
				t.Errorf("%s, %d h: only %.0f %% within the range", h.name, n, 100*s.covered())
			}
		}
		if h.pattern && better > math.Log(0.9) {
			t.Errorf("%s: errors are %.2f of the naive ones, want at most 0.9", h.name, math.Exp(better))
		}
	}
	t.Logf("errors in the runway, and how often it lay in the range\n%s", strings.Join(table, "\n"))
}

// BenchmarkForecast asks for the runway of money for days, and of money for a year.
func BenchmarkForecast(b *testing.B) {
	hours := habits()[1].simulate(b, 1, 60)
	now := hours[len(hours)-1].Start.Add(time.Hour)
	for name, left := range map[string]moka.Amount{"days": 200 * usd, "a year": 100_000 * usd} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				forecast(hours, moka.Known(left), now, time.UTC)
			}
		})
	}
}
