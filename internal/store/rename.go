package store

import (
	"context"
	"database/sql"
	"encoding/json"
)

// ofAccounts are the tables whose rows belong to an account by its name.
var ofAccounts = []string{"readings", "hours", "days", "gaps", "recorded", "events", "outbox", "states"}

// valuesOfAccounts are the small values that end in an account's name.
var valuesOfAccounts = []string{"models/"}

// Rename gives all that is known of an account to another name, of which
// nothing is known yet, and its alert state the form that f makes of it. The
// keys of posts stay: they name the messages forever.
func (db *DB) Rename(ctx context.Context, from, to string, f func(json.RawMessage) (json.RawMessage, error)) error {
	return db.tx(ctx, func(tx *sql.Tx) error {
		_, alert, err := states(ctx, tx, from)
		if err != nil {
			return err
		}
		if alert, err = f(alert); err != nil {
			return err
		}
		for _, table := range ofAccounts {
			if _, err := exec(ctx, tx, in(table, `UPDATE %s SET account = ? WHERE account = ?`), to, from); err != nil {
				return err
			}
		}
		for _, prefix := range valuesOfAccounts {
			if _, err := exec(ctx, tx, `UPDATE small_values SET name = ? WHERE name = ?`, prefix+to, prefix+from); err != nil {
				return err
			}
		}
		_, err = exec(ctx, tx, sqlSetStates, to, "", string(alert), 0, 0, 0)
		return err
	})
}
