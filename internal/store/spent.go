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
	Spent, TopUps moka.Amount
	Requests      int64
	Covered       time.Duration // how much of the time readings cover
	First, Last   time.Time     // of what is known; zero: nothing is
}

// Spent adds up what was spent in [from, to). What was spent between two
// readings on both sides of a boundary is divided in proportion to time, so
// that the totals of adjoining periods add up.
func (db *DB) Spent(ctx context.Context, account string, from, to time.Time) (Total, error) {
	var t Total
	err := db.view(ctx, func(tx *sql.Tx) error {
		h, err := horizonsOf(ctx, tx)
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
	found, err := list(ctx, db.read, scanHour, sqlHours, account, floor(from.UnixMilli(), hour), to.UnixMilli())
	return found, told(db.path, err)
}

func scanHour(r row) (h spend.Hour, err error) {
	var start, covered int64
	err = r.Scan(&start, &h.Spent, &covered)
	h.Start, h.Covered = fromMillis(start), min(time.Hour, time.Duration(covered)*time.Millisecond)
	return h, err
}
