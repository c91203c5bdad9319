package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/message"
	"mokabot/internal/store"
	"mokabot/moka"
)

// Open lists all incidents that are not over, the oldest first.
func (w *Watch) Open(ctx context.Context) ([]message.OpenIncident, error) {
	var open []message.OpenIncident
	for _, a := range w.Book.All() {
		state, err := w.state(ctx, a.Name)
		if err != nil {
			return nil, err
		}
		for _, i := range state.Open() {
			open = append(open, openIncident(a, i, w.lastReading(ctx, a)))
		}
	}
	slices.SortStableFunc(open, func(x, y message.OpenIncident) int { return x.Incident.Since.Compare(y.Incident.Since) })
	return open, nil
}

func (w *Watch) state(ctx context.Context, name string) (alert.State, error) {
	raw, err := w.Store.AlertState(ctx, name)
	if err != nil {
		return alert.State{}, err
	}
	return alert.Decode(raw)
}

func openIncident(a *account.Account, i alert.Incident, r moka.Reading) message.OpenIncident {
	return message.OpenIncident{Account: a.Name, Incident: i, Levels: len(a.Rules.Levels), Left: r.Spendable(), Remind: a.Rules.RemindEvery(i)}
}

// lastReading is the newest there is, from the store after a restart.
func (w *Watch) lastReading(ctx context.Context, a *account.Account) moka.Reading {
	if r, ok := a.Latest(); ok {
		return r
	}
	r, _ := w.History.LastGood(ctx, a.Name)
	return r
}

const (
	noteWait  = 3 * time.Second // for a delivery that is being noted down
	noteRetry = 100 * time.Millisecond
)

// OfMessage are the incidents that a message on Discord is about. Somebody may press
// a button before the delivery of its message is noted, so it looks again for a while.
func (w *Watch) OfMessage(ctx context.Context, messageID string) ([]alert.Ref, error) {
	ctx, cancel := context.WithTimeout(ctx, noteWait)
	defer cancel()
	again := time.NewTicker(noteRetry)
	defer again.Stop()
	for {
		posts, err := w.Store.PostsOf(ctx, messageID)
		if refs := refsOf(posts); len(refs) > 0 || err != nil {
			return refs, err
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-again.C:
		}
	}
}

func refsOf(posts []store.Post) []alert.Ref {
	var refs []alert.Ref
	for _, p := range posts {
		if name, id, ok := incidentOf(p.Key); ok {
			refs = append(refs, alert.Ref{Account: name, ID: id})
		}
	}
	return refs
}

// Find is an open incident, false when it is over.
func (w *Watch) Find(ctx context.Context, ref alert.Ref) (message.OpenIncident, bool, error) {
	a, i, ok, err := w.find(ctx, ref)
	if err != nil || !ok {
		return message.OpenIncident{}, false, err
	}
	return openIncident(a, i, w.lastReading(ctx, a)), true, nil
}

// find looks for an open incident by the name that the account had when the
// incident began, which its posts have.
func (w *Watch) find(ctx context.Context, ref alert.Ref) (*account.Account, alert.Incident, bool, error) {
	for _, a := range w.Book.All() {
		state, err := w.state(ctx, a.Name)
		if err != nil {
			return nil, alert.Incident{}, false, err
		}
		for _, i := range state.Open() {
			if i.ID == ref.ID && strings.EqualFold(i.SubjectOf(a.Name), ref.Account) {
				return a, i, true, nil
			}
		}
	}
	return nil, alert.Incident{}, false, nil
}

// Timeline is what happened to an incident so far.
func (w *Watch) Timeline(ctx context.Context, o message.OpenIncident) ([]message.TimelineEntry, error) {
	events, err := w.Store.Events(ctx, o.Account, o.Incident.Since.Add(-time.Hour), w.now().Add(time.Hour))
	var timeline []message.TimelineEntry
	for _, e := range events {
		if e.IncidentID == o.Incident.ID {
			timeline = append(timeline, message.TimelineEntry{At: e.At, Kind: alert.Kind(e.Kind), Level: e.Level})
		}
	}
	return timeline, err
}

// Snooze changes an incident's snooze and shows it in the live message. The
// result is the incident as it is then; false when it is over, or was not
// snoozed in the first place.
func (w *Watch) Snooze(ctx context.Context, ref alert.Ref, q alert.SnoozeOptions) (o message.OpenIncident, changed bool, err error) {
	a, _, ok, err := w.find(ctx, ref)
	if err != nil || !ok {
		return o, false, err
	}
	reading := w.lastReading(ctx, a)
	x := extras{today: w.History.Today(ctx, a.Name), models: w.topModels(ctx, a, reading, true)}
	runway, err := w.History.Runway(ctx, a.Name, reading)
	if err != nil {
		return o, false, err
	}
	facts := alert.Facts{At: w.now().UTC(), Reading: reading, Runway: runway}
	err = w.Store.UpdateAlert(ctx, a.Name, func(raw json.RawMessage) (json.RawMessage, []store.Outgoing, []store.Event, error) {
		state, incident, ok, err := snoozed(raw, ref.ID, q, facts.At)
		if err != nil || !ok {
			return raw, nil, nil, err
		}
		changed, o = true, openIncident(a, incident, reading)
		out, err := w.outgoing(a, updated(a.Rules, incident, facts), x)
		if err != nil {
			return nil, nil, nil, err
		}
		next, err := json.Marshal(state)
		return next, out, nil, err
	})
	return o, changed, err
}

// snoozed is the state with the incident's snooze changed, and the incident.
func snoozed(raw json.RawMessage, id string, q alert.SnoozeOptions, now time.Time) (s alert.State, i alert.Incident, ok bool, err error) {
	if s, err = alert.Decode(raw); err != nil {
		return s, i, false, fmt.Errorf("alert state: %w", err)
	}
	for _, open := range s.Open() {
		if open.ID == id {
			i = open
		}
	}
	if i.ID == "" {
		return s, i, false, nil
	}
	switch {
	case q.UntilTopUp:
		s, ok = alert.SnoozeUntilTopUp(s, i.Condition)
	case q.For > 0:
		s, ok = alert.Snooze(s, i.Condition, now, now.Add(q.For))
	default:
		s, ok = alert.Unsnooze(s, i.Condition, now)
	}
	return s, s.Incidents[i.Condition], ok, nil
}

// updated is the event that shows an incident anew with the figures of now.
func updated(rules alert.Rules, i alert.Incident, f alert.Facts) alert.Event {
	e := alert.Event{Kind: alert.Updated, Incident: i, From: i.Level, Facts: f, At: f.At}
	if i.Level >= 0 && i.Level < len(rules.Levels) {
		e.Level = &rules.Levels[i.Level]
	}
	return e
}
