package budget

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// spender is a way to spend: what an hour costs, in dollars.
type spender struct {
	name string
	of   func(r *rand.Rand, at time.Time) float64
}

func spenders() []spender {
	chance := func(r *rand.Rand, deviation float64) float64 {
		return math.Exp(deviation*r.NormFloat64() - deviation*deviation/2)
	}
	ofDay := func(at time.Time, deviation float64) float64 {
		return chance(rand.New(rand.NewPCG(uint64(at.Unix()/86400), 1)), deviation)
	}
	return []spender{
		{"every other hour", func(r *rand.Rand, _ time.Time) float64 {
			return 2.4 * r.Float64() * float64(r.IntN(2))
		}},
		{"office hours", func(r *rand.Rand, at time.Time) float64 {
			usual := 0.05
			switch hour, day := at.Hour(), at.Weekday(); {
			case day == time.Saturday || day == time.Sunday:
				usual = 0.02
			case hour >= 9 && hour < 19:
				usual = 1
			}
			return usual * ofDay(at, 0.25) * chance(r, 0.4)
		}},
		{"nightly batch", func(r *rand.Rand, at time.Time) float64 {
			if hour := at.Hour(); hour == 2 || hour == 3 {
				return 8 * ofDay(at, 0.3) * chance(r, 0.2)
			}
			return 0.01
		}},
		{"bursts", func(r *rand.Rand, _ time.Time) float64 {
			if r.IntN(20) == 0 {
				return 8 * chance(r, 0.7)
			}
			return 0.05
		}},
	}
}

// warnings are how a rule for the forecast came out.
type warnings struct {
	periods, over, hits, early, falsely int
	leads                               []time.Duration
}

// count adds a period: when it was warned of, and when it exceeded the amount,
// zero for never. A warning is early with a twelfth of the period to go.
func (w *warnings) count(p spend.Period, warned, over time.Time) {
	w.periods++
	if !over.IsZero() {
		w.over++
	}
	switch {
	case warned.IsZero():
	case over.IsZero():
		w.falsely++
	case warned.Before(over):
		w.hits++
		w.leads = append(w.leads, over.Sub(warned))
		if over.Sub(warned) >= p.To.Sub(p.From)/12 {
			w.early++
		}
	}
}

func (w *warnings) String() string {
	lead := time.Duration(0)
	if slices.Sort(w.leads); len(w.leads) > 0 {
		lead = w.leads[len(w.leads)/2]
	}
	return fmt.Sprintf("%3d warned of, %3d early, %3d false, %4.0f h ahead", w.hits, w.early, w.falsely, lead.Hours())
}

// TestForecastWarnings goes through months of spending near the budget, or with
// MOKABOT_YEAR=1 a year, where nobody can know for sure, and compares the rule with a
// warning as soon as the middle of the forecast exceeds the amount at two looks in a
// row, an hour apart.
func TestForecastWarnings(t *testing.T) {
	proof.NotRaced(t)
	days := proof.Size(40, 40, 120)
	if os.Getenv("MOKABOT_YEAR") != "" {
		days = 366
	}
	var table strings.Builder
	var now, hasty warnings
	for _, s := range spenders()[:proof.Size(1, 1, 4)] {
		r := rand.New(rand.NewPCG(7, 7))
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var hours []spend.Hour
		sum := make([]moka.Amount, days*24+1)
		for i := range days * 24 {
			at := begin.Add(time.Duration(i) * time.Hour)
			hours = append(hours, spend.Hour{Start: at, Spent: moka.Amount(s.of(r, at) * float64(moka.Dollar)), Covered: time.Hour})
			sum[i+1] = sum[i] + hours[i].Spent
		}
		perDay := float64(sum[len(hours)]) / float64(days)
		for _, span := range proof.Size([]Span{Day}, []Span{Day}, []Span{Day, Week, Month}) {
			length := map[Span]float64{Day: 1, Week: 7, Month: 30.4}[span]
			b := Budget{Name: s.name, Span: span, Zone: time.UTC, WeekStart: time.Monday, Forecast: true}
			periods := b.looks(hours, sum)
			for _, part := range []float64{0.9, 1, 1.1} {
				b.Amount = moka.Amount(part * perDay * length)
				ours, before := b.walk(periods)
				fmt.Fprintf(&table, "%-16s %-5s %3.0f %%: %3d periods, %3d over | %s | at once: %s\n", s.name, span, 100*part, ours.periods, ours.over, ours, before)
				now.hits, now.falsely, now.over = now.hits+ours.hits, now.falsely+ours.falsely, now.over+ours.over
				hasty.hits, hasty.falsely = hasty.hits+before.hits, hasty.falsely+before.falsely
			}
		}
	}
	t.Logf("amount as a part of the mean cost\n%sall: %d over, %d warned of, %d false; at once: %d, %d\n", table.String(), now.over, now.hits, now.falsely, hasty.hits, hasty.falsely)
	if float64(now.hits) < 0.75*float64(now.over) || float64(now.falsely) > 0.6*float64(hasty.falsely) {
		t.Error("too few of the periods that were over are warned of, or too many others")
	}
}

// looks are what is known at each full hour of each period, and at its end, from the
// third week on.
func (b Budget) looks(hours []spend.Hour, sum []moka.Amount) (periods [][]Facts) {
	begin := hours[0].Start
	index := func(t time.Time) int { return int(t.Sub(begin) / time.Hour) }
	for p := b.PeriodAt(b.PeriodAt(begin.AddDate(0, 0, 14)).To); index(p.To) <= len(hours); p = b.PeriodAt(p.To) {
		var looks []Facts
		for i := index(p.From) + 1; i <= index(p.To); i++ {
			f := Facts{At: begin.Add(time.Duration(i) * time.Hour), Spent: spend.SoFar{Spent: moka.Known(sum[i] - sum[index(p.From)])}}
			if path := spend.Expect(hours[max(0, i-60*24):i], f.At, p.To, b.Zone); len(path) > 0 {
				end := path[len(path)-1]
				f.Low, f.Expected, f.High = moka.Known(end.Low), moka.Known(end.Mid), moka.Known(end.High)
			}
			looks = append(looks, f)
		}
		periods = append(periods, looks)
	}
	return periods
}

// walk goes through the periods of a budget, each up to where the amount is exceeded.
func (b Budget) walk(periods [][]Facts) (ours, hasty *warnings) {
	ours, hasty = &warnings{}, &warnings{}
	for _, looks := range periods {
		var m Memory
		var warned, atOnce, over time.Time
		middles := 0
		for i, f := range looks {
			if spent, _ := f.Spent.Spent.Get(); spent > b.Amount {
				over = f.At
				break
			}
			if i == len(looks)-1 {
				break
			}
			var news []News
			if m, news = Step(b, m, f); len(news) > 0 && warned.IsZero() {
				warned = f.At
			}
			s := Stand(b, f)
			if middles++; !b.over(s.Forecast) {
				middles = 0
			}
			if atOnce.IsZero() && (middles == 2 || b.over(s.Low)) {
				atOnce = f.At
			}
		}
		p := b.PeriodAt(looks[0].At)
		ours.count(p, warned, over)
		hasty.count(p, atOnce, over)
	}
	return ours, hasty
}
