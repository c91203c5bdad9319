package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// State is how far a message has come.
type State string

// The states of a message.
const (
	StateDue     State = "due"
	StateSending State = "sending" // Discord may know it already
	StateSent    State = "sent"
	StateDead    State = "dead"    // Discord refuses it, and only a person can fix that
	StateDropped State = "dropped" // no longer wanted
)

// Post is a message of the outbox with its state.
type Post struct {
	Outgoing
	ID        int64
	State     State
	Attempts  int
	DoneAt    time.Time // when it was sent or given up; zero before
	MessageID string    // Discord's, once it is sent
	LastError string
	Code      int // Discord's error code of a refusal; 0: none
}

// RequeueDead gives the refused messages another chance, in their old order,
// and counts them. Edits that newer ones have overtaken stay away.
func (db *DB) RequeueDead(ctx context.Context) (int, error) {
	var requeued int64
	err := db.tx(ctx, func(tx *sql.Tx) (err error) {
		if requeued, err = exec(ctx, tx, sqlRequeueDead); err != nil {
			return err
		}
		if _, err = exec(ctx, tx, sqlDropDead); err != nil {
			return err
		}
		edits, err := exec(ctx, tx, sqlRequeueEdits)
		requeued += edits
		return err
	})
	if err != nil {
		return 0, err
	}
	if requeued > 0 {
		db.signal()
	}
	return int(requeued), nil
}

// Depth counts the messages that wait and those that Discord refuses.
func (db *DB) Depth(ctx context.Context) (waiting, dead int, err error) {
	err = db.read.QueryRowContext(ctx, sqlDepth).Scan(&waiting, &dead)
	return waiting, dead, classified(db.path, err)
}

// DeadLetters are the messages that Discord refuses, newest first.
func (db *DB) DeadLetters(ctx context.Context, limit int) ([]Post, error) {
	posts, err := list(ctx, db.read, scanPost, sqlDeadLetters, limit)
	return posts, classified(db.path, err)
}

// FindPost is the message with a key, false when there is none.
func (db *DB) FindPost(ctx context.Context, key string) (Post, bool, error) {
	return one(ctx, db, scanPost, sqlFindPost, key)
}

// FindByMessage is the post that became a message on Discord, false when it is
// none of ours.
func (db *DB) FindByMessage(ctx context.Context, messageID string) (Post, bool, error) {
	if messageID == "" {
		return Post{}, false, nil
	}
	return one(ctx, db, scanPost, sqlFindByMessage, messageID)
}

func scanPost(r row) (p Post, err error) {
	var payload, state string
	var at, done int64
	err = r.Scan(&p.ID, &p.Key, &p.Channel, &p.Account, &p.EditOf, &payload, &at, &state, &p.Attempts, &done, &p.MessageID, &p.LastError, &p.Code)
	p.Payload, p.State = json.RawMessage(payload), State(state)
	p.At, p.DoneAt = fromMillis(at), fromMillis(done)
	return p, err
}
