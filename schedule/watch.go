package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
)

// pollTime is for one poll of one account.
const pollTime = 45 * time.Second

// Watch polls every account and tells what changed about it.
type Watch struct {
	Book  *account.Book
	Store *store.DB
	Words *lang.Words
	Zone  *time.Location // of the reader's day
	Every time.Duration
	Log   *slog.Logger
	Now   func() time.Time // nil for the real clock
}

func (w *Watch) now() time.Time {
	if w.Now == nil {
		return time.Now()
	}
	return w.Now()
}

// Run polls until ctx ends. The accounts' polls are spread over the interval;
// a low reading is confirmed by an early one.
func (w *Watch) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	accounts := w.Book.All()
	for i, a := range accounts {
		first := w.Every * time.Duration(i) / time.Duration(len(accounts))
		wg.Go(func() { w.follow(ctx, a, first) })
	}
	wg.Wait()
	return nil
}

func (w *Watch) follow(ctx context.Context, a *account.Account, wait time.Duration) {
	next := w.now().Add(wait)
	for {
		timer := time.NewTimer(max(0, next.Sub(w.now())))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		next = w.now().Add(w.Every)
		recheck, err := w.Poll(ctx, a)
		if err != nil && ctx.Err() == nil {
			w.Log.Error("poll could not be noted", "account", a.Name, "err", err)
		}
		if !recheck.IsZero() && recheck.Before(next) {
			next = recheck
		}
	}
}

// Poll reads one account and stores the reading together with everything that
// follows from it. It returns when an early reading is wanted, zero for none.
func (w *Watch) Poll(ctx context.Context, a *account.Account) (recheck time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	r := a.Read(ctx)
	if ctx.Err() != nil && !r.OK() {
		return time.Time{}, ctx.Err() // interrupted: that says nothing about the account
	}
	w.logReading(a.Name, r)
	facts, err := w.facts(ctx, a.Name, r)
	if err != nil {
		return time.Time{}, err
	}
	err = w.Store.Poll(ctx, a.Name, func(spent, state json.RawMessage) (store.Poll, error) {
		p, next, err := w.step(a, facts, spent, state)
		recheck = next
		return p, err
	})
	return recheck, err
}

func (w *Watch) logReading(name string, r moka.Reading) {
	if err := r.Err(); err != nil {
		w.Log.Warn("account could not be read in full", "account", name, "kind", err.Kind, "err", err)
		return
	}
	w.Log.Debug("reading", "account", name, "spendable", r.Spendable().String())
}

// facts adds to a reading what the past says about it.
func (w *Watch) facts(ctx context.Context, name string, r moka.Reading) (alert.Facts, error) {
	f := alert.Facts{At: w.now().UTC(), Reading: r}
	var err error
	if f.Runway, err = runwayOf(ctx, w.Store, name, r, f.At, w.Zone); err != nil {
		return f, err
	}
	hour, err := w.Store.Spent(ctx, name, f.At.Add(-time.Hour), f.At)
	if err != nil {
		return f, err
	}
	if hour.Covered >= 45*time.Minute {
		f.HourSpent = moka.Known(hour.Spent)
		hours, err := w.Store.Hours(ctx, name, f.At.Add(-lookBack), f.At)
		if err != nil {
			return f, err
		}
		f.HourUsual = spend.Usual(hours, f.At, w.Zone)
	}
	return f, nil
}

// lookBack is how much of the past a forecast goes by.
const lookBack = 60 * 24 * time.Hour

func runwayOf(ctx context.Context, db *store.DB, name string, r moka.Reading, now time.Time, zone *time.Location) (spend.Runway, error) {
	hours, err := db.Hours(ctx, name, now.Add(-lookBack), now)
	if err != nil {
		return spend.Runway{}, err
	}
	return spend.Forecast(hours, r.Spendable(), now, zone), nil
}

// step is what follows from a reading: new states, and what is to be said.
func (w *Watch) step(a *account.Account, f alert.Facts, spent, state json.RawMessage) (store.Poll, time.Time, error) {
	var before spend.State
	if len(spent) > 0 {
		if err := json.Unmarshal(spent, &before); err != nil {
			w.Log.Error("the memory of earlier readings is not readable; it starts anew", "account", a.Name, "err", err)
			before = spend.State{}
		}
	}
	after, delta := spend.Step(before, f.Reading)
	f.TopUp = delta.TopUp
	was, err := alert.Decode(state)
	if err != nil {
		return store.Poll{}, time.Time{}, fmt.Errorf("alert state of %s: %w", a.Name, err)
	}
	is, events := alert.Step(a.Rules, was, f)
	p := store.Poll{Sample: sampleOf(f.Reading, delta)}
	for _, e := range events {
		p.Events = append(p.Events, store.Event{
			Account: a.Name, Condition: string(e.Incident.Condition), Kind: string(e.Kind),
			Level: e.Incident.LevelName, At: e.At, Since: e.Incident.Since, IncidentID: e.Incident.ID,
		})
		out, err := w.outgoing(a, e)
		if err != nil {
			return p, time.Time{}, err
		}
		p.Out = append(p.Out, out...)
	}
	if p.Spend, err = json.Marshal(after); err != nil {
		return p, time.Time{}, err
	}
	p.Alert, err = json.Marshal(is)
	return p, is.RecheckAt(), err
}

func sampleOf(r moka.Reading, d spend.Delta) store.Sample {
	s := store.Sample{At: r.At, Spendable: r.Spendable(), Delta: d}
	if r.Key != nil {
		s.KeyRemaining, s.KeyUsed = r.Key.Remaining, r.Key.Used
		s.KeyState, s.Unlimited = r.Key.State, r.Key.Unlimited
	}
	if r.Wallet != nil {
		s.WalletRemaining, s.WalletUsed, s.Requests = r.Wallet.Remaining, r.Wallet.Used, r.Wallet.Requests
	}
	if err := r.Err(); err != nil {
		s.ErrKind = err.Kind
	}
	return s
}

// outgoing is what an event sends: a post of its own, and the incident's live
// message brought up to date. Without a channel nothing is said.
func (w *Watch) outgoing(a *account.Account, e alert.Event) ([]store.Outgoing, error) {
	if a.Rules.ChannelID == "" {
		return nil, nil
	}
	alarm := message.Alarm{Account: a.Name, Levels: len(a.Rules.Levels), Event: e}
	var out []store.Outgoing
	add := func(key, editOf string, m message.Message) error {
		payload, err := json.Marshal(m)
		out = append(out, store.Outgoing{Key: key, EditOf: editOf, Channel: a.Rules.ChannelID, Account: a.Name, Payload: payload, At: e.At})
		return err
	}
	post := func(n int) string { return fmt.Sprintf("alert/%s/%s/%d", a.Name, e.Incident.ID, n) }
	live := e.Incident.Posts
	if e.Kind.Post() {
		if err := add(post(e.Incident.Posts), "", message.Alert(w.Words, alarm)); err != nil {
			return nil, err
		}
		live--
	}
	over := e.Kind == alert.Ended || !e.Kind.Post()
	if live < 1 || !over {
		return out, nil
	}
	edit := message.Alert(w.Words, alarm)
	edit.Mentions = message.Mentions{}
	key := fmt.Sprintf("%s/edit/%d", post(live), e.At.UnixMilli())
	return out, add(key, post(live), edit)
}
