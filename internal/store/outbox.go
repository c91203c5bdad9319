package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"encoding/json"
	"strings"
	"time"
)

// Outgoing is a message that is to be sent.
type Outgoing struct {
	Key     string // names it for ever: a second message with the same key is the same message
	Channel string
	Account string          // what it is about; may be empty
	EditOf  string          // the key of the post that it replaces; empty: a new post
	Payload json.RawMessage // the message
	At      time.Time
}

// Due is a message whose turn it is.
type Due struct {
	ID              int64
	Key             string // what it is about, for the log
	Channel         string
	EditOf          string // key of the message that this one replaces; empty for a new one
	TargetMessageID string // that message's id
	Payload         []byte
	Nonce           string
	Attempts        int
	FirstTriedAt    time.Time // zero before the first attempt
}

// States of an outgoing message.
const (
	due     = "due"
	sending = "sending" // Discord may know it already
	sent    = "sent"
	dead    = "dead" // Discord refuses it for good
	dropped = "dropped"
)

func enqueue(ctx context.Context, tx *sql.Tx, out []Outgoing) error {
	for _, o := range out {
		if o.EditOf != "" { // only the newest figures matter
			if _, err := tx.ExecContext(ctx, `UPDATE outbox SET state = ? WHERE edit_of = ? AND state = ?`, dropped, o.EditOf, due); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO outbox (post, channel, account, edit_of, payload, at, state, attempts,
			first_tried, next_try, sent_at, message_id, last_error) VALUES (?,?,?,?,?,?,?,0,0,0,0,'','')
			ON CONFLICT (post) DO NOTHING`,
			o.Key, o.Channel, o.Account, o.EditOf, string(o.Payload), millis(o.At), due); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) signal() {
	select {
	case db.changed <- struct{}{}:
	default: // the sender has not looked since the last one
	}
}

// Changed is signalled when a message was added.
func (db *DB) Changed() <-chan struct{} { return db.changed }

// Due gives the first unsent message of each channel whose time has come. An
// edit of a post that was never sent is dropped.
func (db *DB) Due(ctx context.Context, now time.Time, limit int) ([]Due, error) {
	if err := db.dropOrphans(ctx); err != nil {
		return nil, err
	}
	rows, err := db.read.QueryContext(ctx, `SELECT o.id, o.post, o.channel, o.edit_of, COALESCE(t.message_id, ''), o.payload, o.attempts, o.first_tried
		FROM outbox o LEFT JOIN outbox t ON t.post = o.edit_of
		WHERE o.id IN (SELECT MIN(id) FROM outbox WHERE state IN (?, ?) GROUP BY channel) AND o.next_try <= ?
		ORDER BY o.id LIMIT ?`, due, sending, millis(now), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Due
	for rows.Next() {
		var d Due
		var payload string
		var first int64
		if err := rows.Scan(&d.ID, &d.Key, &d.Channel, &d.EditOf, &d.TargetMessageID, &payload, &d.Attempts, &first); err != nil {
			return nil, err
		}
		d.Payload, d.FirstTriedAt, d.Nonce = []byte(payload), fromMillis(first), nonce(d.Key)
		found = append(found, d)
	}
	return found, rows.Err()
}

func (db *DB) dropOrphans(ctx context.Context) error {
	var orphans int
	const where = `state IN ('due', 'sending') AND edit_of <> '' AND NOT EXISTS
		(SELECT 1 FROM outbox t WHERE t.post = outbox.edit_of AND t.state IN ('due', 'sending', 'sent'))`
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM outbox WHERE `+where).Scan(&orphans); err != nil || orphans == 0 {
		return err
	}
	return db.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE outbox SET state = 'dropped' WHERE `+where)
		return err
	})
}

// nonce is the same for the same message, whenever it is sent.
func nonce(key string) string {
	sum := sha256.Sum256([]byte(key))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:25]
}

// Sending notes, before the attempt, that Discord may know the message from now on.
func (db *DB) Sending(ctx context.Context, id int64, now time.Time) error {
	return db.update(ctx, `UPDATE outbox SET state = ?, attempts = attempts + 1,
		first_tried = CASE WHEN first_tried = 0 THEN ? ELSE first_tried END WHERE id = ?`, sending, millis(now), id)
}

// Sent notes the delivery.
func (db *DB) Sent(ctx context.Context, id int64, messageID string, now time.Time) error {
	return db.update(ctx, `UPDATE outbox SET state = ?, message_id = ?, sent_at = ?, last_error = '' WHERE id = ?`, sent, messageID, millis(now), id)
}

// Retry puts the message off.
func (db *DB) Retry(ctx context.Context, id int64, next time.Time, cause string) error {
	return db.update(ctx, `UPDATE outbox SET next_try = ?, last_error = ? WHERE id = ?`, millis(next), cause, id)
}

// Dead gives the message up: Discord will always refuse it.
func (db *DB) Dead(ctx context.Context, id int64, _ time.Time, cause string) error {
	return db.update(ctx, `UPDATE outbox SET state = ?, last_error = ? WHERE id = ?`, dead, cause, id)
}

// Revive gives all dead messages another chance, in their old order.
func (db *DB) Revive(ctx context.Context) error {
	err := db.update(ctx, `UPDATE outbox SET state = ?, next_try = 0 WHERE state = ?`, due, dead)
	db.signal()
	return err
}

// Depth counts the messages that wait and those that were given up.
func (db *DB) Depth(ctx context.Context) (waiting, deadLetters int, err error) {
	err = db.read.QueryRowContext(ctx, `SELECT
		COALESCE(SUM(CASE WHEN state IN ('due', 'sending') THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN state = 'dead' THEN 1 ELSE 0 END), 0) FROM outbox`).Scan(&waiting, &deadLetters)
	return waiting, deadLetters, err
}

func (db *DB) update(ctx context.Context, statement string, args ...any) error {
	return db.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, statement, args...)
		return err
	})
}
