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

// horizons is how far back the finer levels reach. Days are kept forever.
type horizons struct {
	readings int64 // always a full hour
	hours    int64 // always a full day
	perUnit  float64
}

// horizonsOf also looks up the account's newest unit.
func horizonsOf(ctx context.Context, tx *sql.Tx, account string) (h horizons, err error) {
	if h.perUnit, err = perUnitOf(ctx, tx, account); err != nil {
		return h, err
	}
	err = each(ctx, tx, func(r row) error {
		var name string
		var until int64
		err := r.Scan(&name, &until)
		switch name {
		case readings.table:
			h.readings = until
		case hours.table:
			h.hours = until
		}
		return err
	}, sqlPruned)
	return h, err
}

// perUnitOf is the raw quota in a dollar by the account's newest reading; 0 when
// that is not known.
func perUnitOf(ctx context.Context, q querier, account string) (perUnit float64, err error) {
	err = each(ctx, q, func(r row) error { return r.Scan(&perUnit) }, sqlPerUnit, account)
	return perUnit, err
}

// listInUnit reads the rows of an account, with amounts in its newest unit.
func listInUnit[T any](ctx context.Context, db *DB, account string, scan func(r row, perUnit float64) (T, error), statement string, args ...any) ([]T, error) {
	var found []T
	err := db.view(ctx, func(tx *sql.Tx) error {
		perUnit, err := perUnitOf(ctx, tx, account)
		if err != nil {
			return err
		}
		found, err = list(ctx, tx, func(r row) (T, error) { return scan(r, perUnit) }, statement, append([]any{account}, args...)...)
		return err
	})
	return found, err
}

// exact covers [from, to) with as few rows as give the exact figures: readings
// at the edges, hours and whole days between them. Where the fine rows were pruned, it
// uses the coarse ones.
func (h horizons) exact(from, to int64) []span {
	var spans []span
	for at := from; at < to; {
		l, end := h.next(at, to)
		spans = append(spans, span{l, at, end, h.perUnit})
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
