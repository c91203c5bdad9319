package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/store"
)

// identityOf names the stored value with the identity of the account that has a name.
// [store.DB.Rename] moves it with the rest.
func identityOf(name string) string { return "identity/" + name }

// Follow adapts what is stored to the configuration, before anything is read. History
// and incidents move to the name that their account has now, even if names were
// exchanged; the incidents of accounts that were removed are closed. It reports whether
// anything was renamed.
func (w *Watch) Follow(ctx context.Context) (renamed bool, err error) {
	known, err := w.identities(ctx)
	if err != nil {
		return false, err
	}
	accounts := w.Book.All()
	moves, doubtful := follow(known, accounts)
	for name, earlier := range doubtful {
		w.Log.Warn("several accounts that left the configuration could be this one; its history begins anew", "account", name, "earlier", earlier)
	}
	if len(moves) > 0 {
		if err := w.rename(ctx, moves); err != nil {
			return false, err
		}
	}
	w.logNewAccounts(known, moves)
	for _, a := range accounts {
		if known[a.Name] == a.Client.Identity() {
			continue // each write is a transaction, and every start and reload comes by here
		}
		if err := w.Store.SetValue(ctx, identityOf(a.Name), []byte(a.Client.Identity())); err != nil {
			return true, err
		}
	}
	return len(moves) > 0, w.retireOthers(ctx)
}

// logNewAccounts logs the accounts without a history while others left: an account that
// gets another name and other credentials at once looks like that.
func (w *Watch) logNewAccounts(known, moves map[string]string) {
	var left []string
	for name := range known {
		if _, moved := moves[name]; !moved && !slices.Contains(w.Book.Names(), name) {
			left = append(left, name)
		}
	}
	slices.Sort(left)
	arrived := slices.Collect(maps.Values(moves))
	for _, name := range w.Book.Names() {
		if _, read := known[name]; !read && len(left) > 0 && !slices.Contains(arrived, name) {
			w.Log.Info("an account is known under no earlier name and by no earlier credentials; its history and incidents begin anew",
				"account", name, "left", left)
		}
	}
}

// identities are the stored accounts, each with its identity: empty when it was stored
// by an early version.
func (w *Watch) identities(ctx context.Context) (map[string]string, error) {
	names, err := w.Store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]string{}
	for _, name := range names {
		identity, _, err := w.Store.Value(ctx, identityOf(name))
		if err != nil {
			return nil, err
		}
		known[name] = string(identity)
	}
	return known, nil
}

// follow computes which stored names have to change so that each account's history has
// the account's configured name. A name of the same account as before keeps its history,
// and so does one whose account is unknown: its credentials may just be new. A history
// that is in the way of another account's gets a free name. doubtful are the configured
// names that several stored ones could belong to.
func follow(known map[string]string, accounts []*account.Account) (moves map[string]string, doubtful map[string][]string) {
	moves, doubtful = map[string]string{}, map[string][]string{}
	stays, taken := map[string]bool{}, map[string]bool{}
	for _, a := range accounts {
		was, read := known[a.Name]
		stays[a.Name] = read && (was == "" || was == a.Client.Identity())
		taken[a.Name] = true
	}
	var arrived []string
	for _, a := range accounts {
		if stays[a.Name] {
			continue
		}
		var earlier []string
		for name, whose := range known {
			if whose == a.Client.Identity() && !stays[name] && moves[name] == "" {
				earlier = append(earlier, name)
			}
		}
		switch len(earlier) {
		case 0:
		case 1:
			moves[earlier[0]] = a.Name
			arrived = append(arrived, a.Name)
		default:
			slices.Sort(earlier)
			doubtful[a.Name] = earlier
		}
	}
	for name := range known {
		taken[name] = true
	}
	for _, name := range arrived {
		if _, read := known[name]; read && moves[name] == "" {
			moves[name] = aside(name, taken)
			taken[moves[name]] = true
		}
	}
	return moves, doubtful
}

// aside is a free name for the history of an account whose name another account has now.
func aside(name string, taken map[string]bool) string {
	former := name + " (former)"
	for n := 2; taken[former]; n++ {
		former = fmt.Sprintf("%s (former %d)", name, n)
	}
	return former
}

func (w *Watch) rename(ctx context.Context, moves map[string]string) error {
	err := w.Store.Rename(ctx, moves, func(from string, raw json.RawMessage) (json.RawMessage, error) {
		state, err := alert.Decode(raw)
		if err != nil {
			return raw, nil // the next poll logs it and begins anew
		}
		return json.Marshal(alert.Renamed(state, from))
	})
	if err != nil {
		return err
	}
	w.Times.rename(moves)
	for from, to := range moves {
		w.Log.Info("an account has another name now; its history and incidents go on", "account", to, "earlier", from)
	}
	return nil
}

// retireOthers closes the incidents of accounts that left the configuration.
func (w *Watch) retireOthers(ctx context.Context) error {
	names, err := w.Store.Accounts(ctx)
	if err != nil {
		return err
	}
	configured := w.Book.Names()
	for _, name := range names {
		if slices.Contains(configured, name) {
			continue
		}
		if err := w.retire(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// retire closes the incidents of an account that left the configuration.
func (w *Watch) retire(ctx context.Context, name string) error {
	raw, err := w.Store.AlertState(ctx, name)
	if err != nil {
		return err
	}
	state, err := alert.Decode(raw)
	if err != nil || len(state.Open()) == 0 {
		return nil // nothing is open, or what is stored cannot be read
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

// OpenIncidents are the ids of all open incidents, which are never pruned.
func (w *Watch) OpenIncidents(ctx context.Context) ([]string, error) {
	open, err := w.Open(ctx)
	ids := make([]string, len(open))
	for n, o := range open {
		ids[n] = o.Incident.ID
	}
	return ids, err
}
