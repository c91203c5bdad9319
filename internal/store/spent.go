package store

import (
	"context"
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
// readings on both sides of a boundary is divided in proportion to time.
func (db *DB) Spent(ctx context.Context, account string, from, to time.Time) (Total, error) {
	var t Total
	err := db.deltas(ctx, account, from, to, func(d spend.Delta) {
		t.add(d, from, to)
	})
	return t, err
}

func (t *Total) add(d spend.Delta, from, to time.Time) {
	part, begin, end := share(d, from, to)
	if part <= 0 {
		return
	}
	t.Spent += portion(d.Spent, part)
	t.Requests += int64(portion(moka.Amount(d.Requests), part))
	if !d.To.After(to) && d.To.After(from) {
		t.TopUps += d.TopUp // it happened before the reading that showed it
	}
	t.Covered += time.Duration(float64(d.Covered) * part)
	if t.First.IsZero() || begin.Before(t.First) {
		t.First = begin
	}
	if end.After(t.Last) {
		t.Last = end
	}
}

// share is the part of a delta's time that lies in [from, to).
func share(d spend.Delta, from, to time.Time) (part float64, begin, end time.Time) {
	begin, end = later(d.From, from), d.To
	if end.After(to) {
		end = to
	}
	whole := d.To.Sub(d.From)
	if whole <= 0 || !end.After(begin) {
		return 0, begin, end
	}
	return float64(end.Sub(begin)) / float64(whole), begin, end
}

func portion(a moka.Amount, part float64) moka.Amount {
	if part >= 1 {
		return a
	}
	return moka.Amount(float64(a)*part + 0.5)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Hours is what was spent in each hour of [from, to) of which something is known.
func (db *DB) Hours(ctx context.Context, account string, from, to time.Time) ([]spend.Hour, error) {
	totals := map[int64]*Total{}
	err := db.deltas(ctx, account, from, to, func(d spend.Delta) {
		for h := later(d.From, from).Truncate(time.Hour); h.Before(d.To) && h.Before(to); h = h.Add(time.Hour) {
			t := totals[h.Unix()]
			if t == nil {
				t = &Total{}
				totals[h.Unix()] = t
			}
			t.add(d, h, h.Add(time.Hour))
		}
	})
	if err != nil {
		return nil, err
	}
	var hours []spend.Hour
	for h := from.Truncate(time.Hour); h.Before(to); h = h.Add(time.Hour) {
		if t := totals[h.Unix()]; t != nil {
			hours = append(hours, spend.Hour{Start: h.UTC(), Spent: t.Spent, Covered: min(time.Hour, t.Covered)})
		}
	}
	return hours, nil
}

// deltas gives f every known delta that touches [from, to), oldest first.
func (db *DB) deltas(ctx context.Context, account string, from, to time.Time, f func(spend.Delta)) error {
	rows, err := db.read.QueryContext(ctx, `SELECT since, at, spent, top_up, new_requests, covered FROM readings
		WHERE account = ? AND known <> 0 AND at > ? AND since < ? ORDER BY at`, account, millis(from), millis(to))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var since, at, spent, topUp, requests, covered int64
		if err := rows.Scan(&since, &at, &spent, &topUp, &requests, &covered); err != nil {
			return err
		}
		f(spend.Delta{
			From: fromMillis(since), To: fromMillis(at), Known: true, Spent: moka.Amount(spent), TopUp: moka.Amount(topUp),
			Requests: requests, Covered: time.Duration(covered) * time.Millisecond,
		})
	}
	return rows.Err()
}
