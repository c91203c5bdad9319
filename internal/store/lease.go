package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strconv"
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
		RETURNING epoch, clock_timestamp(), expires`
	// sqlLeaseHeld also says whether the holder is connected, see [Lease.attend].
	sqlLeaseHeld = `SELECT epoch, holder, expires, clock_timestamp(), EXISTS (SELECT 1 FROM pg_locks
		WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND classid = lease.tableoid AND objid = CAST(epoch & 2147483647 AS INTEGER) AND granted) FROM lease`
	// sqlAttend locks together with the holder's other connection.
	sqlAttend = `SELECT pg_try_advisory_lock_shared(CAST(tableoid AS INTEGER), CAST(CAST($1 AS BIGINT) & 2147483647 AS INTEGER)) FROM lease`
	// sqlVacate ends the lease of a program that does not know the schema.
	sqlVacate = `UPDATE lease SET epoch = epoch + 1, holder = '', expires = to_timestamp(0)`
	// sqlPlace names the table as long as it is the same: one that was restored from
	// a dump, in this database or another of its name, has another number.
	sqlPlace = `CAST(tableoid AS TEXT) || '/' || CAST((SELECT oid FROM pg_database WHERE datname = current_database()) AS TEXT)`
	// sqlRenew and sqlFence find nothing in a database that was put back to an
	// earlier time: its lease expires before the one that this process has written.
	sqlRenew = `UPDATE lease SET expires = clock_timestamp() + $2 WHERE epoch = $1 AND holder <> '' AND expires >= $3
		RETURNING clock_timestamp(), expires`
	sqlResign = `WITH freed AS (UPDATE lease SET holder = '', expires = to_timestamp(0) WHERE epoch = $1 AND holder <> '' RETURNING epoch)
		SELECT pg_notify('` + leaseChannel + `', '') FROM freed`

	// sqlFence keeps the epoch from changing before the transaction ends.
	sqlFence = `SELECT CAST(pg_current_xact_id() AS TEXT), ` + sqlPlace + ` FROM lease WHERE epoch = ? AND holder <> '' AND expires >= ? FOR KEY SHARE`

	leaseChannel = "mokabot_lease"

	reattend   = 100 * time.Millisecond // between two attempts to connect
	hangUpTime = time.Second            // for closing a connection

	// absentTime is how long a leader may be without a connection before a standby
	// takes it for crashed. One that lives connects again within a moment.
	absentTime = 1500 * time.Millisecond
)

// Lease is the right to write to a PostgreSQL database. It has connections of
// its own, so that it is renewed whatever the others wait for.
type Lease struct {
	path   string // names the database
	config *pgx.ConnConfig
	lines  *lines       // those of the lease and of transactions
	epoch  atomic.Int64 // of the lease that this process holds; 0: none
	until  atomic.Int64 // when that lease expires by what this process wrote, in microseconds of the server's clock
	point  atomic.Pointer[point]
	back   atomic.Bool // a transaction has found the database put back to an earlier time

	mu   sync.Mutex // one question at a time
	conn *pgx.Conn  // nil: connect first

	// The lease as a standby sees it, and since when by its own clock. A lease that
	// nobody renews has expired even while the server's clock, set back, shows
	// otherwise. The same holds for a lease whose holder was connected and no longer
	// is.
	seen   held
	seenAt time.Time
	newest held      // that this process saw or wrote; a database whose lease is older was put back
	met    bool      // its holder was connected
	absent time.Time // since when it is not; zero while it is

	patience time.Duration // with a holder that is not connected

	freed     chan struct{}
	attending context.CancelFunc // nil: no connection is kept
}

type held struct {
	epoch   int64
	expires time.Time
}

func (h held) same(o held) bool { return h.epoch == o.epoch && h.expires.Equal(o.expires) }

// before reports whether a lease is an earlier state of another. The expiry of a lease
// that was given back does not count.
func (h held) before(o held) bool {
	return h.epoch < o.epoch || h.epoch == o.epoch && h.expires.Unix() != 0 && h.expires.Before(o.expires)
}

// point is the last transaction of this process that the database is known to hold. It
// falls back only when the database is put back to an earlier time.
type point struct {
	place string // see sqlPlace
	xact  uint64 // the number of the newest transaction; 0: there was none
}

// reach notes that a transaction has a number, false when it cannot be.
func (l *Lease) reach(place, id string) bool {
	xact, err := strconv.ParseUint(id, 10, 64)
	was := l.point.Load()
	if err != nil || was == nil || place != was.place || xact <= was.xact {
		return false
	}
	l.point.Store(&point{place, xact})
	return true
}

// Lease is the right to write, nil where the lock of a file is.
func (db *DB) Lease() *Lease { return db.lease }

func newLease(path string, config *pgx.ConnConfig, leading *lines) *Lease {
	return &Lease{path: path, config: config, lines: leading, patience: absentTime, freed: make(chan struct{}, 1)}
}

// mayWrite returns [ErrNotLeader] where fence would refuse for certain, without asking the
// server.
func (l *Lease) mayWrite() error {
	if l != nil && l.epoch.Load() == 0 {
		return ErrNotLeader
	}
	return nil
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
	var place string
	for known := int64(-1); ; { // a renewal may change meanwhile what is known of the lease
		until := l.until.Load()
		err = tx.QueryRowContext(ctx, sqlFence, epoch, time.UnixMicro(until)).Scan(&id, &place)
		if !errors.Is(err, sql.ErrNoRows) || until == known {
			break
		}
		known = until
	}
	if err == nil && !l.reach(place, id) {
		l.back.Store(true)
		err = sql.ErrNoRows
	}
	if errors.Is(err, sql.ErrNoRows) {
		l.epoch.CompareAndSwap(epoch, 0)
		l.signal() // the elector has to know, too
		return "", ErrNotLeader
	}
	return id, err
}

// Acquire implements [lead.Lease]. What an earlier leader had under way is due
// again from then on. It fails with [ErrNewer] once a newer program has changed
// the schema.
func (l *Lease) Acquire(ctx context.Context, holder string, length time.Duration) (g lead.Grant, ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.attending == nil {
		l.attend(0)
	}
	var left, own held // by a leader that is gone; by this process
	var at point
	if l.seen.epoch != 0 && (time.Since(l.seenAt) > length || !l.absent.IsZero() && time.Since(l.absent) >= l.patience) {
		left = l.seen
	}
	err = l.use(ctx, func(c *pgx.Conn) error {
		return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) (err error) {
			g = lead.Grant{Holder: holder, Left: length}
			if at.place, g.PutBack, err = l.inspect(ctx, tx); err != nil {
				return err
			}
			own, ok, err = take(ctx, tx, &g, left)
			if err != nil || ok {
				return err
			}
			return l.watch(ctx, tx, &g)
		})
	})
	if err != nil {
		return lead.Grant{}, false, err
	}
	if ok {
		l.until.Store(own.expires.UnixMicro())
		l.point.Store(&at)
		l.back.Store(false)
		l.epoch.Store(g.Epoch)
		l.seen, l.newest = held{}, own
		l.attend(g.Epoch)
	}
	return g, ok, nil
}

// inspect reports where the database is, and whether it was put back to an
// earlier state since this process saw it.
func (l *Lease) inspect(ctx context.Context, tx pgx.Tx) (place string, putBack bool, err error) {
	var version int
	if err := tx.QueryRow(ctx, `SELECT version FROM `+versionTable).Scan(&version); err != nil || version > len(postgres.migrations) {
		return "", false, cmp.Or(err, ErrNewer)
	}
	var before held
	if err := tx.QueryRow(ctx, `SELECT epoch, expires, `+sqlPlace+` FROM lease`).Scan(&before.epoch, &before.expires, &place); err != nil {
		return "", false, err
	}
	was := l.point.Load()
	return place, l.back.Load() || before.before(l.newest) || was != nil && was.place != place, nil
}

// take takes the lease for the holder if it is free, has expired, or is still that
// of a leader that is gone, and makes due again what was under way.
func take(ctx context.Context, tx pgx.Tx, g *lead.Grant, left held) (own held, ok bool, err error) {
	err = tx.QueryRow(ctx, sqlAcquire, g.Holder, g.Left, left.epoch, left.expires).Scan(&g.Epoch, &g.Now, &own.expires)
	if errors.Is(err, pgx.ErrNoRows) {
		return held{}, false, nil
	}
	if err == nil {
		own.epoch = g.Epoch
		_, err = tx.Exec(ctx, sqlRecover)
	}
	if err == nil {
		_, err = tx.Exec(ctx, sqlFreeLed)
	}
	if err == nil { // so that a standby sees it connected before attend has connected
		_, err = tx.Exec(ctx, sqlAttend, g.Epoch)
	}
	return own, err == nil, err
}

// watch reads who has the lease and for how long.
func (l *Lease) watch(ctx context.Context, tx pgx.Tx, g *lead.Grant) error {
	var now held
	var here bool
	if err := tx.QueryRow(ctx, sqlLeaseHeld).Scan(&now.epoch, &g.Holder, &now.expires, &g.Now, &here); err != nil {
		return err
	}
	g.Epoch, g.Left = now.epoch, now.expires.Sub(g.Now)
	if gone := l.see(now, here); gone > 0 {
		g.Left = min(g.Left, l.patience-gone)
	}
	return nil
}

// see notes what a standby sees, and returns for how long the holder has been
// absent. The caller holds mu.
func (l *Lease) see(now held, here bool) (gone time.Duration) {
	if now.epoch != l.seen.epoch {
		l.met = false
	}
	if l.newest.before(now) {
		l.newest = now
	}
	if !now.same(l.seen) {
		l.seen, l.seenAt, l.absent = now, time.Now(), time.Time{}
	}
	switch {
	case here:
		l.met, l.absent = true, time.Time{}
	case l.met && l.absent.IsZero():
		l.absent = time.Now()
	}
	if l.absent.IsZero() {
		return 0
	}
	return max(time.Since(l.absent), 1)
}

// Renew implements [lead.Lease].
func (l *Lease) Renew(ctx context.Context, epoch int64, length time.Duration) (now time.Time, ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	own := held{epoch: epoch}
	if l.epoch.Load() != epoch {
		return time.Time{}, false, nil // a transaction has noticed that it is lost
	}
	err = l.use(ctx, func(c *pgx.Conn) error {
		return c.QueryRow(ctx, sqlRenew, epoch, length, time.UnixMicro(l.until.Load())).Scan(&now, &own.expires)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		l.epoch.CompareAndSwap(epoch, 0)
		l.attend(0)
		return time.Time{}, false, nil
	}
	if err == nil {
		l.until.Store(own.expires.UnixMicro())
		l.newest = own
	}
	return now, err == nil, err
}

// Resign implements [lead.Lease]. This process writes nothing more. A transaction that it
// has under way with a server that does not answer would keep others from taking over.
func (l *Lease) Resign(ctx context.Context, epoch int64) error {
	l.epoch.CompareAndSwap(epoch, 0)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil { // the server did not answer the last time
		l.lines.cut()
	}
	l.attend(0)
	err := l.use(ctx, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, sqlResign, epoch)
		return err
	})
	if err != nil {
		l.lines.cut()
	}
	return err
}

// Freed implements [lead.Lease].
func (l *Lease) Freed() <-chan struct{} { return l.freed }

func (l *Lease) signal() {
	select {
	case l.freed <- struct{}{}:
	default:
	}
}

// use calls f with the lease's connection, and closes the connection when f fails,
// because an answer may still be under way on it. The caller holds mu.
func (l *Lease) use(ctx context.Context, f func(*pgx.Conn) error) error {
	if l.conn == nil || l.conn.IsClosed() {
		conn, err := pgx.ConnectConfig(ctx, l.config)
		if err != nil {
			return classified(l.path, fromServer(err))
		}
		l.conn = conn
	}
	err := f(l.conn)
	if err == nil || errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	hangUp(l.conn)
	l.conn = nil
	return classified(l.path, fromServer(err))
}

// attend keeps a connection until it is called again or the lease is closed. That
// of a leader has a lock which the server drops with the connection, so that the
// standbys see when the process ends; on that of a standby the server tells when
// a leader resigns. The caller holds mu.
func (l *Lease) attend(epoch int64) {
	if l.attending != nil {
		l.attending()
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.attending = cancel
	go func() {
		for ctx.Err() == nil {
			l.connected(ctx, epoch)
			select {
			case <-ctx.Done():
			case <-time.After(reattend):
			}
		}
	}()
}

// connected returns when the connection is lost.
func (l *Lease) connected(ctx context.Context, epoch int64) {
	conn, err := pgx.ConnectConfig(ctx, l.config)
	if err != nil {
		return
	}
	defer hangUp(conn)
	if epoch != 0 {
		_, err = conn.Exec(ctx, sqlAttend, epoch)
	} else {
		_, err = conn.Exec(ctx, "LISTEN "+leaseChannel)
	}
	for err == nil {
		if _, err = conn.WaitForNotification(ctx); err == nil {
			l.signal()
		}
	}
}

// close lets go of the connections.
func (l *Lease) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.attending != nil {
		l.attending()
	}
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
