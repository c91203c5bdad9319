package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// ofAccounts are the tables whose rows belong to an account by its name.
var ofAccounts = []string{"readings", "hours", "days", "gaps", "recorded", "events", "outbox", "states"}

// valuesOfAccount are the names of the small values that belong to an account.
func valuesOfAccount(name string) []string {
	return []string{"identity/" + name, "models/" + name, "recorded/" + name, "refunded/" + name, "levels/" + strconv.Quote(name)}
}

// Rename gives all that is known of accounts to other names, all at once: names
// may be exchanged. moves is from the earlier name to the one of now; what is
// known of a name that an account moves to has to move as well. f makes the
// alert state's new form. The keys of posts stay: they name the messages forever.
func (db *DB) Rename(ctx context.Context, moves map[string]string, f func(from string, alert json.RawMessage) (json.RawMessage, error)) error {
	return db.tx(ctx, func(tx *sql.Tx) error {
		names := slices.Sorted(maps.Keys(moves))
		for n, from := range names {
			_, alert, err := states(ctx, tx, from)
			if err != nil {
				return err
			}
			if alert, err = f(from, alert); err != nil {
				return err
			}
			if err := put(ctx, tx, sqlSetStates, from, "", string(alert), 0, 0, 0); err != nil {
				return err
			}
			if err := renameOne(ctx, tx, from, passing(n)); err != nil {
				return err
			}
		}
		for n, from := range names {
			if err := renameOne(ctx, tx, passing(n), moves[from]); err != nil {
				return err
			}
		}
		return nil
	})
}

// passing is a name between two, while others may still have the second one. No
// account of a configuration can have it.
func passing(n int) string { return fmt.Sprintf("\x1frenamed/%d", n) }

func renameOne(ctx context.Context, tx *sql.Tx, from, to string) error {
	for _, table := range ofAccounts {
		if err := put(ctx, tx, in(table, `UPDATE %s SET account = ? WHERE account = ?`), to, from); err != nil {
			return err
		}
	}
	earlier := valuesOfAccount(from)
	for n, name := range valuesOfAccount(to) {
		if err := put(ctx, tx, `DELETE FROM small_values WHERE name = ?`, name); err != nil {
			return err
		}
		if err := put(ctx, tx, `UPDATE small_values SET name = ? WHERE name = ?`, name, earlier[n]); err != nil {
			return err
		}
	}
	return nil
}
