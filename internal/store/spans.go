package store

import (
	"context"
	"database/sql"
)

// level is one of the three resolutions in which the past is kept.
type level struct {
	table string
	width int64 // of a row, in milliseconds; 0: a row is a reading
}

var (
	readings = level{"readings", 0}
	hours    = level{"hours", hour}
	days     = level{"days", day}
)

// span is a stretch of time and the kind of rows to read for it.
type span struct {
	level
	from, to int64
	perUnit  float64 // that amounts are wanted in; 0: as they are
}

// horizons is how far back the finer levels reach, and the raw quota in a dollar by an
// account's newest reading, 0 when that is not known. Days are kept forever.
type horizons struct {
	readings int64 // always a full hour
	hours    int64 // always a full day
	perUnit  float64
}

// exact covers [from, to) with as few rows as give the exact figures: readings
// at the edges, hours and whole days between them. Where the fine rows were pruned, it
// uses the coarse ones.
func (h horizons) exact(from, to int64) []span {
	var spans []span
	for at := from; at < to; {
		l, end := h.next(at, to)
		if n := len(spans); n > 0 && spans[n-1].level == l {
			spans[n-1].to = end
		} else {
			spans = append(spans, span{l, at, end, h.perUnit})
		}
		at = end
	}
	return spans
}

func (h horizons) next(at, to int64) (level, int64) {
	lastHour, lastDay := floor(to, hour), floor(to, day)
	switch {
	case at < h.hours:
		return days, min(to, h.hours)
	case at == floor(at, day) && lastDay > at:
		return days, lastDay
	case at == floor(at, hour) && lastHour > at:
		if nextDay := floor(at, day) + day; nextDay < lastDay {
			return hours, nextDay
		}
		return hours, lastHour
	case at < h.readings:
		return hours, min(to, floor(at, hour)+hour)
	}
	return readings, min(to, floor(at, hour)+hour)
}

// atLeast covers [from, to) with rows of one level, or coarser ones where
// those are gone.
func (h horizons) atLeast(l level, from, to int64) []span {
	var spans []span
	add := func(l level, until int64) {
		if until = min(until, to); until > from {
			spans = append(spans, span{l, from, until, h.perUnit})
			from = until
		}
	}
	if l.width < day {
		add(days, h.hours)
	}
	if l.width < hour {
		add(hours, h.readings)
	}
	add(l, to)
	return spans
}

// since is the part of the span from a time on.
func (s span) since(from int64) span {
	s.from = max(s.from, from)
	return s
}

// pieces gives f everything that is known of the span, oldest first. Pieces at
// the edges reach beyond it.
func (s span) pieces(ctx context.Context, tx *sql.Tx, account string, f func(piece)) error {
	statement, args := sqlReadingPieces, []any{account, s.from, account, s.to, s.to}
	if s.width > 0 {
		statement, args = in(s.table, sqlSumPieces), []any{account, s.from - s.width, s.to}
	}
	return each(ctx, tx, func(r row) error {
		var p piece
		err := r.Scan(&p.since, &p.until, &p.known, &p.spent, &p.refunds, &p.topUp, &p.requests, &p.covered, &p.balance, &p.balanceAt, &p.perUnit)
		if s.width == 0 {
			p = p.dated()
		}
		f(p.in(s.perUnit))
		return err
	}, statement, args...)
}
