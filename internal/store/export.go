package store

import (
	"context"
	"iter"
	"time"

	"mokabot/moka"
)

// exportStep is how many rows are read at once, so that a slow consumer holds up no
// writer.
const exportStep = 1000

// Record is what is stored of one reading, or of one hour or day without its readings.
type Record struct {
	Account         string
	At              time.Time     // of the reading; the beginning of the hour or day
	Width           time.Duration // zero: a reading
	Balance         moka.Maybe    // what could be spent, at the end
	Spent, TopUps   moka.Amount
	Requests        int64
	Covered         time.Duration
	Readings, Fails int64
}

// Samples are an account's readings in [from, to), oldest first. It ends with
// an error at most once.
func (db *DB) Samples(ctx context.Context, account string, from, to time.Time) iter.Seq2[Sample, error] {
	return paged(from.UnixMilli(), to.UnixMilli(), func(s Sample) int64 { return millis(s.At) },
		func(from, to int64) ([]Sample, error) {
			scan := func(r row, perUnit float64) (Sample, error) { s, err := scanSample(r); return s.in(perUnit), err }
			return inPast(ctx, db, account, func(p *Past) ([]Sample, error) {
				return listInUnit(ctx, p, scan, sqlSomeSamples, from, to, exportStep)
			})
		})
}

// Export is all that is kept of the accounts in [from, to), account by
// account and oldest first, each stretch of time in the finest detail there
// is. Without names it is of all accounts. It ends with an error at most once.
func (db *DB) Export(ctx context.Context, from, to time.Time, accounts ...string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		var unit float64
		spans, names, err := db.exported(ctx, from, to, accounts)
		if err != nil {
			yield(Record{}, err)
			return
		}
		for _, name := range names {
			if unit, err = inPast(ctx, db, name, func(p *Past) (float64, error) { return p.perUnit, nil }); err != nil {
				yield(Record{}, err)
				return
			}
			for i, s := range spans {
				s.perUnit = unit
				for r, err := range db.records(ctx, name, s, i > 0) {
					if !yield(r, err) || err != nil {
						return
					}
				}
				if !db.exportGaps(ctx, name, s, yield) {
					return
				}
			}
		}
	}
}

func (db *DB) exported(ctx context.Context, from, to time.Time, accounts []string) (spans []span, names []string, err error) {
	if names = accounts; len(names) == 0 {
		if names, err = db.Accounts(ctx); err != nil {
			return nil, nil, err
		}
	}
	spans, err = inPast(ctx, db, "", func(p *Past) ([]span, error) { return p.atLeast(readings, from.UnixMilli(), to.UnixMilli()), nil })
	return spans, names, err
}

// exportGaps yields what the sums of a span leave out because it cannot be dated;
// readings include it.
func (db *DB) exportGaps(ctx context.Context, account string, s span, yield func(Record, error) bool) bool {
	if s.width == 0 {
		return true
	}
	gaps, err := db.Gaps(ctx, account, time.UnixMilli(s.from), time.UnixMilli(s.to))
	if err != nil {
		return yield(Record{}, err)
	}
	for _, g := range gaps {
		if !g.Known || millis(g.To) < s.from || millis(g.To) >= s.to {
			continue
		}
		if !yield(Record{Account: account, At: g.From, Width: g.To.Sub(g.From), Spent: g.Spent, Requests: g.Requests}, nil) {
			return false
		}
	}
	return true
}

// records are what is stored of a span. After a coarser span, the first reading counts
// only for the time that the sums before it leave out.
func (db *DB) records(ctx context.Context, account string, s span, continued bool) iter.Seq2[Record, error] {
	return paged(s.from, s.to, func(r Record) int64 { return millis(r.At) }, func(from, to int64) ([]Record, error) {
		scan := func(r row) (Record, error) { return scanRecord(r, account, s) }
		statement := in(s.table, sqlRecords)
		if s.width == 0 {
			scan = func(r row) (Record, error) {
				sample, err := scanSample(r)
				sample = sample.in(s.perUnit)
				if part, ok := pieceOf(sample).clip(s.from, millis(sample.At)); ok && continued && !pieceOf(sample).isGap() {
					sample.Delta.Spent, sample.Delta.Requests = moka.Amount(part.spent), part.requests
					sample.Delta.Covered = time.Duration(part.covered) * time.Millisecond
				}
				return recordOf(account, sample), err
			}
			statement = sqlSomeSamples
		}
		found, err := list(ctx, db.read, scan, statement, account, from, to, exportStep)
		return found, classified(db.path, err)
	})
}

func scanRecord(r row, account string, s span) (Record, error) {
	rec := Record{Account: account, Width: time.Duration(s.width) * time.Millisecond}
	var p piece
	var at int64
	err := r.Scan(&at, &p.spent, &p.topUp, &rec.Requests, &p.covered, &p.balance, &rec.Readings, &rec.Fails, &p.perUnit)
	p = p.in(s.perUnit)
	rec.At, rec.Covered, rec.Balance = fromMillis(at), time.Duration(p.covered)*time.Millisecond, maybe(p.balance)
	rec.Spent, rec.TopUps = moka.Amount(p.spent), moka.Amount(p.topUp)
	return rec, err
}

func recordOf(account string, s Sample) Record {
	return Record{
		Account: account, At: s.At, Balance: s.Spendable, Spent: s.Delta.Spent, TopUps: s.Delta.TopUp,
		Requests: s.Delta.Requests, Covered: s.Delta.Covered, Readings: 1, Fails: flag(s.ErrKind != ""),
	}
}

// paged reads [from, to) in portions. Each begins after the last row of the one
// before.
func paged[T any](from, to int64, at func(T) int64, read func(from, to int64) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			portion, err := read(from, to)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, v := range portion {
				if !yield(v, nil) {
					return
				}
			}
			if len(portion) < exportStep {
				return
			}
			from = at(portion[len(portion)-1]) + 1
		}
	}
}
