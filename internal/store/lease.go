package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"mokabot/internal/lead"
)

// ErrNotLeader refuses a write of a replica that does not lead, or no longer
// does. Nothing was written.
var ErrNotLeader = errors.New("this replica does not lead; another one writes to the database")

const (
	sqlAcquire = `UPDATE lease SET epoch = epoch + 1, holder = $1, expires = clock_timestamp() + $2
		WHERE holder IN ('', $1) OR expires <= clock_timestamp() OR epoch = $3 AND expires = $4
		RETURNING epoch, clock_timestamp()`
	sqlLeaseHeld = `SELECT epoch, holder, expires, clock_timestamp() FROM lease`
	sqlRenew     = `UPDATE lease SET expires = clock_timestamp() + $2 WHERE epoch = $1 AND holder <> '' RETURNING clock_timestamp()`
	sqlResign    = `WITH freed AS (UPDATE lease SET holder = '', expires = to_timestamp(0) WHERE epoch = $1 AND holder <> '' RETURNING epoch)
		SELECT pg_notify('` + leaseChannel + `', '') FROM freed`

	// sqlFence keeps the epoch from changing before the transaction ends.
	sqlFence = `SELECT CAST(pg_current_xact_id() AS TEXT) FROM lease WHERE epoch = ? AND holder <> '' FOR KEY SHARE`

	leaseChannel = "mokabot_lease"
	relisten     = time.Second // between two attempts to be notified
	hangUpTime   = time.Second // for closing a connection
)

// Lease is the right to write to a PostgreSQL database. It has connections of
// its own, so that it is renewed whatever the others wait for.
type Lease struct {
	path   string // says which database it is
	config *pgx.ConnConfig
	epoch  atomic.Int64 // of the lease that this process holds; 0: none

	mu   sync.Mutex // one question at a time
	conn *pgx.Conn  // nil: connect first

	// What a standby sees of the lease, and since when by its own clock. A lease
	// that nobody renews has expired, even while the server's clock, set back,
	// says otherwise.
	seen   held
	seenAt time.Time

	freed     chan struct{}
	listening context.CancelFunc // nil: nobody waits
}

type held struct {
	epoch   int64
	expires time.Time
}

// Lease is the right to write, nil where the lock of a file is.
func (db *DB) Lease() *Lease { return db.lease }

func newLease(path string, config *pgx.ConnConfig) *Lease {
	return &Lease{path: path, config: config, freed: make(chan struct{}, 1)}
}

// fence refuses a transaction of a process that does not hold the lease, and keeps
// every other process from taking it over before the transaction ends. It returns
// the transaction's number at the server, "" where there is no lease.
func (l *Lease) fence(ctx context.Context, tx *sql.Tx) (id string, err error) {
	if l == nil {
		return "", nil
	}
	epoch := l.epoch.Load()
	if epoch == 0 {
		return "", ErrNotLeader
	}
	id, err = scanText(tx.QueryRowContext(ctx, sqlFence, epoch))
	if errors.Is(err, sql.ErrNoRows) {
		l.epoch.CompareAndSwap(epoch, 0)
		return "", ErrNotLeader
	}
	return id, err
}

// Acquire implements [lead.Lease]. What an earlier leader had under way is due
// again from then on.
func (l *Lease) Acquire(ctx context.Context, holder string, length time.Duration) (g lead.Grant, ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var left held // by a leader that is gone
	if l.seen.epoch != 0 && time.Since(l.seenAt) > length {
		left = l.seen
	}
	err = l.ask(ctx, func(c *pgx.Conn) error {
		return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
			g.Holder, g.Left = holder, length
			err := tx.QueryRow(ctx, sqlAcquire, holder, length, left.epoch, left.expires).Scan(&g.Epoch, &g.Now)
			if ok = err == nil; ok {
				_, err = tx.Exec(ctx, sqlRecover)
				return err
			}
			if !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
			var now held
			if err := tx.QueryRow(ctx, sqlLeaseHeld).Scan(&now.epoch, &g.Holder, &now.expires, &g.Now); err != nil {
				return err
			}
			g.Epoch, g.Left = now.epoch, now.expires.Sub(g.Now)
			if now.epoch != l.seen.epoch || !now.expires.Equal(l.seen.expires) {
				l.seen, l.seenAt = now, time.Now()
			}
			return nil
		})
	})
	if err != nil {
		return lead.Grant{}, false, err
	}
	if ok {
		l.epoch.Store(g.Epoch)
		l.seen = held{}
		l.stopListening()
	}
	return g, ok, nil
}

// Renew implements [lead.Lease].
func (l *Lease) Renew(ctx context.Context, epoch int64, length time.Duration) (now time.Time, ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err = l.ask(ctx, func(c *pgx.Conn) error { return c.QueryRow(ctx, sqlRenew, epoch, length).Scan(&now) })
	if errors.Is(err, pgx.ErrNoRows) {
		l.epoch.CompareAndSwap(epoch, 0)
		return time.Time{}, false, nil
	}
	return now, err == nil, err
}

// Resign implements [lead.Lease]. This process writes nothing more.
func (l *Lease) Resign(ctx context.Context, epoch int64) error {
	l.epoch.CompareAndSwap(epoch, 0)
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ask(ctx, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, sqlResign, epoch)
		return err
	})
}

// Freed implements [lead.Lease]. The first call begins to listen.
func (l *Lease) Freed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listening == nil {
		ctx, cancel := context.WithCancel(context.Background())
		l.listening = cancel
		go l.listen(ctx)
	}
	return l.freed
}

func (l *Lease) stopListening() {
	if l.listening != nil {
		l.listening()
		l.listening = nil
	}
}

// ask has f use the lease's connection, and gives the connection up when that
// fails: a reply may still be under way on it. The caller holds mu.
func (l *Lease) ask(ctx context.Context, f func(*pgx.Conn) error) error {
	if l.conn == nil || l.conn.IsClosed() {
		conn, err := pgx.ConnectConfig(ctx, l.config)
		if err != nil {
			return told(l.path, fromServer(err))
		}
		l.conn = conn
	}
	err := f(l.conn)
	if err == nil || errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	hangUp(l.conn)
	l.conn = nil
	return told(l.path, fromServer(err))
}

// listen signals freed whenever a leader resigns, until ctx ends.
func (l *Lease) listen(ctx context.Context) {
	for ctx.Err() == nil {
		l.notified(ctx)
		wait := time.NewTimer(relisten)
		select {
		case <-ctx.Done():
		case <-wait.C:
		}
		wait.Stop()
	}
}

// notified returns when the connection is lost; the standby looks now and then
// anyhow.
func (l *Lease) notified(ctx context.Context) {
	conn, err := pgx.ConnectConfig(ctx, l.config)
	if err != nil {
		return
	}
	defer hangUp(conn)
	if _, err := conn.Exec(ctx, "LISTEN "+leaseChannel); err != nil {
		return
	}
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return
		}
		select {
		case l.freed <- struct{}{}:
		default:
		}
	}
}

// close lets go of the connections.
func (l *Lease) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopListening()
	if l.conn != nil {
		hangUp(l.conn)
		l.conn = nil
	}
}

func hangUp(c *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), hangUpTime)
	defer cancel()
	_ = c.Close(ctx) // the server notices anyhow
}
