package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"sync"
)

// maxKept is how many statements a connection to SQLite keeps: more than the package has
// that run more than once.
const maxKept = 150

// sqliteDriver is the driver of files. Nothing is opened for it.
var sqliteDriver = sync.OnceValues(func() (driver.Driver, error) {
	db, err := sql.Open("sqlite", "")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return db.Driver(), nil
})

// fileConnector makes connections to the file that a data source name has.
type fileConnector struct {
	driver driver.Driver
	name   string
}

func (c fileConnector) Driver() driver.Driver { return c.driver }

func (c fileConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.name)
	if err != nil {
		return nil, err
	}
	return &fileConn{sqliteConn: conn.(sqliteConn), kept: map[string]*keptStatement{}}, nil
}

// sqliteConn is what a connection of the driver does.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// fileConn is a connection that keeps its statements: SQLite takes longer to parse and
// plan most of them than to carry them out. database/sql gives it to one goroutine at a
// time.
type fileConn struct {
	sqliteConn
	kept map[string]*keptStatement
}

// keptStatement is a parsed statement. SQLite parses it again when the schema changes.
type keptStatement struct {
	driver.Stmt
	busy bool // its rows are being read
}

func (c *fileConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (c *fileConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return keptRows{rows, s}, nil
}

// statement is the parsed statement, nil for one that is not kept or whose rows are
// being read.
func (c *fileConn) statement(ctx context.Context, query string) (*keptStatement, error) {
	s := c.kept[query]
	if s == nil && len(c.kept) < maxKept && repeated(query) {
		parsed, err := c.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		s = &keptStatement{Stmt: parsed}
		c.kept[query] = s
	}
	if s == nil || s.busy {
		return nil, nil
	}
	return s, nil
}

// repeated reports whether a statement may run again: not the steps of a migration, and
// not the pages of a copy, which are long.
func repeated(query string) bool {
	const maxLength = 4096
	verb, _, _ := strings.Cut(query, " ")
	return len(query) < maxLength && (verb == "SELECT" || verb == "INSERT" || verb == "UPDATE" || verb == "DELETE")
}

func (c *fileConn) Close() error {
	for _, s := range c.kept {
		_ = s.Close() // it goes with its connection
	}
	return c.sqliteConn.Close()
}

// keptRows are the rows of a kept statement.
type keptRows struct {
	driver.Rows
	of *keptStatement
}

func (r keptRows) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}
