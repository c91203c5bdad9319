package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
)

// keptBy is how many statements the only connection of a pool keeps.
func keptBy(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	c, err := db.Conn(t.Context())
	check(t, err)
	defer c.Close()
	check(t, c.Raw(func(conn any) error {
		n = len(conn.(*fileConn).kept)
		return nil
	}))
	return n
}

// numbers is a file with a table of three numbers, through one connection.
func numbers(t *testing.T) *sql.DB {
	t.Helper()
	db, err := connect(filepath.Join(t.TempDir(), "n.db"), 1, nil)
	check(t, err)
	t.Cleanup(func() { db.Close() })
	for _, statement := range []string{`CREATE TABLE n (v INTEGER)`, `INSERT INTO n VALUES (1)`, `INSERT INTO n VALUES (2)`, `INSERT INTO n VALUES (3)`} {
		_, err := db.Exec(statement)
		check(t, err)
	}
	return db
}

func valuesOf(t *testing.T, q querier, statement string, args ...any) []int {
	t.Helper()
	all, err := list(t.Context(), q, func(r row) (v int, err error) { return v, r.Scan(&v) }, statement, args...)
	check(t, err)
	return all
}

func TestAStatementIsKept(t *testing.T) {
	db := numbers(t)
	before := keptBy(t, db)
	const above = `SELECT v FROM n WHERE v > ? ORDER BY v`
	for i := range 4 {
		equal(t, "rows", len(valuesOf(t, db, above, i)), 3-i)
	}
	equal(t, "kept", keptBy(t, db)-before, 1)
	for _, once := range []string{`CREATE TABLE other (v INTEGER)`, `PRAGMA user_version = 3`, "\n\tSELECT 1; SELECT 2"} {
		_, err := db.Exec(once)
		check(t, err)
	}
	equal(t, "kept", keptBy(t, db)-before, 1)
	for i := range 2 * maxKept {
		equal(t, "sum", valuesOf(t, db, fmt.Sprintf(`SELECT v + %d FROM n WHERE v = 1`, i))[0], i+1)
	}
	equal(t, "kept at most", keptBy(t, db), maxKept)
}

func TestAStatementRunsWithinItsOwnRows(t *testing.T) {
	db := numbers(t)
	tx, err := db.Begin()
	check(t, err)
	defer tx.Rollback() //nolint:errcheck // it only reads
	const all = `SELECT v FROM n ORDER BY v`
	var outer []int
	check(t, each(t.Context(), tx, func(r row) error {
		var v int
		err := r.Scan(&v)
		outer = append(outer, v)
		equal(t, "inner rows", len(valuesOf(t, tx, all)), 3)
		return err
	}, all))
	equal(t, "outer rows", fmt.Sprint(outer), "[1 2 3]")
}

func TestAKeptStatementFollowsTheSchema(t *testing.T) {
	db := numbers(t)
	const all = `SELECT * FROM n LIMIT 1`
	for columns := 1; columns < 3; columns++ {
		rows, err := db.Query(all)
		check(t, err)
		names, err := rows.Columns()
		check(t, err)
		check(t, rows.Close())
		equal(t, "columns", len(names), columns)
		_, err = db.Exec(fmt.Sprint(`ALTER TABLE n ADD COLUMN c`, columns, ` INTEGER`))
		check(t, err)
	}
}

func TestAKeptStatementRunsAgainAfterAFailure(t *testing.T) {
	db := numbers(t)
	_, err := db.Exec(`CREATE UNIQUE INDEX one ON n (v)`)
	check(t, err)
	const add = `INSERT INTO n VALUES (?)`
	for _, c := range []struct {
		v       int
		refused bool
	}{{4, false}, {4, true}, {5, false}} {
		if _, err := db.Exec(add, c.v); (err != nil) != c.refused {
			t.Errorf("%d: %v", c.v, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.ExecContext(ctx, add, 6); err == nil {
		t.Error("a statement ran whose context had ended")
	}
	const sum = `SELECT SUM(a.v * b.v) FROM n a, n b`
	equal(t, "sum", valuesOf(t, db, sum)[0], 225)
	equal(t, "sum", valuesOf(t, db, sum)[0], 225)
}
