package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"maps"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strings"
)

// shape is what a table looks like to a copy, the same on both engines.
type shape struct {
	name    string
	columns []column // by name
	key     []int    // the columns of the primary key, in its order
}

type column struct {
	name string
	kind kind
}

// kind is how a column's values are read.
type kind int

const (
	kindInt kind = iota + 1
	kindFloat
	kindText
	kindBytes // also of a column that is text on one of the engines
)

// kindOfType are the types of both engines.
var kindOfType = map[string]kind{"bigint": kindInt, "integer": kindInt, "double precision": kindFloat, "text": kindText, "bytea": kindBytes}

const (
	pageRows  = 10_000 // that are copied in one transaction
	maxValues = 20_000 // in a statement; SQLite takes 32,766
)

// shapes are the tables of both databases, which have to be alike.
func (c copying) shapes(ctx context.Context) ([]shape, error) {
	from, err := c.source.shapes(ctx)
	if err != nil {
		return nil, err
	}
	to, err := c.target.shapes(ctx)
	if err != nil {
		return nil, err
	}
	var all []shape
	for _, name := range slices.Sorted(maps.Keys(to)) {
		both, ok := from[name].with(to[name])
		if !ok || len(from) != len(to) {
			return nil, fmt.Errorf("the table %s is not the same on both sides", name)
		}
		all = append(all, both)
	}
	return all, nil
}

// with is a shape that reads both tables, false when they differ.
func (s shape) with(other shape) (shape, bool) {
	if len(s.columns) != len(other.columns) || !slices.Equal(s.key, other.key) {
		return shape{}, false
	}
	both := shape{s.name, slices.Clone(s.columns), s.key}
	for i, c := range other.columns {
		mixed := s.columns[i].kind != c.kind
		if s.columns[i].name != c.name || mixed && min(s.columns[i].kind, c.kind) < kindText {
			return shape{}, false
		}
		both.columns[i].kind = max(s.columns[i].kind, c.kind)
	}
	return both, true
}

// shapes are a database's tables, without what belongs to its engine.
func (db *DB) shapes(ctx context.Context) (map[string]shape, error) {
	type keyed struct {
		column
		place int
	}
	tables := map[string][]keyed{}
	err := each(ctx, db.read, func(r row) error {
		var table, typ string
		var k keyed
		if err := r.Scan(&table, &k.name, &typ, &k.place); err != nil {
			return err
		}
		k.kind = kindOfType[strings.ToLower(typ)]
		if k.kind == 0 {
			return fmt.Errorf("%s.%s is a %s, which is not copied", table, k.name, typ)
		}
		tables[table] = append(tables[table], k)
		return nil
	}, db.engine.columns)
	all := map[string]shape{}
	for name, columns := range tables {
		slices.SortFunc(columns, func(a, b keyed) int { return cmp.Compare(a.name, b.name) })
		s := shape{name: name}
		places := map[int]int{}
		for i, c := range columns {
			s.columns = append(s.columns, c.column)
			if c.place > 0 {
				places[c.place] = i
			}
		}
		for place := 1; place <= len(places); place++ {
			s.key = append(s.key, places[place])
		}
		all[name] = s
	}
	return all, classified(db.path, err)
}

func (s shape) names(indexes []int) string {
	var names []string
	for _, i := range indexes {
		names = append(names, s.columns[i].name)
	}
	return strings.Join(names, ", ")
}

func (s shape) all() []int {
	var all []int
	for i := range s.columns {
		all = append(all, i)
	}
	return all
}

func marks(n int) string { return strings.Repeat(", ?", n)[2:] }

// last is the key of a table's last row, nil when it is empty.
func (s shape) last(ctx context.Context, db *DB) ([]any, error) {
	ends := make([]string, len(s.key))
	for i, k := range s.key {
		ends[i] = s.columns[k].name + " DESC"
	}
	found, err := list(ctx, db.read, func(r row) ([]any, error) { return s.scan(r, s.key) },
		fmt.Sprintf(`SELECT %s FROM %s ORDER BY %s LIMIT 1`, s.names(s.key), s.name, strings.Join(ends, ", ")))
	if err != nil || len(found) == 0 {
		return nil, classified(db.path, err)
	}
	return found[0], nil
}

// pages reads the rows behind a key, nil for all, in the order of their keys.
func (s shape) pages(ctx context.Context, db *DB, after []any, f func(page [][]any) error) error {
	for {
		where := ""
		if after != nil {
			where = fmt.Sprintf(` WHERE (%s) > (%s)`, s.names(s.key), marks(len(s.key)))
		}
		page, err := list(ctx, db.read, func(r row) ([]any, error) { return s.scan(r, s.all()) },
			fmt.Sprintf(`SELECT %s FROM %s%s ORDER BY %s LIMIT %d`, s.names(s.all()), s.name, where, s.names(s.key), pageRows), after...)
		if err != nil || len(page) == 0 {
			return classified(db.path, err)
		}
		if err := f(page); err != nil {
			return err
		}
		after = nil
		for _, k := range s.key {
			after = append(after, page[len(page)-1][k])
		}
	}
}

// scan reads the columns of a row: nil, int64, float64, string or []byte.
func (s shape) scan(r row, indexes []int) ([]any, error) {
	into := make([]any, len(indexes))
	for n, i := range indexes {
		switch s.columns[i].kind {
		case kindInt:
			into[n] = new(sql.NullInt64)
		case kindFloat:
			into[n] = new(sql.NullFloat64)
		case kindText:
			into[n] = new(sql.NullString)
		case kindBytes:
			into[n] = new(sql.Null[[]byte])
		}
	}
	if err := r.Scan(into...); err != nil {
		return nil, err
	}
	values := make([]any, len(into))
	for n := range into {
		switch v := into[n].(type) {
		case *sql.NullInt64:
			if v.Valid {
				values[n] = v.Int64
			}
		case *sql.NullFloat64:
			if v.Valid {
				values[n] = v.Float64
			}
		case *sql.NullString:
			if v.Valid {
				values[n] = cleanText(v.String)
			}
		case *sql.Null[[]byte]:
			if v.Valid {
				values[n] = append([]byte{}, v.V...) // an empty one is not NULL
			}
		}
	}
	return values, nil
}

// insert stores rows.
func (s shape) insert(ctx context.Context, rows [][]any) func(*sql.Tx) error {
	one := "(" + marks(len(s.columns)) + ")"
	return func(tx *sql.Tx) error {
		for part := range slices.Chunk(rows, maxValues/len(s.columns)) {
			var args []any
			for _, row := range part {
				args = append(args, row...)
			}
			statement := fmt.Sprintf(`INSERT INTO %s (%s) VALUES %s`, s.name, s.names(s.all()), strings.Repeat(", "+one, len(part))[2:])
			if err := put(ctx, tx, statement, args...); err != nil {
				return err
			}
		}
		return nil
	}
}

// contents is what a table holds, so that two of them can be compared.
type contents struct {
	Rows int64
	Sum  wide // of all whole numbers
	Hash [sha256.Size]byte
}

// Sums is the sum of all whole numbers and the beginning of the hash.
func (c contents) Sums() string {
	return fmt.Sprintf("sum %s, sha256 %x", c.Sum, c.Hash[:6])
}

// wide is a whole number of 128 bits, in two's complement: a year of times does
// not fit into 64.
type wide struct{ high, low uint64 }

func (w wide) plus(n int64) wide {
	low, carry := bits.Add64(w.low, uint64(n), 0)
	high, _ := bits.Add64(w.high, uint64(n>>63), carry)
	return wide{high, low}
}

func (w wide) String() string {
	n := new(big.Int).Lsh(big.NewInt(int64(w.high)), 64)
	return n.Add(n, new(big.Int).SetUint64(w.low)).String()
}

// read reads a table.
func (s shape) read(ctx context.Context, db *DB, progress func(rows int64)) (contents, error) {
	var c contents
	h := sha256.New()
	err := s.pages(ctx, db, nil, func(page [][]any) error {
		for _, row := range page {
			c.Rows++
			for _, v := range row {
				if n, ok := v.(int64); ok {
					c.Sum = c.Sum.plus(n)
				}
				if err := digest(h, v); err != nil {
					return err
				}
			}
		}
		progress(c.Rows)
		return nil
	})
	h.Sum(c.Hash[:0])
	return c, err
}

// digest adds a value, so that no two rows are alike to it that differ.
func digest(h hash.Hash, v any) error {
	var b []byte
	switch v := v.(type) {
	case nil:
		b = []byte{0}
	case int64:
		b = binary.BigEndian.AppendUint64([]byte{1}, uint64(v))
	case float64:
		b = binary.BigEndian.AppendUint64([]byte{2}, math.Float64bits(v))
	case string:
		b = append(binary.BigEndian.AppendUint64([]byte{3}, uint64(len(v))), v...)
	case []byte:
		b = append(binary.BigEndian.AppendUint64([]byte{4}, uint64(len(v))), v...)
	default:
		return errors.New("a value of no known kind")
	}
	_, err := h.Write(b)
	return err
}
