package spend

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka"
)

// TestALongLifeAddsUp polls a simulated wallet for two months: calls book their
// cost in advance and correct it at their end, money is added at any moment, the
// gateway is away at times. In the end every cent is where it belongs.
func TestALongLifeAddsUp(t *testing.T) {
	proof.NotShort(t)
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 5))
		w := simWallet{left: 100 * usd}
		var s State
		var first simWallet
		var spent, topUps moka.Amount
		const polls = 60 * 24 * 12
		for i := range polls {
			w.live(r, i < polls-20)
			if r.IntN(50) == 0 {
				continue // could not be read
			}
			if s.At.IsZero() {
				first = simWallet{used: w.used, added: w.added, calls: slices.Clone(w.calls)}
			}
			var d Delta
			s, d = Step(s, wallet(5*i, w.left, w.used), w.log(s, 5*i))
			spent, topUps = spent+d.Spent, topUps+d.TopUp
		}
		if spent != w.used-first.used || w.underWay() != 0 {
			t.Errorf("seed %d: %v spent, want %v", seed, spent, w.used-first.used)
		}
		// What was under way at the first reading comes back and is no top-up.
		if topUps != w.added-first.added {
			t.Errorf("seed %d: %v topped up, want %v", seed, topUps, w.added-first.added)
		}
	}
}

// simWallet is an account with calls under way.
type simWallet struct {
	left, used, added moka.Amount
	calls             []moka.Amount // booked in advance
	topUps            []int         // when money was added, in polls
	polls             int
}

const added = 50 * usd

// log is what a gateway's log says of the top-ups that were not counted yet, where
// the readings ask for it.
func (w *simWallet) log(s State, minute int) Log {
	q, needed := NeedsLog(s, wallet(minute, w.left, w.used))
	log := Log{Known: needed}
	for _, poll := range w.topUps {
		at := start.Add(time.Duration(5*poll)*time.Minute - time.Second)
		if needed && !q.CreditsSince.IsZero() && !at.Before(q.CreditsSince) {
			log.Credits.Quota, log.Credits.Newest = log.Credits.Quota+int64(added)/2, at.Unix()
		}
	}
	return log
}

func (w *simWallet) underWay() (sum moka.Amount) {
	for _, c := range w.calls {
		sum += c
	}
	return sum
}

// live passes five minutes.
func (w *simWallet) live(r *rand.Rand, busy bool) {
	for i := 0; i < len(w.calls); {
		if r.IntN(3) != 0 && busy {
			i++
			continue
		}
		booked := w.calls[i]
		cost := booked / 2 * moka.Amount(r.IntN(100)) / 100 * 2 // whole quota
		w.left, w.used = w.left+booked-cost, w.used+cost
		w.calls = append(w.calls[:i], w.calls[i+1:]...)
	}
	if busy && r.IntN(2) == 0 {
		booked := 2 * moka.Amount(r.IntN(500_000))
		w.left -= booked
		w.calls = append(w.calls, booked)
	}
	if r.IntN(2000) == 0 || w.left < usd {
		w.left, w.added = w.left+added, w.added+added
		w.topUps = append(w.topUps, w.polls)
	}
	w.polls++
}
