package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// pgx is used through database/sql, so that both engines share their statements
// and their scanning. What PostgreSQL wants otherwise is done in [pgConn]: $1 for
// ?, clean text, and an end to every wait.

const oldestServer = 13 // the first with pg_current_xact_id

// Tests on a machine that does much else at the same time are more patient.
var (
	connectTime = 10 * time.Second // to reach one server
	// answerTime is the longest that a statement or a transaction may take. A
	// server or a network that swallows everything holds nobody up for longer.
	answerTime = 20 * time.Second
	// abandonTime is when the server gives up a transaction of a process that
	// stopped in the middle of it, so that it blocks no other process for long.
	abandonTime = 5 * time.Second
)

var postgres = &engine{
	migrations: withSteps("postgres", nil),
	version:    versionOfServer,
	setVersion: setServerVersion,
	alone:      `SELECT pg_advisory_xact_lock(8102600194)`, // any number, always the same
	snapshot:   &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	tableCount: `SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = ?`,
	columns: `SELECT t.relname, a.attname, format_type(a.atttypid, a.atttypmod), COALESCE(array_position(CAST(i.indkey AS int2[]), a.attnum) + 1, 0)
		FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid
		LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
		WHERE n.nspname = current_schema() AND t.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
		AND t.relname NOT IN ('lease', '` + versionTable + `', '` + unfinished + `')`,
	afterCopy: []string{
		`SELECT setval(pg_get_serial_sequence('outbox', 'id'), COALESCE((SELECT MAX(id) FROM outbox), 0) + 1, FALSE)`,
		`SELECT setval(pg_get_serial_sequence('events', 'id'), COALESCE((SELECT MAX(id) FROM events), 0) + 1, FALSE)`,
		`ANALYZE`,
	},
	commit: commitOnServer,
}

func openServer(ctx context.Context, address string) (*DB, error) {
	config, err := serverConfig(address)
	if err != nil {
		return nil, err
	}
	path := placeOf(config)
	reading, leading := readOnly(config), &lines{}
	config.DialFunc = leading.dial(config.DialFunc)
	write := pool(config, 1)
	if err := suitable(ctx, write); err != nil {
		write.Close()
		return nil, classified(path, err)
	}
	if err := prepare(patient(ctx), postgres, write); err != nil {
		write.Close()
		return nil, classified(path, err)
	}
	return made(&DB{path: path, engine: postgres, write: write, read: pool(reading, readers), lease: newLease(path, config, leading)}), nil
}

func openServerReadOnly(address string) (*DB, error) {
	config, err := serverConfig(address)
	if err != nil {
		return nil, err
	}
	path := placeOf(config)
	ctx := context.Background() // every wait has its own end
	read := pool(readOnly(config), readers)
	if err := readable(ctx, postgres, read); err != nil {
		read.Close()
		return nil, classified(path, err)
	}
	return made(&DB{path: path, engine: postgres, read: read}), nil
}

// serverConfig reads a URL. What it leaves out comes from PG variables and the
// password file, as with PostgreSQL's own programs.
func serverConfig(address string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("%w%s", ErrAddress, withoutAddress(err)) // the driver's text repeats the URL
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTime
	}
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}}
	config.DialFunc = dialer.DialContext
	for name, value := range map[string]string{
		"application_name":                    "mokabot",
		"idle_in_transaction_session_timeout": strconv.FormatInt(abandonTime.Milliseconds(), 10),
	} {
		config.RuntimeParams[name] = cmp.Or(config.RuntimeParams[name], value)
	}
	return config, nil
}

// withoutAddress is the cause of a refused URL where it cannot hold a part of it.
func withoutAddress(err error) string {
	for _, known := range []string{"sslmode is invalid", "unable to read CA file", "unable to read sslkey", "unable to read sslcert", "failed to configure TLS", "invalid port"} {
		if strings.Contains(err.Error(), known) {
			return " (" + known + ")"
		}
	}
	return ""
}

// placeOf names the database, without user and password.
func placeOf(c *pgx.ConnConfig) string {
	host := net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	if strings.HasPrefix(c.Host, "/") {
		host = c.Host
	}
	return fmt.Sprintf("PostgreSQL at %s, database %s", host, cmp.Or(c.Database, c.User))
}

func readOnly(config *pgx.ConnConfig) *pgx.ConnConfig {
	reading := config.Copy()
	reading.RuntimeParams["default_transaction_read_only"] = "on"
	return reading
}

func pool(config *pgx.ConnConfig, maxOpen int) *sql.DB {
	db := sql.OpenDB(connector{stdlib.GetConnector(*config)})
	db.SetMaxOpenConns(maxOpen)
	db.SetMaxIdleConns(maxOpen)
	return db
}

// connector makes connections for database/sql.
type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, fromServer(err)
	}
	return &pgConn{Conn: conn.(*stdlib.Conn)}, nil
}

// pgConn is a connection that takes the package's statements. database/sql gives
// it to one goroutine at a time.
type pgConn struct {
	*stdlib.Conn
	inTx    bool
	pending pgx.Batch // statements of the transaction that were not sent yet, see [later]
}

func (c *pgConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	if c.inTx && ctx.Value(delay{}) != nil {
		c.queue(query, args)
		if c.pending.Len() < maxPending {
			return driver.RowsAffected(0), nil
		}
		return driver.RowsAffected(0), c.flush(ctx)
	}
	if err := c.flush(ctx); err != nil {
		return nil, err
	}
	result, err := c.Conn.ExecContext(ctx, numbered(query), clean(args))
	return result, fromServer(err)
}

func (c *pgConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	ctx, cancel := limited(ctx)
	if err := c.flush(ctx); err != nil {
		cancel()
		return nil, err
	}
	rows, err := c.Conn.QueryContext(ctx, numbered(query), clean(args))
	if err != nil {
		cancel()
		return nil, c.again(err)
	}
	return timedRows{rows.(*stdlib.Rows), cancel}, nil
}

// maxPending is how many statements may wait for each other.
const maxPending = 500

// delay is the key of a context in which statements of a transaction wait for each
// other, so that they reach the server together.
type delay struct{}

// later lets a statement of a transaction wait until a result is needed, at the
// latest until the end. What it does wrong shows then, and how many rows it changed
// is not told. SQLite carries it out at once.
func later(ctx context.Context) context.Context { return context.WithValue(ctx, delay{}, true) }

func (c *pgConn) queue(query string, args []driver.NamedValue) {
	values := make([]any, len(args))
	for i, a := range clean(args) {
		values[i] = a.Value
	}
	c.pending.Queue(numbered(query), values...)
}

func (c *pgConn) flush(ctx context.Context) error {
	if c.pending.Len() == 0 {
		return nil
	}
	batch := c.pending
	c.pending = pgx.Batch{}
	return fromServer(c.Conn.Conn().SendBatch(ctx, &batch).Close())
}

func (c *pgConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	ctx, cancel := limited(ctx)
	tx, err := c.Conn.BeginTx(ctx, options)
	if err != nil {
		cancel()
		return nil, c.again(err)
	}
	c.inTx, c.pending = true, pgx.Batch{}
	return timedTx{tx, c, ctx, cancel}, nil
}

// again has database/sql try another connection when this one broke before a
// transaction began or a question outside of one was answered: queries change
// nothing.
func (c *pgConn) again(err error) error {
	err = fromServer(err)
	if !c.inTx && kindOfServer(err) == ErrCut && !pgconn.Timeout(err) {
		return driver.ErrBadConn
	}
	return err
}

func (c *pgConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.Conn.PrepareContext(ctx, numbered(query))
	return stmt, fromServer(err)
}

// patience is the key of a context in which statements may take as long as they
// like: those that change the tables of a large database.
type patience struct{}

func patient(ctx context.Context) context.Context { return context.WithValue(ctx, patience{}, true) }

func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Value(patience{}) != nil {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, answerTime)
}

type timedRows struct {
	*stdlib.Rows
	cancel context.CancelFunc
}

func (r timedRows) Next(into []driver.Value) error {
	err := r.Rows.Next(into)
	if errors.Is(err, io.EOF) {
		return err // the last row was read
	}
	return fromServer(err)
}

func (r timedRows) Close() error {
	defer r.cancel()
	return fromServer(r.Rows.Close())
}

type timedTx struct {
	driver.Tx
	conn   *pgConn
	ctx    context.Context
	cancel context.CancelFunc
}

func (t timedTx) Commit() error {
	defer t.cancel()
	if err := t.conn.flush(t.ctx); err != nil {
		return errors.Join(err, t.Rollback())
	}
	t.conn.inTx = false
	return fromServer(t.Tx.Commit())
}

func (t timedTx) Rollback() error {
	defer t.cancel()
	t.conn.inTx, t.conn.pending = false, pgx.Batch{}
	return fromServer(t.Tx.Rollback())
}

// statements are the package's statements as PostgreSQL takes them.
var statements sync.Map // from string to string

// numbered gives the question marks of a statement their numbers.
func numbered(query string) string {
	if known, ok := statements.Load(query); ok {
		return known.(string)
	}
	var b strings.Builder
	n, quoted := 0, false
	for _, r := range query {
		switch {
		case r == '\'':
			quoted = !quoted
		case r == '?' && !quoted:
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(r)
	}
	statements.Store(query, b.String())
	return b.String()
}

// clean replaces what PostgreSQL does not store in text: zero bytes and what is
// not UTF-8. Only words from outside contain them.
func clean(args []driver.NamedValue) []driver.NamedValue {
	for i, a := range args {
		if text, ok := a.Value.(string); ok {
			args[i].Value = cleanText(text)
		}
	}
	return args
}

func cleanText(text string) string {
	if utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 {
		return text
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\uFFFD"), "\uFFFD")
}

// suitable refuses servers that the program cannot keep anything on.
func suitable(ctx context.Context, db rower) error {
	var version int
	var encoding string
	var standby bool
	err := db.QueryRowContext(ctx, `SELECT CAST(current_setting('server_version_num') AS INTEGER) / 10000,
		current_setting('server_encoding'), current_setting('transaction_read_only') = 'on'`).Scan(&version, &encoding, &standby)
	switch {
	case err != nil:
		return err
	case standby:
		return ErrStandby
	case version < oldestServer:
		return ErrServer
	case encoding != "UTF8":
		return ErrEncoding
	}
	return nil
}

const versionTable = "mokabot_schema"

// versionOfServer is the version of the schema, 0 when there are no tables yet.
func versionOfServer(ctx context.Context, db rower) (version int, err error) {
	var ours, tables int
	if err := db.QueryRowContext(ctx, `SELECT COALESCE(SUM(CASE WHEN tablename = '`+versionTable+`' THEN 1 ELSE 0 END), 0), COUNT(*)
		FROM pg_tables WHERE schemaname = current_schema() AND tablename IN ('`+versionTable+`', 'readings', 'outbox', 'states', 'marks', 'events')`).Scan(&ours, &tables); err != nil {
		return 0, err
	}
	switch {
	case ours == 0 && tables > 0:
		return 0, ErrForeign
	case ours == 0:
		return 0, nil
	}
	err = db.QueryRowContext(ctx, `SELECT version FROM `+versionTable).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrForeign
	}
	return version, err
}

func setServerVersion(ctx context.Context, tx *sql.Tx, version int) error {
	if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS `+versionTable+` (version INTEGER NOT NULL)`); err != nil {
		return err
	}
	n, err := exec(ctx, tx, `UPDATE `+versionTable+` SET version = ?`, version)
	if err == nil && n == 0 {
		_, err = exec(ctx, tx, `INSERT INTO `+versionTable+` (version) VALUES (?)`, version)
	}
	return err
}

// commitOnServer ends the transaction of a number. When the connection breaks
// before the server has answered, the server is asked for the transaction's state, so
// that nothing is stored twice or taken for lost.
func commitOnServer(ctx context.Context, db *sql.DB, tx *sql.Tx, id string) error {
	err := tx.Commit()
	if id == "" || kindOfServer(err) != ErrCut {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	return outcome(ctx, db, id)
}

// outcome is nil when the transaction was committed, [ErrCut] when it was not.
func outcome(ctx context.Context, db *sql.DB, id string) error {
	const pause = 50 * time.Millisecond // for a server that restarts or has not noticed the break
	for {
		var status sql.NullString
		err := db.QueryRowContext(ctx, `SELECT pg_xact_status(CAST(CAST(? AS TEXT) AS xid8))`, id).Scan(&status)
		switch kind := kindOfServer(err); {
		case err == nil && status.String == "committed":
			return nil
		case err == nil && status.String == "aborted", isFuture(err):
			return ErrCut
		case err == nil && !status.Valid, err != nil && kind != ErrCut && kind != ErrUnreachable:
			return ErrUnknown
		}
		select {
		case <-ctx.Done():
			return ErrUnknown
		case <-time.After(pause):
		}
	}
}

// isFuture reports whether a server does not know a transaction yet: it was put
// back to a time before it.
func isFuture(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && refused.Code == "22023" // invalid_parameter_value
}
