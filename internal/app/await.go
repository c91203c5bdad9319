package app

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"mokabot/internal/lang"
	"mokabot/internal/store"
)

const (
	firstReopen = time.Second      // between two attempts to open the database
	maxReopen   = 10 * time.Second // the same, when it lasts
	remindAfter = time.Minute      // between two lines of the log about it
)

// absence is the time since which the database could not be opened.
type absence struct {
	since time.Time
	err   error // of the newest attempt; nil before the first
}

func newAbsence(err error) *absence { return &absence{since: time.Now(), err: err} }

// String is the reason in /readyz, without the server's address.
func (a *absence) String() string {
	if a.err == nil {
		return "starting"
	}
	return fmt.Sprintf("waiting for the database for %s: %s", a.lasts(), cmp.Or(databaseText(lang.English(), a.err), "it cannot be opened"))
}

func (a *absence) lasts() time.Duration { return time.Since(a.since).Round(time.Second) }

// awaitDatabase opens the database once its server answers. It returns nil without one
// when ctx ends, and an error that waiting cannot help.
func (s *service) awaitDatabase(ctx context.Context, address string) error {
	a, wait := s.awaited.Load(), firstReopen
	var reported time.Time
	var cause string
	for {
		if now := databaseText(lang.English(), a.err); now != cause || time.Since(reported) >= remindAfter {
			cause, reported = now, time.Now()
			s.log.Warn("the bot waits for the database and starts by itself when it answers", "waiting", a.lasts(), "err", a.err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait/2 + rand.N(wait/2)):
		}
		db, err := store.OpenContext(ctx, address)
		switch {
		case err == nil:
			s.db = db
			s.log.Info("the database answers", "after", a.lasts())
			return nil
		case ctx.Err() != nil:
			return nil
		case !store.Absent(err):
			return err
		}
		a = &absence{since: a.since, err: err}
		s.awaited.Store(a)
		wait = min(2*wait, maxReopen)
	}
}
