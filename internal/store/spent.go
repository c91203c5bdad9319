package store

import (
	"context"
	"database/sql"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// Total is what readings say of a stretch of time.
type Total struct {
	Spent       moka.Amount // net of refunds
	Refunds     moka.Amount
	TopUps      moka.Amount
	Requests    int64
	Covered     time.Duration // how much of the time readings cover
	First, Last time.Time     // of what is known; zero: nothing is
}

// Spent adds up what was spent in [from, to), as far as it can be dated; [DB.Gaps]
// has the rest. What was spent between two readings on both sides of a boundary
// is divided in proportion to time, so that the totals of adjoining periods add up.
func (db *DB) Spent(ctx context.Context, account string, from, to time.Time) (Total, error) {
	var t Total
	err := db.view(ctx, func(tx *sql.Tx) error {
		h, err := horizonsOf(ctx, tx, account)
		if err != nil {
			return err
		}
		for _, s := range h.exact(from.UnixMilli(), to.UnixMilli()) {
			if err := s.pieces(ctx, tx, account, func(p piece) { t.add(p, s) }); err != nil {
				return err
			}
		}
		return nil
	})
	return t, err
}

func (t *Total) add(p piece, s span) {
	part, ok := p.clip(s.from, s.to)
	if !ok {
		return
	}
	t.Spent += moka.Amount(part.spent)
	t.Refunds += moka.Amount(part.refunds)
	t.TopUps += moka.Amount(part.topUp)
	t.Requests += part.requests
	t.Covered += time.Duration(part.covered) * time.Millisecond
	if first := fromMillis(part.since); t.First.IsZero() || first.Before(t.First) {
		t.First = first
	}
	if last := fromMillis(part.until); last.After(t.Last) {
		t.Last = last
	}
}

// Hours is what was spent in each hour of [from, to) of which something is
// known. The first is the whole hour that from lies in.
func (db *DB) Hours(ctx context.Context, account string, from, to time.Time) ([]spend.Hour, error) {
	var found []spend.Hour
	err := db.view(ctx, func(tx *sql.Tx) error {
		perUnit, err := perUnitOf(ctx, tx, account)
		if err != nil {
			return err
		}
		scan := func(r row) (spend.Hour, error) { return scanHour(r, perUnit) }
		found, err = list(ctx, tx, scan, sqlHours, account, floor(from.UnixMilli(), hour), to.UnixMilli())
		return err
	})
	return found, err
}

func scanHour(r row, unit float64) (h spend.Hour, err error) {
	var start, spent, covered int64
	var perUnit float64
	err = r.Scan(&start, &spent, &covered, &perUnit)
	h.Start, h.Covered = fromMillis(start), min(time.Hour, time.Duration(covered)*time.Millisecond)
	h.Spent = moka.Amount(rescaled(spent, perUnit, unit))
	return h, err
}
