package store

import (
	"context"
	"database/sql"
	"math"
	"math/bits"
	"time"

	"mokabot/internal/spend"
)

const (
	hour = int64(time.Hour / time.Millisecond)
	day  = 24 * hour
)

// piece is what is known of a stretch of time: between two readings, or of an
// hour or a day. Times and durations are milliseconds.
type piece struct {
	since, until                             int64
	known                                    bool // false: only the balance holds
	spent, refunds, topUp, requests, covered int64
	balance                                  sql.NullInt64
	balanceAt                                int64
	perUnit                                  float64 // raw quota in a dollar, by which the amounts are dollars; 0: not known
}

// in converts the amounts to dollars of another unit, so that the raw quota behind them
// stays the same.
func (p piece) in(perUnit float64) piece {
	convert := func(v *int64) { *v = rescaled(*v, p.perUnit, perUnit) }
	convert(&p.spent)
	convert(&p.refunds)
	convert(&p.topUp)
	convert(&p.balance.Int64)
	return p
}

// rescaled converts an amount from dollars of one unit to those of another.
func rescaled(amount int64, from, to float64) int64 {
	if from == to || from <= 0 || to <= 0 {
		return amount
	}
	return int64(min(max(math.Round(float64(amount)*(from/to)), -maxAmount), maxAmount))
}

// maxAmount keeps sums of converted amounts from overflowing.
const maxAmount = math.MaxInt64 / 1024

// isGap reports whether p lies between two readings too far apart to date what
// was spent.
func (p piece) isGap() bool {
	return p.known && p.covered == 0 && p.until-p.since > spend.MaxDivided.Milliseconds()
}

// dated is p without what nothing can date. Its top-up stays: the reading at its
// end showed it.
func (p piece) dated() piece {
	if p.isGap() {
		p.since, p.spent, p.refunds, p.requests = p.until, 0, 0, 0
	}
	return p
}

// clip is the part of p between two times, in proportion to time. The parts of
// a piece add up to the piece exactly. What was topped up is not divided: it
// belongs to the end, where a reading showed it.
func (p piece) clip(from, to int64) (part piece, ok bool) {
	if !p.known {
		return piece{}, false
	}
	if p.until <= p.since {
		return p, p.until > from && p.until <= to
	}
	part = piece{since: max(p.since, from), until: min(p.until, to), known: true, perUnit: p.perUnit}
	if part.since >= part.until {
		return piece{}, false
	}
	share := func(v int64) int64 {
		total := p.until - p.since
		return scale(v, part.until-p.since, total) - scale(v, part.since-p.since, total)
	}
	part.spent, part.refunds, part.requests, part.covered = share(p.spent), share(p.refunds), share(p.requests), share(p.covered)
	if p.until > from && p.until <= to {
		part.topUp = p.topUp
	}
	return part, true
}

// scale returns v*part/total without overflow, for 0 <= part <= total.
func scale(v, part, total int64) int64 {
	if part == total {
		return v
	}
	abs := uint64(v)
	if v < 0 {
		abs = -abs
	}
	hi, lo := bits.Mul64(abs, uint64(part))
	q, _ := bits.Div64(hi, lo, uint64(total))
	if v < 0 {
		return -int64(q)
	}
	return int64(q)
}

func floor(t, width int64) int64 {
	if rest := t % width; rest < 0 {
		return t - rest - width
	}
	return t - t%width
}

// sum is one row of hours or of days.
type sum struct {
	piece
	start            int64
	readings, failed int64
}

// sums divides what can be dated of a reading over the hours or days that it
// tells of.
func sums(s Sample, width int64) []sum {
	return divided(pieceOf(s).dated(), flag(s.ErrKind != ""), width)
}

func divided(p piece, failed, width int64) []sum {
	at := p.balanceAt
	var all []sum
	if p.known {
		for start := floor(min(p.since, p.until-1), width); start < p.until; start += width {
			if part, ok := p.clip(start, start+width); ok {
				all = append(all, sum{piece: part, start: start})
			}
		}
	}
	if n := len(all); n == 0 || all[n-1].start != floor(at, width) {
		all = append(all, sum{piece: piece{perUnit: p.perUnit}, start: floor(at, width)})
	}
	last := &all[len(all)-1]
	last.readings, last.failed = 1, failed
	if last.balance = p.balance; p.balance.Valid {
		last.balanceAt = at
	}
	return all
}

func pieceOf(s Sample) piece {
	d := s.Delta
	return piece{
		since: millis(d.From), until: millis(s.At), known: d.Known,
		spent: int64(d.Spent), refunds: int64(d.Refunds), topUp: int64(d.TopUp), requests: d.Requests, covered: d.Covered.Milliseconds(),
		balance: nullable(s.Spendable), balanceAt: millis(s.At), perUnit: d.PerUnit,
	}
}

// addToSums adds a reading to its hours and days.
func addToSums(ctx context.Context, tx writer, account string, s Sample) error {
	for _, l := range []level{hours, days} {
		for _, h := range sums(s, l.width) {
			if err := put(ctx, tx, in(l.table, sqlAddSum), account, h.start, h.since, h.until,
				h.spent, h.refunds, h.topUp, h.requests, h.covered, h.balance, h.balanceAt, h.readings, h.failed, h.perUnit); err != nil {
				return err
			}
		}
	}
	return nil
}
