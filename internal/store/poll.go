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
	ErrKind                                                       moka.Kind // "" when all was read
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
	Spend, Alert json.RawMessage // the states afterwards
	Events       []Event
	Out          []Outgoing
}

// Poll gives f the account's states, nil at first, and stores what f makes of
// them in the same transaction.
func (db *DB) Poll(ctx context.Context, account string, f func(spend, alert json.RawMessage) (Poll, error)) error {
	enqueued := false
	err := db.tx(ctx, func(tx *sql.Tx) error {
		spent, state, err := states(ctx, tx, account)
		if err != nil {
			return err
		}
		p, err := f(spent, state)
		if err != nil {
			return err
		}
		enqueued = len(p.Out) > 0
		return errors.Join(
			addSample(ctx, tx, account, p.Sample),
			setStates(ctx, tx, account, p.Spend, p.Alert),
			addEvents(ctx, tx, p.Events),
			enqueue(ctx, tx, p.Out),
		)
	})
	if err == nil && enqueued {
		db.signal()
	}
	return err
}

func states(ctx context.Context, tx *sql.Tx, account string) (spent, alert json.RawMessage, err error) {
	var a, b string
	err = tx.QueryRowContext(ctx, `SELECT spend, alert FROM states WHERE account = ?`, account).Scan(&a, &b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, nil
	}
	return json.RawMessage(a), json.RawMessage(b), err
}

func setStates(ctx context.Context, tx *sql.Tx, account string, spent, alert json.RawMessage) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO states (account, spend, alert) VALUES (?, ?, ?)
		ON CONFLICT (account) DO UPDATE SET spend = excluded.spend, alert = excluded.alert`,
		account, string(spent), string(alert))
	return err
}

func addSample(ctx context.Context, tx *sql.Tx, account string, s Sample) error {
	d := s.Delta
	_, err := tx.ExecContext(ctx, `INSERT INTO readings (account, at, spendable, key_remaining, key_used,
		wallet_remaining, wallet_used, requests, key_state, unlimited, err_kind,
		since, known, spent, top_up, new_requests, covered)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (account, at) DO NOTHING`,
		account, millis(s.At), nullable(s.Spendable), nullable(s.KeyRemaining), nullable(s.KeyUsed),
		nullable(s.WalletRemaining), nullable(s.WalletUsed), s.Requests, string(s.KeyState), s.Unlimited, string(s.ErrKind),
		millis(d.From), d.Known, int64(d.Spent), int64(d.TopUp), d.Requests, d.Covered.Milliseconds())
	return err
}

func addEvents(ctx context.Context, tx *sql.Tx, events []Event) error {
	for _, e := range events {
		if _, err := tx.ExecContext(ctx, `INSERT INTO events (account, at, condition, kind, level, since, incident)
			VALUES (?,?,?,?,?,?,?)`, e.Account, millis(e.At), e.Condition, e.Kind, e.Level, millis(e.Since), e.IncidentID); err != nil {
			return err
		}
	}
	return nil
}

// Events are what happened to an account's incidents in [from, to), oldest first.
func (db *DB) Events(ctx context.Context, account string, from, to time.Time) ([]Event, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT account, condition, kind, level, at, since, incident FROM events
		WHERE account = ? AND at >= ? AND at < ? ORDER BY at`, account, millis(from), millis(to))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var events []Event
	for rows.Next() {
		var e Event
		var at, since int64
		if err := rows.Scan(&e.Account, &e.Condition, &e.Kind, &e.Level, &at, &since, &e.IncidentID); err != nil {
			return nil, err
		}
		e.At, e.Since = fromMillis(at), fromMillis(since)
		events = append(events, e)
	}
	return events, rows.Err()
}

// FirstReading is when an account was first read, false when it never was.
func (db *DB) FirstReading(ctx context.Context, account string) (time.Time, bool, error) {
	var at sql.NullInt64
	err := db.read.QueryRowContext(ctx, `SELECT MIN(at) FROM readings WHERE account = ?`, account).Scan(&at)
	return fromMillis(at.Int64), at.Valid, err
}

func nullable(m moka.Maybe) any {
	if a, ok := m.Get(); ok {
		return int64(a)
	}
	return nil
}
