package store

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations lead from each version of the schema to the next. The version is
// the number of those that were carried out; never change one, add another.
// Amounts are millionths of a dollar, NULL when unknown; times are Unix
// milliseconds, 0 for none.
var migrations = []string{`
CREATE TABLE readings (
	account          TEXT NOT NULL,
	at               BIGINT NOT NULL,
	spendable        BIGINT,
	key_remaining    BIGINT,
	key_used         BIGINT,
	wallet_remaining BIGINT,
	wallet_used      BIGINT,
	requests         BIGINT NOT NULL,
	key_state        TEXT NOT NULL,
	unlimited        INTEGER NOT NULL,
	err_kind         TEXT NOT NULL,
	since            BIGINT NOT NULL,
	known            INTEGER NOT NULL,
	spent            BIGINT NOT NULL,
	top_up           BIGINT NOT NULL,
	new_requests     BIGINT NOT NULL,
	covered          BIGINT NOT NULL,
	PRIMARY KEY (account, at)
);
CREATE TABLE states (
	account TEXT PRIMARY KEY,
	spend   TEXT NOT NULL,
	alert   TEXT NOT NULL
);
CREATE TABLE events (
	account   TEXT NOT NULL,
	at        BIGINT NOT NULL,
	condition TEXT NOT NULL,
	kind      TEXT NOT NULL,
	level     TEXT NOT NULL,
	since     BIGINT NOT NULL,
	incident  TEXT NOT NULL
);
CREATE INDEX events_by_time ON events (account, at);
CREATE TABLE marks (
	mark TEXT PRIMARY KEY,
	at   BIGINT NOT NULL
);
CREATE TABLE small_values (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
);
CREATE TABLE outbox (
	id          INTEGER PRIMARY KEY,
	post        TEXT NOT NULL UNIQUE,
	channel     TEXT NOT NULL,
	account     TEXT NOT NULL,
	edit_of     TEXT NOT NULL,
	payload     TEXT NOT NULL,
	at          BIGINT NOT NULL,
	state       TEXT NOT NULL,
	attempts    INTEGER NOT NULL,
	first_tried BIGINT NOT NULL,
	next_try    BIGINT NOT NULL,
	sent_at     BIGINT NOT NULL,
	message_id  TEXT NOT NULL,
	last_error  TEXT NOT NULL
);
CREATE INDEX outbox_waiting ON outbox (state, channel, id);
CREATE INDEX outbox_messages ON outbox (message_id);
`}

// migrate brings the schema up to date, each step in a transaction of its own.
func migrate(db *sql.DB) error {
	ctx := context.Background()
	var version int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if version > len(migrations) {
		return ErrNewer
	}
	for i := version; i < len(migrations); i++ {
		if err := step(ctx, db, migrations[i], i+1); err != nil {
			return fmt.Errorf("migration to schema %d: %w", i+1, err)
		}
	}
	return nil
}

func step(ctx context.Context, db *sql.DB, statements string, version int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if _, err := tx.ExecContext(ctx, statements); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, version)); err != nil {
		return err
	}
	return tx.Commit()
}
