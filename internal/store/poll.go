package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// Sample is what one poll of one account learned.
type Sample struct {
	At                                                            time.Time
	Spendable, KeyRemaining, KeyUsed, WalletRemaining, WalletUsed moka.Maybe
	Requests                                                      int64
	KeyState                                                      moka.KeyState
	Unlimited                                                     bool
	ErrKind                                                       moka.Kind  // "" when all was read
	Units                                                         moka.Units // in force when it was read
	RawWallet                                                     *moka.RawWallet
	RawKey                                                        *moka.RawKey
	Delta                                                         spend.Delta
}

// Event is something that happened to an incident, for reports.
type Event struct {
	Account, Condition, Kind, Level string
	At, Since                       time.Time
	IncidentID                      string
}

// Poll is a sample and everything that follows from it.
type Poll struct {
	Sample       Sample
	Spend, Alert json.RawMessage // the states afterwards; empty: as before
	Owing        json.RawMessage // Spend as it is when the sample cannot be stored
	Events       []Event
	Out          []Outgoing
}

func (p Poll) store(ctx context.Context, tx writer, account string) error {
	s, err := addSample(ctx, tx, account, p.Sample)
	if err != nil {
		return err
	}
	if err := addToSums(ctx, tx, account, s); err != nil {
		return err
	}
	if err := addGap(ctx, tx, account, s); err != nil {
		return err
	}
	return p.storeRest(ctx, tx, account, millis(s.At))
}

// storeRest stores everything but the sample, whose time is 0 without one.
func (p Poll) storeRest(ctx context.Context, tx writer, account string, at int64) error {
	if err := put(ctx, tx, sqlSetStates, account, string(p.Spend), string(p.Alert), at, at, p.Sample.Delta.PerUnit); err != nil {
		return err
	}
	for _, e := range p.Events {
		if err := put(ctx, tx, sqlAddEvent, e.Account, millis(e.At), e.Condition, e.Kind, e.Level, millis(e.Since), e.IncidentID); err != nil {
			return err
		}
	}
	return enqueue(ctx, tx, p.Out)
}

// UpdateAlert gives f the account's alert state, nil at first, and stores what
// f makes of it together with the messages and the events of its incidents. f must not
// use the DB.
func (db *DB) UpdateAlert(ctx context.Context, account string, f func(json.RawMessage) (json.RawMessage, []Outgoing, []Event, error)) error {
	var sent []Outgoing
	err := db.tx(ctx, func(tx *sql.Tx) error {
		_, alert, err := states(ctx, tx, account)
		if err != nil {
			return err
		}
		after, out, events, err := f(alert)
		if err != nil {
			return err
		}
		sent = out
		return Poll{Alert: after, Out: out, Events: events}.storeRest(ctx, tx, account, 0)
	})
	if err == nil {
		db.announce(sent)
	}
	return err
}

// SpendState is what is remembered of the account's earlier readings, nil when
// there are none.
func (db *DB) SpendState(ctx context.Context, account string) (json.RawMessage, error) {
	text, _, err := one(ctx, db, scanText, sqlSpend, account)
	return raw(text), err
}

// AlertState is the account's alert state, nil when there is none yet.
func (db *DB) AlertState(ctx context.Context, account string) (json.RawMessage, error) {
	text, _, err := one(ctx, db, scanText, sqlAlert, account)
	return raw(text), err
}

// States are [DB.SpendState] and [DB.AlertState] of one moment.
func (db *DB) States(ctx context.Context, account string) (spent, alert json.RawMessage, err error) {
	spent, alert, err = states(ctx, db.read, account)
	return spent, alert, classified(db.path, err)
}

func states(ctx context.Context, from rower, account string) (spent, alert json.RawMessage, err error) {
	var a, b string
	err = from.QueryRowContext(ctx, sqlStates, account).Scan(&a, &b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, nil
	}
	return raw(a), raw(b), err
}

func raw(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// Events are what happened to an account's incidents in [from, to), oldest first.
func (db *DB) Events(ctx context.Context, account string, from, to time.Time) ([]Event, error) {
	events, err := list(ctx, db.read, scanEvent, sqlEvents, account, millis(from), millis(to))
	return events, classified(db.path, err)
}

func scanEvent(r row) (e Event, err error) {
	var at, since int64
	err = r.Scan(&e.Account, &e.Condition, &e.Kind, &e.Level, &at, &since, &e.IncidentID)
	e.At, e.Since = fromMillis(at), fromMillis(since)
	return e, err
}
