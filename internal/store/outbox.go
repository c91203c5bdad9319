package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Outgoing is a message that is to be sent.
type Outgoing struct {
	Key     string // names it forever: a second message with the same key is the same message
	Channel string
	Account string          // what it is about; may be empty
	EditOf  string          // the key of the post that it replaces; empty: a new post
	Lane    Lane            // of a new post; an edit is always in LaneEdit
	Payload json.RawMessage // the message
	At      time.Time

	// Amend makes an edit's message of the post's newest one, in place of
	// Payload; nil: it is Payload. A post that is not known is not edited.
	Amend func(newest json.RawMessage) (json.RawMessage, error)

	// NotBefore holds a post back for others that it may be joined with, if Joins is set.
	// See [DB.Joined].
	NotBefore time.Time
	Joins     bool
}

// Lane is how urgent a message is. Messages of one channel and lane are sent in
// order; no lane waits for a less urgent one.
type Lane int

// The lanes, most urgent first. The zero value is the most urgent, so that a
// post whose author did not choose is not held up.
const (
	LaneAlert Lane = iota // pings people
	LanePost              // reports and other news
	LaneEdit              // brings an earlier post up to date
)

// Due is a message that may be sent now.
type Due struct {
	ID              int64
	Key             string // what it is about
	Channel         string
	Account         string // what it is about; may be empty
	Lane            Lane
	EditOf          string // key of the message that this one replaces; empty for a new one
	TargetMessageID string // that message's id
	Payload         []byte
	At              time.Time // of the event that it is about
	Nonce           string    // of the message on Discord: of the post for an edit of it
	Attempts        int
	FirstTriedAt    time.Time // of the attempts that may have arrived; zero: none
	LastTriedAt     time.Time // of the newest of them
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

// enqueue ignores messages that are there already. A new edit of a post replaces the
// edits that are not being sent yet.
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
		lane := o.Lane
		if o.EditOf != "" {
			lane = LaneEdit
		}
		args := []any{
			o.Key, o.EditOf, o.Channel, o.Account, o.EditOf, string(o.Payload), millis(o.At), millis(o.NotBefore), flag(o.Joins), int(lane),
		}
		if o.EditOf == "" {
			if err := put(ctx, tx, sqlEnqueue, args...); err != nil {
				return err
			}
			continue
		}
		added, err := exec(ctx, tx, sqlEnqueue, args...)
		if err != nil {
			return err
		}
		if added == 0 {
			continue
		}
		if err := put(ctx, tx, sqlReplaceEdits, o.EditOf, o.Key); err != nil {
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

// maxHold is the longest that a post is held back. A stored time further ahead
// was written by a clock that has been set back since, and is ignored.
const maxHold = 10 * time.Second

// Due gives the first unsent post of each channel and lane, and the edits of
// posts that were sent, the most urgent first. An edit of a post that will not
// be sent, or that a newer edit has overtaken, is dropped.
func (db *DB) Due(ctx context.Context, now time.Time, limit int) ([]Due, error) {
	var waiting, orphans int64
	if err := db.read.QueryRowContext(ctx, sqlWaiting).Scan(&waiting, &orphans); err != nil || waiting == 0 {
		return nil, classified(db.path, err)
	}
	if orphans > 0 && db.write != nil {
		if _, err := db.update(ctx, sqlDropOrphans); err != nil {
			return nil, err
		}
	}
	found, err := list(ctx, db.read, scanDue, sqlDue, millis(now), millis(now.Add(maxHold)), limit)
	return found, classified(db.path, err)
}

func scanDue(r row) (d Due, err error) {
	var at, first, last, joins int64
	var named string // the key that the nonce is made of
	err = r.Scan(&d.ID, &d.Key, &d.Channel, &d.Account, &d.Lane, &d.EditOf, &d.TargetMessageID, &named,
		&d.Payload, &at, &d.Attempts, &first, &last, &joins)
	d.At = fromMillis(at)
	d.FirstTriedAt, d.LastTriedAt, d.Nonce, d.Joins = fromMillis(first), fromMillis(last), nonce(named), joins != 0
	return d, err
}

// nonce depends on the message alone, so that every attempt to send it has the same
// nonce.
func nonce(key string) string {
	const maxNonce = 25 // that Discord takes
	sum := sha256.Sum256([]byte(key))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:maxNonce]
}

// Sending notes, before the attempt, that Discord may know the message from now on.
func (db *DB) Sending(ctx context.Context, id int64, now time.Time) error {
	_, err := db.update(ctx, sqlSending, millis(now), millis(now), id)
	return err
}

// Sent notes the delivery.
func (db *DB) Sent(ctx context.Context, id int64, messageID string, now time.Time) error {
	_, err := db.update(ctx, sqlSent, messageID, millis(now), id, id)
	return err
}

// Retry puts the message off: it stays due. How long to wait is the sender's
// business, by its own clock. m is the message as it was before the attempt;
// refused reports that this attempt certainly created nothing.
func (db *DB) Retry(ctx context.Context, m Due, refused bool, cause string) error {
	return db.undelivered(ctx, m, refused, sqlRetry, cause, m.ID)
}

// Dead keeps the message for [DB.RequeueDead]: Discord refused it, with an error code, for
// a reason that only a person can fix.
func (db *DB) Dead(ctx context.Context, m Due, now time.Time, code int, cause string) error {
	return db.undelivered(ctx, m, true, sqlDead, millis(now), cause, code, m.ID, m.ID)
}

func (db *DB) undelivered(ctx context.Context, m Due, refused bool, statement string, args ...any) error {
	return db.tx(ctx, func(tx *sql.Tx) error {
		if refused {
			if err := put(ctx, tx, sqlNotArrived, millis(m.FirstTriedAt), millis(m.LastTriedAt), m.ID); err != nil {
				return err
			}
		}
		return put(ctx, tx, statement, args...)
	})
}

// Drop gives up a message that is no longer needed.
func (db *DB) Drop(ctx context.Context, id int64, now time.Time, cause string) error {
	_, err := db.update(ctx, sqlDrop, millis(now), cause, id, id)
	return err
}

// Move redirects a message that has certainly not arrived to another channel. Posts
// that were joined with it are sent on their own.
func (db *DB) Move(ctx context.Context, id int64, channel string) error {
	return db.tx(ctx, func(tx *sql.Tx) error {
		if err := put(ctx, tx, sqlPart, id); err != nil {
			return err
		}
		return put(ctx, tx, sqlMove, channel, id)
	})
}

// Split replaces a message that was never sent by several, the first in its place and
// the others after it with keys of their own.
func (db *DB) Split(ctx context.Context, m Due, parts []json.RawMessage) error {
	err := db.tx(ctx, func(tx *sql.Tx) error {
		if err := put(ctx, tx, sqlSetPayload, string(parts[0]), m.ID); err != nil {
			return err
		}
		for i, part := range parts[1:] {
			if err := put(ctx, tx, sqlAddPart, fmt.Sprintf("%s/part/%d", m.Key, i+2), string(part), m.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		db.signal()
	}
	return err
}
