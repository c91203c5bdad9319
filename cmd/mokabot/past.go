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
		return past{}, none, wrongSetup(err)
	}
	a := past{config: c, book: book, history: history.History{Store: db, Zone: c.Timezone}}
	if _, err := book.Select(names...); missing && err != nil {
		return a, none, wrongSetup(err)
	}
	if missing && needed {
		return a, none, &failure{say: func(w lang.ArgumentWords) string { return w.NoDatabase(databaseName(w, c)) }}
	}
	if missing {
		w := lang.For(c.Language).Arguments
		fmt.Fprintln(t.err, "mokabot: "+w.NothingYet(databaseName(w, c)))
	}
	return a, none, nil
}

// databaseName names the database without its password.
func databaseName(w lang.ArgumentWords, c *config.Config) string {
	if c.Storage.URL.Empty() {
		return c.Storage.Path
	}
	return w.InPostgreSQL
}

// sayFirst says on stderr that an answer is about the first of several accounts, which
// the answer in JSON names.
func sayFirst(t terminal, c *config.Config) {
	if of := len(c.Accounts); of > 1 {
		fmt.Fprintln(t.err, "mokabot: "+lang.For(c.Language).FirstOf(c.Accounts[0].Name, of))
	}
}

// one is the named account, or the first one.
func (a past) one(names []string) (*account.Account, error) {
	if len(names) == 0 {
		return a.book.All()[0], nil
	}
	found, err := a.book.Get(names[0])
	if err != nil {
		return nil, wrongSetup(err)
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
	return time.Time{}, wrongArguments(func(w lang.ArgumentWords) string { return w.NotTime(text) })
}
