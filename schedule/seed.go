package schedule

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/clock"
	"mokabot/internal/history"
	"mokabot/internal/store"
	"mokabot/moka"
)

const (
	seedWait   = 20 * time.Second // after the start, so that the first polls come first
	seedEvery  = time.Minute      // between two looks for what is missing
	seedRetry  = 6 * time.Hour    // after a gateway said that it has no records
	refundsIn  = 15 * time.Minute // for the refunds of one look, so that missing rows do not wait long
	seedCallIn = 30 * time.Minute // for one account, waiting for places in the request budget included: it may have one in 3 minutes
)

// Seeder fills in from the gateways' hourly records what readings do not cover: the 30
// days before an account's first reading, and the gaps since. Its requests are in the
// background, so no poll waits for them, and of the readings' part, so that what is known
// of the past does not depend on what people ask for.
type Seeder struct {
	Book  *account.Book
	Store *store.DB
	Log   *slog.Logger
	Now   func() time.Time // nil for the real clock
	Times *Timetable       // outlives reloads

	// History stores what the accounts' keys have used.
	History history.History
}

func (s *Seeder) now() time.Time { return timeBy(s.Now) }

// Run looks for what is missing until ctx ends. Reloads do not delay it.
func (s *Seeder) Run(ctx context.Context) error {
	for next := s.Times.nextSeed(); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Until(next)):
		}
		s.Check(ctx)
		if ctx.Err() != nil {
			return nil // a reload interrupted it: the next configuration looks at once
		}
		next = time.Now().Add(clock.Together(seedEvery))
		s.Times.setNextSeed(next)
	}
}

// Check fetches the records that are missing, for one account after the other: hourly
// rows, and of an account that has these, refunds. Then it stores what each key has used
// where the gateway has no records by key.
func (s *Seeder) Check(ctx context.Context) {
	for _, a := range s.Book.All() {
		if err := s.check(ctx, a); err != nil && ctx.Err() == nil {
			s.Log.Debug("the gateway's records could not be kept", "account", a.Name, "err", err)
		}
	}
	began := time.Now()
	for _, a := range s.Book.All() {
		if time.Since(began) >= refundsIn {
			break
		}
		if err := s.keepRefunds(ctx, a); err != nil && ctx.Err() == nil {
			s.Log.Debug("the refunds could not be kept", "account", a.Name, "err", err)
		}
	}
	for _, a := range s.Book.All() {
		if err := s.countKeys(ctx, a); err != nil && ctx.Err() == nil {
			s.Log.Debug("the keys could not be counted", "account", a.Name, "err", err)
		}
	}
}

func (s *Seeder) check(ctx context.Context, a *account.Account) error {
	now := s.now()
	if s.Times.rests(noRecords, a) || s.Times.rests(allRows, a) {
		return nil
	}
	first, read, err := s.Store.FirstReading(ctx, a.Name)
	if !read || err != nil {
		return err // the unit is not known yet
	}
	from, err := s.missingFrom(ctx, a.Name, first, now)
	if err != nil {
		return err
	}
	if from.IsZero() {
		s.Times.rest(allRows, a, history.RecordLag)
		return nil
	}
	call, cancel := context.WithTimeout(moka.Reserved(moka.InBackground(ctx)), seedCallIn)
	defer cancel()
	rows, err := a.Client.Usage(call, from, now)
	if err != nil {
		if unsupported(err) {
			s.Times.rest(noRecords, a, seedRetry)
		}
		return err
	}
	if err := s.Store.AddRecorded(ctx, a.Name, history.WholeHours(rows, now)); err != nil {
		return err
	}
	s.Log.Info("history from the gateway's records", "account", a.Name, "from", from.UTC().Format(time.RFC3339), "rows", len(rows))
	if err := s.Store.SetValue(ctx, history.RecordedMark(a.Name), []byte(history.CompleteUntil(now).UTC().Format(time.RFC3339))); err != nil {
		return err
	}
	s.Times.hasLearned(a.Name)
	return nil
}

// keepRefunds has the refunds of an account stored whose rows are.
func (s *Seeder) keepRefunds(ctx context.Context, a *account.Account) error {
	if s.Times.rests(allRefunds, a) {
		return nil
	}
	call, cancel := context.WithTimeout(moka.Reserved(moka.InBackground(ctx)), seedCallIn)
	defer cancel()
	s.Times.rest(allRefunds, a, history.RecordLag)
	_, err := s.History.KeepRefunds(call, a.Name, a.Client)
	return err
}

// countKeys stores the keys' counters once an hour, where the gateway keeps no records by
// key; whether it does is asked once a day.
func (s *Seeder) countKeys(ctx context.Context, a *account.Account) error {
	latest, read := a.Latest()
	does, known := s.Times.recordsKeys(a)
	now := s.now()
	if !read || latest.Wallet == nil || does || s.Times.countedKeys(a, now) {
		return nil
	}
	call, cancel := context.WithTimeout(moka.Reserved(moka.InBackground(ctx)), seedCallIn)
	defer cancel()
	if !known {
		_, err := a.Client.UsageByKey(call, now.Add(-time.Hour), now)
		if err != nil && !unsupported(err) {
			return err
		}
		s.Times.setRecordsKeys(a, err == nil)
		if err == nil {
			return nil
		}
	}
	_, err := s.History.CountKeys(call, a.Client)
	if err == nil {
		s.Times.setCountedKeys(a, now)
	}
	return err
}

func absent(err error) bool {
	failed, ok := errors.AsType[*moka.Error](err)
	return ok && failed.Absent()
}

func unsupported(err error) bool {
	failed, ok := errors.AsType[*moka.Error](err)
	return ok && failed.Kind == moka.Unsupported
}

// missingFrom is since when records are wanted, of an account by its first reading; zero
// when none are.
func (s *Seeder) missingFrom(ctx context.Context, name string, first, now time.Time) (time.Time, error) {
	oldest := history.FirstRecorded(now)
	raw, ok, err := s.Store.Value(ctx, history.RecordedMark(name))
	if err != nil {
		return time.Time{}, err
	}
	done, err := time.Parse(time.RFC3339, string(raw))
	if !ok || err != nil || done.After(now) { // written by a clock that was ahead
		return oldest, nil
	}
	gaps, err := s.Store.Gaps(ctx, name, oldest, now)
	if err != nil {
		return time.Time{}, err
	}
	if done.Before(first) {
		gaps = append([]store.Gap{{From: done, To: first}}, gaps...)
	}
	for _, g := range gaps {
		hour := g.To.Truncate(time.Hour).Add(time.Hour)
		if hour.After(done) && !hour.After(history.CompleteUntil(now)) {
			from := g.From.Truncate(time.Hour)
			if from.Before(oldest) {
				from = oldest
			}
			return from, nil
		}
	}
	return time.Time{}, nil
}
