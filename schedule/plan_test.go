package schedule

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"mokabot/moka"
)

const every = 5 * time.Minute

func usd(dollars float64) moka.Amount { return moka.Amount(dollars * float64(moka.Dollar)) }

func TestGapFollowsTheNearestLine(t *testing.T) {
	level := func(left, such, any float64) target {
		return target{why: ReasonLevel, left: usd(left), such: such, any: any}
	}
	for _, c := range []struct {
		what    string
		targets []target
		pace    float64
		want    time.Duration
		why     Reason
	}{
		{"no line", nil, 100, every, ReasonInterval},
		{"far from all", []target{level(50, 2, 5)}, 2, every, ReasonInterval},
		{"a quarter of the time to the line", []target{level(1, 0, 0)}, 10, 90 * time.Second, ReasonLevel},
		{"two fifths of the time to the line at the pace of such an hour", []target{level(1, 10, 0)}, 0, 144 * time.Second, ReasonLevel},
		{"at the line, while money goes", []target{level(0.001, 0, 0)}, 10, minGap, ReasonLevel},
		{"at the line, at an hour when it usually goes", []target{level(0.001, 10, 10)}, 0, expectantGap, ReasonLevel},
		{"at the line, at an hour when it never goes", []target{level(0.001, 0, 10)}, 0, watchfulGap, ReasonLevel},
		{"at the line of an account that never spent", []target{level(0.001, 0, 0)}, 0, every, ReasonInterval},
		{"the nearest of several", []target{level(30, 0, 0), {why: ReasonBudget, left: usd(1)}}, 10, 90 * time.Second, ReasonBudget},
		{"unusual spending out of reach", []target{{why: ReasonPace, left: usd(0.1), from: 20}}, 19, every, ReasonInterval},
		{"unusual spending within reach", []target{{why: ReasonPace, left: usd(1), from: 20, minGap: expectantGap}}, 20, 45 * time.Second, ReasonPace},
		{"an estimate is no exact line", []target{{why: ReasonLevel, left: usd(0.01), minGap: watchfulGap}}, 20, watchfulGap, ReasonLevel},
	} {
		if gap, why := gapFor(c.targets, c.pace, every); gap != c.want || why != c.why {
			t.Errorf("%s: %s for %s, want %s for %s", c.what, gap, why, c.want, c.why)
		}
	}
	if gap, _ := gapFor([]target{level(0.001, 9, 9)}, 9, time.Second); gap != time.Second {
		t.Errorf("with a poll_interval of a second: %s", gap)
	}
}

// Whatever is nearer, or approached faster, is not read later.
func TestNearerIsNotLater(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		near := target{why: ReasonLevel, left: usd(dice.Float64() * 20), such: dice.Float64() * 10, any: dice.Float64() * 20}
		far, pace := near, dice.Float64()*30
		far.left += usd(dice.Float64() * 5)
		g1, _ := gapFor([]target{near}, pace, every)
		g2, _ := gapFor([]target{far}, pace, every)
		g3, _ := gapFor([]target{near}, pace*(1+dice.Float64()), every)
		al := allot([]demand{{g1, 1, 4}, {g2, 1, 4}, {g3, 1, 4}}, every, 0.05+dice.Float64()/10)
		if g1 > g2 || g3 > g1 || al.gap(g1) > al.gap(g2) || al.gap(g3) > al.gap(g1) {
			t.Fatalf("%+v at %.2f: %s; farther %s, faster %s; %+v", near, pace, g1, g2, g3, al)
		}
	}
}

// What is allotted never costs more than the rate, gives everybody poll_interval
// where the rate has room for that, and makes it longer for all alike otherwise.
func TestAllotmentsKeepWithinTheRate(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 4))
	tight, stretched := 0, 0
	for range 3000 {
		rate := 0.05 + dice.Float64()
		demands := make([]demand, 1+dice.IntN(150))
		atLeast := 0.0
		for i := range demands {
			d := demand{gap: every, cost: 1 + 2*dice.Float64()}
			d.full = d.cost + 3*dice.Float64()
			if dice.IntN(3) == 0 {
				d.gap = minGap + time.Duration(dice.Int64N(int64(every-minGap)))
			}
			demands[i] = d
			atLeast += d.cost / every.Seconds()
		}
		al := allot(demands, every, rate)
		cost, more := 0.0, 0.0
		for _, d := range demands {
			cost += d.cost/al.gap(d.gap).Seconds() + (d.full-d.cost)/al.fulls.Seconds()
			more += (d.full - d.cost) / al.fulls.Seconds()
			if al.gap(d.gap) > al.maxGap {
				t.Fatalf("%s of %s at most", al.gap(d.gap), al.maxGap)
			}
		}
		if cost > rate*1.001 {
			t.Fatalf("%d accounts cost %.3f requests a second of %.3f: %+v", len(demands), cost, rate, al)
		}
		if al.fulls > every && (more < rate*fullShare*0.999 || cost < rate*0.999 && al.stretch == 1) {
			t.Fatalf("full readings take %.3f of %.3f, and come every %s: %+v", more, rate, al.fulls, al)
		}
		if room := rate * (1 - fullShare); atLeast <= room && al.maxGap != every || al.maxGap < every {
			t.Fatalf("poll_interval needs %.3f of %.3f, and is %s", atLeast, room, al.maxGap)
		}
		if al.maxGap > every {
			tight++
		}
		if al.stretch > 1 {
			stretched++
		}
	}
	if tight == 0 || stretched == 0 {
		t.Errorf("%d too small rates, %d stretches: nothing was tried", tight, stretched)
	}
}

func TestPaceIsThatOfTheFastestMinutes(t *testing.T) {
	at := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		what  string
		moves []float64 // minutes after the first, and what was spent until then, in turn
		want  float64
	}{
		{"nothing read", nil, 0},
		{"one reading", []float64{0, 0}, 0},
		{"steady", []float64{0, 0, 5, 1, 10, 1}, 12},
		{"begun just now", []float64{0, 0, 5, 0, 10, 0, 11, 1}, 60},
		{"a call within seconds is no pace", []float64{0, 0, 5, 0, 5.2, 1}, 11.538},
		{"over", []float64{0, 0, 1, 5, 6, 0, 11, 0}, 0},
		{"refunded", []float64{0, 0, 5, -2}, 0},
	} {
		var m moves
		for i := 0; i < len(c.moves); i += 2 {
			m = m.add(at.Add(time.Duration(c.moves[i]*float64(time.Minute))), usd(c.moves[i+1]))
		}
		if got := m.pace(); fmt.Sprintf("%.2f", got) != fmt.Sprintf("%.2f", c.want) {
			t.Errorf("%s: %.3f dollars an hour, want %.3f", c.what, got, c.want)
		}
	}
	var long moves
	for i := range 1000 {
		long = long.add(at.Add(time.Duration(i)*time.Minute), usd(0.1))
	}
	if got := long.pace(); len(long) > maxMoves || fmt.Sprintf("%.2f", got) != "6.00" {
		t.Errorf("after a thousand readings: %d kept, %.3f dollars an hour", len(long), got)
	}
}
