package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/store"
	"mokabot/moka"
)

const (
	// confirmModels is how soon a changed list is read again: gateways drop
	// models for a moment while their channels are edited.
	confirmModels = time.Minute
	modelsTime    = 30 * time.Minute // for looking at all accounts, waiting for the request budget included
	lastWeek      = 7 * 24 * time.Hour
)

// ModelWatch reports which models were added, removed or repriced.
type ModelWatch struct {
	Book   *account.Book
	Store  *store.DB
	Words  *lang.Words
	Config config.ModelWatch
	Zone   *time.Location // of the cron line
	Write  func(file string, data []byte) error
	Log    *slog.Logger
	Now    func() time.Time // nil for the real clock

	// Times carries the time of the next look from one configuration to the
	// next; nil: this is the first.
	Times *Timetable
}

func (m *ModelWatch) now() time.Time { return timeBy(m.Now) }

// Run reads the lists by the cron line until ctx ends, and once at the program's start,
// so that there is something to compare with. After a reload it waits for the line's next
// time, or for the time that was set before.
func (m *ModelWatch) Run(ctx context.Context) error {
	clock, err := newWallClock(m.Config.Cron, m.Zone)
	if err != nil {
		return err
	}
	if m.Times == nil {
		m.Times = &Timetable{}
	}
	if next := m.Times.nextModels(m.Book); !next.IsZero() {
		if byLine := clock.Next(m.now()); !byLine.IsZero() && byLine.Before(next) {
			next = byLine
		}
		if !sleepUntil(ctx, next, m.now) {
			return nil
		}
	}
	for {
		again := m.Check(ctx)
		if ctx.Err() != nil {
			return nil // interrupted: the next configuration looks again
		}
		next := clock.Next(m.now())
		if soon := m.now().Add(confirmModels); again && (next.IsZero() || soon.Before(next)) {
			next = soon
		}
		m.Times.setNextModels(next)
		if !sleepUntil(ctx, next, m.now) {
			return nil
		}
	}
}

// sleepUntil looks at the clock now and then, so that a suspended machine or a
// stepped clock delays nothing by more than maxSleep; false when ctx ended.
func sleepUntil(ctx context.Context, at time.Time, now func() time.Time) bool {
	for {
		rest := at.Sub(now())
		if !at.IsZero() && rest <= 0 {
			return true
		}
		if at.IsZero() || rest > maxSleep {
			rest = maxSleep
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(rest):
		}
	}
}

// Check looks at every account's list; true when one is to be read again soon.
func (m *ModelWatch) Check(ctx context.Context) (again bool) {
	ctx, cancel := context.WithTimeout(moka.InBackground(ctx), modelsTime)
	defer cancel()
	var memories []history.ModelMemory
	for _, a := range m.Book.All() {
		memory, err := m.look(ctx, a)
		if err != nil && ctx.Err() == nil {
			m.Log.Warn("models could not be looked at", "account", a.Name, "err", err)
		}
		again = again || memory.Pending != nil
		memories = append(memories, memory)
	}
	if err := m.write(memories); err != nil {
		m.Log.Error("the file of model ids could not be written", "file", m.Config.File, "err", err)
	}
	return again
}

func (m *ModelWatch) look(ctx context.Context, a *account.Account) (history.ModelMemory, error) {
	was, err := history.Models(ctx, m.Store, a.Name)
	if errors.Is(err, history.ErrUnreadable) {
		m.Log.Error("the memory of the models is not readable; it starts anew", "account", a.Name, "err", err)
	} else if err != nil {
		return was, err
	}
	list, err := a.Client.Catalogue(ctx)
	if err != nil {
		return was, err
	}
	is, changes := was.Saw(list, a.Name, m.now())
	if !changes.Empty() {
		m.meaning(ctx, a, &changes)
		is.Log[len(is.Log)-1] = changes
		m.Log.Info("models changed", "account", a.Name, "added", len(changes.Added), "removed", len(changes.Removed), "repriced", len(changes.Repriced))
	}
	out, err := m.post(was, changes)
	if err != nil {
		return was, err
	}
	return is, is.Keep(ctx, m.Store, a.Name, out...)
}

// meaning adds what new prices mean for last week's use, where that is known.
func (m *ModelWatch) meaning(ctx context.Context, a *account.Account, c *message.ModelChanges) {
	if len(c.Repriced) == 0 {
		return
	}
	now := m.now()
	rows, err := a.Client.Usage(ctx, now.Add(-lastWeek), now)
	if err != nil {
		return
	}
	use := map[string]message.ModelUse{}
	for _, row := range rows {
		u := use[row.Model]
		u.Spent, u.Requests, u.Tokens = u.Spent+row.Spent, u.Requests+row.Requests, u.Tokens+row.Tokens
		use[row.Model] = u
	}
	for i, r := range c.Repriced {
		if u, used := use[r.Model]; used {
			c.Repriced[i].PerWeek = history.PerWeek(r.Was, r.Now, u)
		} else {
			c.Repriced[i].PerWeek = moka.Known(0)
		}
	}
}

// post is the message about changes, keyed by the list that they change; none where
// nothing changed or no channel is configured.
func (m *ModelWatch) post(was history.ModelMemory, c message.ModelChanges) ([]store.Outgoing, error) {
	if c.Empty() || m.Config.ChannelID == "" {
		return nil, nil
	}
	payload, err := json.Marshal(message.Changes(m.Words, c))
	key := fmt.Sprintf("models/%s/%d-%d", c.Account, was.Since.UnixMilli(), c.At.UnixMilli())
	return []store.Outgoing{{Key: key, Lane: store.LanePost, Channel: m.Config.ChannelID, Account: c.Account, Payload: payload, At: c.At}}, err
}

// write updates the configured file.
func (m *ModelWatch) write(memories []history.ModelMemory) error {
	ids := history.IDs(memories)
	if m.Config.File == "" || len(ids) == 0 {
		return nil
	}
	return m.Write(m.Config.File, ids)
}
