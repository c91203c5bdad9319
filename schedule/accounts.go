package schedule

import (
	"context"
	"encoding/json"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/store"
)

// identityOf is the small value that holds whose account a name stands for.
func identityOf(name string) string { return "identity/" + name }

// followAccounts brings what is remembered in step with the configuration: an
// account that has another name now keeps its history and its incidents, and
// those of one that is gone are closed.
func (w *Watch) followAccounts(ctx context.Context) error {
	known, err := w.Store.Accounts(ctx)
	if err != nil {
		return err
	}
	gone := map[string]string{} // name to identity
	for _, name := range known {
		if _, err := w.Book.Get(name); err == nil {
			continue
		}
		identity, _, err := w.Store.Value(ctx, identityOf(name))
		if err != nil {
			return err
		}
		gone[name] = string(identity)
	}
	for _, a := range w.Book.All() {
		if err := w.recognise(ctx, a, gone); err != nil {
			return err
		}
	}
	for name := range gone {
		if err := w.retire(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// recognise finds the earlier name of an account that has not been read under
// its own, takes what is known over and removes that name from those gone.
func (w *Watch) recognise(ctx context.Context, a *account.Account, gone map[string]string) error {
	identity := a.Client.Identity()
	// Whose account the name stands for is kept first: an end in between must not
	// leave a renamed account that the next start cannot recognise.
	if err := w.Store.SetValue(ctx, identityOf(a.Name), []byte(identity)); err != nil {
		return err
	}
	if _, read, err := w.Store.FirstReading(ctx, a.Name); err != nil {
		return err
	} else if !read {
		var earlier []string
		for name, whose := range gone {
			if whose == identity {
				earlier = append(earlier, name)
			}
		}
		switch len(earlier) {
		case 1:
			if err := w.rename(ctx, earlier[0], a.Name); err != nil {
				return err
			}
			delete(gone, earlier[0])
		case 0:
		default:
			w.Log.Warn("several accounts that left the configuration could be this one; its history begins anew", "account", a.Name, "earlier", earlier)
		}
	}
	return nil
}

func (w *Watch) rename(ctx context.Context, from, to string) error {
	err := w.Store.Rename(ctx, from, to, func(raw json.RawMessage) (json.RawMessage, error) {
		state, err := alert.Decode(raw)
		if err != nil {
			return raw, nil // the next poll says so and begins anew
		}
		return json.Marshal(alert.Renamed(state, from))
	})
	if err == nil {
		w.Log.Info("an account has another name now; its history and incidents go on", "account", to, "earlier", from)
	}
	return err
}

// retire closes the incidents of an account that left the configuration.
func (w *Watch) retire(ctx context.Context, name string) error {
	state, err := w.state(ctx, name)
	if err != nil || len(state.Open()) == 0 {
		return nil // nothing is open, or nobody can tell what
	}
	w.Log.Info("an account left the configuration; its incidents are closed", "account", name, "incidents", len(state.Open()))
	now := w.now().UTC()
	return w.Store.UpdateAlert(ctx, name, func(raw json.RawMessage) (json.RawMessage, []store.Outgoing, []store.Event, error) {
		state, err := alert.Decode(raw)
		if err != nil {
			return raw, nil, nil, nil
		}
		after, events := alert.Close(state, now)
		var out []store.Outgoing
		var rows []store.Event
		for _, e := range events {
			rows = append(rows, eventOf(name, e))
			for n, last := closes(e); n <= last; n++ {
				edit := closing(w.Words, name, e, n)
				edit.Account, edit.At = name, now
				out = append(out, edit)
			}
		}
		next, err := json.Marshal(after)
		return next, out, rows, err
	})
}

// OpenIncidents are the ids of all open incidents, of which nothing is pruned.
func (w *Watch) OpenIncidents(ctx context.Context) ([]string, error) {
	open, err := w.Open(ctx)
	ids := make([]string, len(open))
	for n, o := range open {
		ids[n] = o.Incident.ID
	}
	return ids, err
}
