package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"
)

// CopyStep is the progress of a copy.
type CopyStep struct {
	Table     string
	Rows      int64 // done
	Verifying bool  // the table was copied and is being compared
}

// Copied is the contents of a table on both sides, read again after the copy.
type Copied struct {
	Table string
	contents
}

// Copy copies everything from one database to another, which is empty or an unfinished
// copy of the same one, and compares both in the end. No other process can write to either
// of them meanwhile, and no bot starts on the target until the copy is complete.
func Copy(ctx context.Context, from, to string, progress func(CopyStep)) ([]Copied, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	source, err := openSource(from)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	if err := source.occupy(ctx, stop); err != nil {
		return nil, err
	}
	if sameFile(from, to) {
		return nil, &Error{Path: to, Kind: ErrSame}
	}
	target, err := openTarget(ctx, to)
	if err != nil {
		return nil, err
	}
	defer target.Close()
	if source.path == target.path {
		return nil, &Error{Path: target.path, Kind: ErrSame}
	}
	if err := target.occupy(ctx, stop); err != nil {
		return nil, err
	}
	c := copying{source: source, target: target, progress: progress}
	done, err := c.run(patient(ctx))
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return done, err
}

func openSource(address string) (*DB, error) {
	if !IsURL(address) {
		if _, err := os.Stat(address); err != nil {
			return nil, err
		}
	}
	return Open(address)
}

func sameFile(from, to string) bool {
	a, err := os.Stat(from)
	if err != nil {
		return false
	}
	b, err := os.Stat(to)
	return err == nil && os.SameFile(a, b)
}

func openTarget(ctx context.Context, address string) (*DB, error) {
	if IsURL(address) {
		return openServer(ctx, address)
	}
	return openFile(ctx, address)
}

const (
	occupyTime  = 20 * time.Second // that a lease lasts after a copy was killed
	occupyEvery = 4 * time.Second
)

// occupy keeps every bot from using a PostgreSQL database until db is closed, and
// calls stop when the lease is lost. A file is locked already.
func (db *DB) occupy(ctx context.Context, stop context.CancelCauseFunc) error {
	lease := db.Lease()
	if lease == nil {
		return nil
	}
	holder := "copy " + rand.Text()[:8]
	grant, ok, err := lease.Acquire(ctx, holder, occupyTime)
	if err != nil {
		return classified(db.path, err)
	}
	if !ok {
		return &Error{Path: db.path, Kind: ErrRunning}
	}
	go db.renew(ctx, grant.Epoch, stop)
	shut := db.close
	db.close = func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), occupyEvery)
		defer cancel()
		_ = lease.Resign(ctx, grant.Epoch) // or else it expires
		return shut()
	}
	return nil
}

func (db *DB) renew(ctx context.Context, epoch int64, stop context.CancelCauseFunc) {
	tick := time.NewTicker(occupyEvery)
	defer tick.Stop()
	for renewed := time.Now(); ctx.Err() == nil; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		sent := time.Now()
		_, ok, err := db.lease.Renew(ctx, epoch, occupyTime)
		switch {
		case err == nil && ok:
			renewed = sent
		case err == nil, time.Since(renewed) > occupyTime:
			stop(&Error{Path: db.path, Kind: ErrNotLeader, Err: err})
			return
		}
	}
}

// copying is a copy under way.
type copying struct {
	source, target *DB
	progress       func(CopyStep)
}

func (c copying) run(ctx context.Context) ([]Copied, error) {
	shapes, err := c.shapes(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.begin(ctx, shapes); err != nil {
		return nil, err
	}
	var all []Copied
	for _, s := range shapes {
		same, err := c.table(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("copy the table %s: %w", s.name, err)
		}
		all = append(all, Copied{s.name, same})
	}
	return all, c.finish(ctx)
}

// table copies what the target lacks of a table and compares. A source that was
// written to since a copy was broken off is copied anew.
func (c copying) table(ctx context.Context, s shape) (contents, error) {
	for range 2 {
		if err := c.rest(ctx, s); err != nil {
			return contents{}, err
		}
		ours, theirs, err := c.compare(ctx, s)
		if err != nil || ours == theirs {
			return ours, err
		}
		if err := c.clear(ctx, s); err != nil {
			return contents{}, err
		}
	}
	return contents{}, ErrDiffers
}

// rest copies the rows after the target's last one.
func (c copying) rest(ctx context.Context, s shape) error {
	last, err := s.last(ctx, c.target)
	if err != nil {
		return err
	}
	rows := int64(0)
	return s.pages(ctx, c.source, last, func(page [][]any) error {
		err := c.target.tx(ctx, s.insert(ctx, page))
		rows += int64(len(page))
		c.progress(CopyStep{Table: s.name, Rows: rows})
		return err
	})
}

// compare reads both sides of a table, at the same time.
func (c copying) compare(ctx context.Context, s shape) (ours, theirs contents, err error) {
	failed := make(chan error, 1)
	go func() {
		var err error
		theirs, err = s.read(ctx, c.target, func(int64) {})
		failed <- err
	}()
	ours, err = s.read(ctx, c.source, func(rows int64) { c.progress(CopyStep{Table: s.name, Rows: rows, Verifying: true}) })
	return ours, theirs, errors.Join(err, <-failed)
}

func (c copying) clear(ctx context.Context, s shape) error {
	_, err := c.target.update(ctx, in(s.name, `DELETE FROM %s`))
	return err
}

// unfinished is a table that only an unfinished copy has, with the place of its source.
const unfinished = "unfinished_copy"

// begin refuses a target that holds anything but a copy of this source.
func (c copying) begin(ctx context.Context, shapes []shape) error {
	begun, err := c.target.hasUnfinishedCopy(ctx)
	if err != nil {
		return err
	}
	if begun {
		source, _, err := one(ctx, c.target, scanText, `SELECT source FROM `+unfinished)
		if err == nil && source != c.source.path {
			return &Error{Path: c.target.path, Kind: ErrNotEmpty, Err: errors.New("it is the unfinished copy of " + source)}
		}
		return err
	}
	for _, s := range shapes {
		rows, _, err := one(ctx, c.target, scanInt, in(s.name, `SELECT COUNT(*) FROM (SELECT 1 FROM %s LIMIT 1) first`))
		if err != nil {
			return err
		}
		if rows > 0 {
			return &Error{Path: c.target.path, Kind: ErrNotEmpty}
		}
	}
	if _, err := c.target.update(ctx, `CREATE TABLE `+unfinished+` (source TEXT NOT NULL)`); err != nil {
		return err
	}
	_, err = c.target.update(ctx, `INSERT INTO `+unfinished+` (source) VALUES (?)`, c.source.path)
	return err
}

// finish makes the target a database like any other.
func (c copying) finish(ctx context.Context) error {
	for _, statement := range c.target.engine.afterCopy {
		if _, err := c.target.update(ctx, statement); err != nil {
			return err
		}
	}
	_, err := c.target.update(ctx, `DROP TABLE `+unfinished)
	return err
}

// hasUnfinishedCopy reports whether the database is an unfinished copy.
func (db *DB) hasUnfinishedCopy(ctx context.Context) (bool, error) {
	n, _, err := one(ctx, db, scanInt, db.engine.tableCount, unfinished)
	return n > 0, err
}

// complete refuses a database that is an unfinished copy.
func complete(db *DB, err error) (*DB, error) {
	if err != nil {
		return nil, err
	}
	unfinished, err := db.hasUnfinishedCopy(context.Background())
	if err == nil && unfinished {
		err = &Error{Path: db.path, Kind: ErrUnfinished}
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}
