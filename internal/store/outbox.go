package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"encoding/json"
	"errors"
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

	// Amend makes an edit's message of the post's newest one, in place of
	// Payload; nil: it is Payload. A post that is not known is not edited.
	Amend func(newest json.RawMessage) (json.RawMessage, error)

	// NotBefore holds a post back for others that it may be joined with; Joins
	// tells that it may. See [DB.Joined].
	NotBefore time.Time
	Joins     bool
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
	Joins           bool      // others may be sent with it, see [DB.Joined]
}

// Enqueue adds messages to the outbox, all or none.
func (db *DB) Enqueue(ctx context.Context, out ...Outgoing) error {
	err := db.tx(ctx, func(tx *sql.Tx) error { return enqueue(ctx, tx, out) })
	if err == nil {
		db.announce(out)
	}
	return err
}

// announce wakes the sender, and once more when what is held back may go.
func (db *DB) announce(out []Outgoing) {
	if len(out) > 0 {
		db.signal()
	}
	for _, o := range out {
		if held := o.NotBefore.Sub(o.At); held > 0 {
			time.AfterFunc(held, db.signal)
		}
	}
}

// enqueue ignores what is there already. Of several edits of one post only the
// newest figures matter: it replaces those that nobody began to send.
func enqueue(ctx context.Context, tx writer, out []Outgoing) error {
	for _, o := range out {
		if o.Amend != nil {
			known, err := o.amend(ctx, tx)
			if err != nil {
				return err
			}
			if !known {
				continue
			}
		}
		added, err := exec(ctx, tx, sqlEnqueue, o.Key, o.EditOf, o.Channel, o.Account, o.EditOf, string(o.Payload), millis(o.At), millis(o.NotBefore), flag(o.Joins))
		if err != nil {
			return err
		}
		if added == 0 || o.EditOf == "" {
			continue
		}
		if _, err := exec(ctx, tx, sqlReplaceEdits, o.EditOf, o.Key); err != nil {
			return err
		}
	}
	return nil
}

// amend fills in the message of an edit, false when the post is not known.
func (o *Outgoing) amend(ctx context.Context, tx writer) (known bool, err error) {
	newest, err := scanText(tx.QueryRowContext(ctx, sqlNewest, o.EditOf, o.EditOf))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err == nil {
		o.Payload, err = o.Amend(json.RawMessage(newest))
	}
	return err == nil, err
}

func (db *DB) signal() {
	select {
	case db.changed <- struct{}{}:
	default: // the sender has not looked since the last one
	}
}

// Changed is signalled when a message was added. There is one signal for all
// that came since the last.
func (db *DB) Changed() <-chan struct{} { return db.changed }

// Due gives the first unsent message of each channel whose time has come. An
// edit of a post that will not be sent is dropped.
func (db *DB) Due(ctx context.Context, now time.Time, limit int) ([]Due, error) {
	orphans, _, err := one(ctx, db, scanInt, sqlCountOrphans)
	if err != nil {
		return nil, err
	}
	if orphans > 0 && db.write != nil {
		if _, err := db.update(ctx, sqlDropOrphans); err != nil {
			return nil, err
		}
	}
	found, err := list(ctx, db.read, scanDue, sqlDue, millis(now), limit)
	return found, told(db.path, err)
}

func scanDue(r row) (d Due, err error) {
	var first, joins int64
	err = r.Scan(&d.ID, &d.Key, &d.Channel, &d.EditOf, &d.TargetMessageID, &d.Payload, &d.Attempts, &first, &joins)
	d.FirstTriedAt, d.Nonce, d.Joins = fromMillis(first), nonce(d.Key), joins != 0
	return d, err
}

// nonce is the same for the same message, whenever it is sent.
func nonce(key string) string {
	const longest = 25 // that Discord takes
	sum := sha256.Sum256([]byte(key))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:longest]
}

// Sending notes, before the attempt, that Discord may know the message from now on.
func (db *DB) Sending(ctx context.Context, id int64, now time.Time) error {
	_, err := db.update(ctx, sqlSending, millis(now), id)
	return err
}

// Sent notes the delivery.
func (db *DB) Sent(ctx context.Context, id int64, messageID string, now time.Time) error {
	_, err := db.update(ctx, sqlSent, messageID, millis(now), id, id)
	return err
}

// Retry puts the message off.
func (db *DB) Retry(ctx context.Context, id int64, next time.Time, cause string) error {
	_, err := db.update(ctx, sqlRetry, millis(next), cause, id)
	return err
}

// Dead gives the message up: Discord will always refuse it.
func (db *DB) Dead(ctx context.Context, id int64, now time.Time, cause string) error {
	_, err := db.update(ctx, sqlDead, millis(now), cause, id, id)
	return err
}
