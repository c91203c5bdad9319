package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/store"
)

// past is what the commands about the past need: the configuration, its accounts and the
// database.
type past struct {
	config  *config.Config
	book    *account.Book
	history history.History
}

// openPast opens the database for reading, also while the bot runs. A database that does
// not exist yet is an error only if it is needed, and if the accounts that were named exist.
func openPast(t terminal, flags arguments, needed bool, names ...string) (past, func(), error) {
	none := func() {}
	c, err := flags.load(t.lookup)
	if err != nil {
		return past{}, none, err
	}
	readAuthorities(c)
	db, err := store.OpenReadOnly(c.Storage.Address())
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return past{}, none, app.DatabaseError(lang.For(c.Language), err)
	}
	if err == nil {
		none = func() { db.Close() }
	}
	c = app.RememberedLevels(context.Background(), db, c)
	book, err := account.New(c)
	if err != nil {
		return past{}, none, usageError{err.Error()}
	}
	a := past{config: c, book: book, history: history.History{Store: db, Zone: c.Timezone}}
	if _, err := book.Select(names...); missing && err != nil {
		return a, none, usageError{err.Error()}
	}
	if missing && needed {
		return a, none, fmt.Errorf("there is no database %s yet; it fills while `mokabot run` is running", databaseName(c))
	}
	if missing {
		fmt.Fprintf(t.err, "mokabot: there is no database %s yet, so nothing is remembered; it fills while `mokabot run` is running\n", databaseName(c))
	}
	return a, none, nil
}

// databaseName names the database without its password.
func databaseName(c *config.Config) string {
	if c.Storage.URL.Empty() {
		return c.Storage.Path
	}
	return "in PostgreSQL (storage.url)"
}

// one is the named account, or the first one.
func (a past) one(names []string) (*account.Account, error) {
	if len(names) == 0 {
		return a.book.All()[0], nil
	}
	found, err := a.book.Get(names[0])
	if err != nil {
		return nil, usageError{err.Error()}
	}
	return found, nil
}

var daysAgo = regexp.MustCompile(`^(\d{1,5})d$`)

// moment parses a time on a command line: RFC 3339, a date, or how long ago.
func moment(text string, now time.Time, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t, nil
	}
	if m := daysAgo.FindStringSubmatch(text); m != nil {
		days, _ := strconv.Atoi(m[1])
		return now.AddDate(0, 0, -days), nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, usageError{fmt.Sprintf("%q is not a time; write such as 2026-11-01, 2026-11-01T09:00:00Z, 30d or 12h", text)}
}
