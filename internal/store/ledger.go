package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// bookLedger brings what earlier releases stored into the form of the ledger:
// every amount with its unit, gaps apart from the hours, without the spending and
// top-ups that were only a change of unit, and with the refunds that were taken for
// another account.
func bookLedger(ctx context.Context, tx *sql.Tx) error {
	names, err := list(ctx, tx, scanText, sqlReadAccounts)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := noteUnit(ctx, tx, name); err != nil {
			return err
		}
		if err := bookReadings(ctx, tx, name); err != nil {
			return err
		}
	}
	return nil
}

// noteUnit gives an account's rows the unit of its newest reading.
func noteUnit(ctx context.Context, tx *sql.Tx, account string) error {
	states, err := list(ctx, tx, scanText, sqlSpend, account)
	if err != nil || len(states) == 0 {
		return err
	}
	var s spend.State
	if json.Unmarshal([]byte(states[0]), &s) != nil || s.PerUnit <= 0 {
		return nil // without a unit the dollars stay as they are
	}
	for _, table := range []string{"readings", "hours", "days", "states"} {
		if _, err := exec(ctx, tx, in(table, `UPDATE %s SET per_unit = ? WHERE account = ?`), s.PerUnit, account); err != nil {
			return err
		}
	}
	return nil
}

// bookReadings takes gaps, and what was only a change of unit, out of the sums.
func bookReadings(ctx context.Context, tx *sql.Tx, account string) error {
	var before oldReading
	var odd []oldReading
	var refunded []piece
	err := each(ctx, tx, func(r row) error {
		now, err := scanOldReading(r)
		switch {
		case now.refunds(before):
			refunded = append(refunded, now.refundSince(before))
		case now.isGap(), now.rescales(before):
			now.phantom = now.rescales(before)
			odd = append(odd, now)
		}
		if now.used.Valid {
			before = now
		}
		return err
	}, sqlOldReadings, account)
	if err != nil {
		return err
	}
	for _, r := range odd {
		if err := r.rebook(ctx, tx, account); err != nil {
			return err
		}
	}
	for _, p := range refunded {
		if err := p.bookRefund(ctx, tx, account); err != nil {
			return err
		}
	}
	return nil
}

const sqlOldReadings = `SELECT since, at, known, spent, top_up, new_requests, covered, per_unit,
	COALESCE(wallet_remaining, key_remaining), COALESCE(wallet_used, key_used), wallet_used IS NOT NULL
	FROM readings WHERE account = ? AND err_kind = '' ORDER BY at`

// oldReading is one that an earlier release stored.
type oldReading struct {
	piece
	left, used sql.NullInt64
	wallet     bool // left and used are the wallet's
	phantom    bool
}

func scanOldReading(r row) (o oldReading, err error) {
	err = r.Scan(&o.since, &o.until, &o.known, &o.spent, &o.topUp, &o.requests, &o.covered, &o.perUnit, &o.left, &o.used, &o.wallet)
	return o, err
}

// rescales reports whether a reading only shows the figures of the one before in
// another unit: what was used and what is left grew by the same factor, which
// spending and a top-up together would hardly do.
func (o oldReading) rescales(before oldReading) bool {
	const minFigure = int64(moka.Dollar / 10) // below that, rounding blurs the factor
	if !o.known || o.spent <= 0 || o.topUp <= 0 || o.wallet != before.wallet || !o.left.Valid || !before.left.Valid {
		return false
	}
	if before.used.Int64 < minFigure || before.left.Int64 < minFigure {
		return false
	}
	used := float64(o.used.Int64) / float64(before.used.Int64)
	left := float64(o.left.Int64) / float64(before.left.Int64)
	return math.Abs(used/left-1) < 1e-4 && used > 1.001
}

// refunds reports whether a reading that compared with nothing shows a refund:
// what the wallet used fell by as much as what is left rose. Earlier releases took
// that for another account.
func (o oldReading) refunds(before oldReading) bool {
	const rounding = 2 // of two figures in millionths of a dollar
	if o.known || !o.wallet || !before.wallet || !o.left.Valid || !before.left.Valid || o.used.Int64 >= before.used.Int64 {
		return false
	}
	rest := o.left.Int64 + o.used.Int64 - before.left.Int64 - before.used.Int64
	return rest >= -rounding && rest <= rounding
}

// refundSince is the piece of a reading that shows a refund since the one before.
func (o oldReading) refundSince(before oldReading) piece {
	refund := before.used.Int64 - o.used.Int64
	p := piece{since: before.until, until: o.until, known: true, spent: -refund, perUnit: o.perUnit}
	p.refunds = refund
	if length := o.until - before.until; length <= spend.LongestCovered.Milliseconds() {
		p.covered = length
	}
	return p
}

// bookRefund adds a refund to the sums, or to the gaps where nothing dates it.
func (p piece) bookRefund(ctx context.Context, tx *sql.Tx, account string) error {
	if _, err := exec(ctx, tx, `UPDATE readings SET since = ?, known = 1, spent = ?, refunds = ?, covered = ? WHERE account = ? AND at = ?`,
		p.since, p.spent, p.refunds, p.covered, account, p.until); err != nil {
		return err
	}
	if p.isGap() {
		_, err := exec(ctx, tx, sqlAddGap, account, p.until, p.since, flag(true), p.spent, p.refunds, 0, p.perUnit)
		return err
	}
	for _, l := range []level{hours, days} {
		for start := floor(min(p.since, p.until-1), l.width); start < p.until; start += l.width {
			part, ok := p.clip(start, start+l.width)
			if !ok {
				continue
			}
			if _, err := exec(ctx, tx, in(l.table, `UPDATE %s SET spent = spent + ?, refunds = refunds + ?, covered = covered + ?
				WHERE account = ? AND start = ?`), part.spent, part.refunds, part.covered, account, start); err != nil {
				return err
			}
		}
	}
	return nil
}

// rebook moves a reading's figures from the sums to the gaps, or out of both.
func (o oldReading) rebook(ctx context.Context, tx *sql.Tx, account string) error {
	for _, l := range []level{hours, days} {
		for start := floor(min(o.since, o.until-1), l.width); start < o.until; start += l.width {
			part, ok := o.clip(start, start+l.width)
			if !ok {
				continue
			}
			if !o.phantom {
				part.topUp = 0 // stays where a reading showed it
			}
			if _, err := exec(ctx, tx, in(l.table, `UPDATE %s SET spent = spent - ?, top_up = top_up - ?, requests = requests - ?
				WHERE account = ? AND start = ?`), part.spent, part.topUp, part.requests, account, start); err != nil {
				return err
			}
		}
	}
	if o.phantom {
		if _, err := exec(ctx, tx, `UPDATE readings SET spent = 0, top_up = 0, known = 0, covered = 0 WHERE account = ? AND at = ?`, account, o.until); err != nil {
			return err
		}
	}
	_, err := exec(ctx, tx, sqlAddGap, account, o.until, o.since, flag(!o.phantom), pick(!o.phantom, o.spent), 0, pick(!o.phantom, o.requests), o.perUnit)
	return err
}

func pick(yes bool, v int64) int64 {
	if yes {
		return v
	}
	return 0
}
