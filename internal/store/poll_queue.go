package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"sync"
	"time"
)

const (
	maxTogether  = 32               // polls in one transaction, so that other writers wait for milliseconds
	togetherTime = 30 * time.Second // for that transaction, whose polls have deadlines of their own
)

// pollQueue holds the polls that wait for the writing connection. Whoever gets it
// takes the others into its transaction, because a commit costs more than what a poll
// writes; a poll that comes alone waits for nobody.
type pollQueue struct {
	turn chan struct{} // full while a transaction of polls is under way

	mu      sync.Mutex
	waiting []*queuedPoll
}

// queuedPoll is a poll that waits for its transaction. Its results are there once over
// is closed.
type queuedPoll struct {
	account string
	follow  func(spend, alert json.RawMessage) (Poll, error)

	over  chan struct{}
	out   []Outgoing
	err   error
	alone bool // one of those together failed: each has a transaction of its own
}

// Poll gives f the account's states, nil at first, and stores what f makes of
// them in the same transaction. f must not use the DB, and may be called again, from
// another goroutine. While the disk is full the sample is left out; its spending is kept
// in the state, and counted when there is room again.
func (db *DB) Poll(ctx context.Context, account string, f func(spend, alert json.RawMessage) (Poll, error)) error {
	own := &queuedPoll{account: account, follow: f, over: make(chan struct{})}
	db.polls.add(own)
	select {
	case db.polls.turn <- struct{}{}:
		db.storeWaiting(ctx, own)
	case <-own.over:
	case <-ctx.Done():
		if db.polls.withdraw(own) {
			return classified(db.path, context.Cause(ctx))
		}
		<-own.over
	}
	if own.alone {
		own.err = db.tx(ctx, func(tx *sql.Tx) error { return own.store(ctx, db, tx) })
	}
	if own.err == nil {
		db.announce(own.out)
	}
	return own.err
}

// storeWaiting stores what waits, until the caller's own poll is among it, and ends the
// turn.
func (db *DB) storeWaiting(ctx context.Context, own *queuedPoll) {
	defer func() { <-db.polls.turn }()
	for {
		select {
		case <-own.over:
			return
		default:
			db.storeTogether(ctx, db.polls.take())
		}
	}
}

func (db *DB) storeTogether(ctx context.Context, polls []*queuedPoll) {
	stored := false
	defer func() { // also where a poll's function ends the goroutine
		for _, p := range polls {
			p.alone = !stored
			close(p.over)
		}
	}()
	if len(polls) > 1 {
		var cancel func()
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), togetherTime)
		defer cancel()
	}
	err := db.tx(ctx, func(tx *sql.Tx) (err error) {
		if len(polls) > 1 {
			defer func() {
				if recover() != nil { // it panics again where it belongs
					err = errPanicked
				}
			}()
		}
		for _, p := range polls {
			if err := p.store(ctx, db, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if stored = err == nil || len(polls) == 1 || Passing(err); stored {
		for _, p := range polls {
			p.err = err
		}
	}
}

var errPanicked = errors.New("a poll panicked")

func (p *queuedPoll) store(ctx context.Context, db *DB, tx *sql.Tx) error {
	spent, alert, err := states(ctx, tx, p.account)
	if err != nil {
		return err
	}
	poll, err := p.follow(spent, alert)
	if err != nil {
		return err
	}
	p.out = poll.Out
	if db.leavesOut() {
		poll.Spend = poll.Owing
		return poll.storeRest(ctx, tx, p.account, 0)
	}
	return poll.store(ctx, tx, p.account)
}

func (q *pollQueue) add(p *queuedPoll) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, p)
}

// take removes those that have waited longest.
func (q *pollQueue) take() []*queuedPoll {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), maxTogether)
	taken := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	return taken
}

// withdraw removes a poll that nobody took yet, and reports whether it did.
func (q *pollQueue) withdraw(p *queuedPoll) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range q.waiting {
		if other == p {
			q.waiting = append(q.waiting[:i:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}
