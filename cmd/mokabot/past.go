package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/store"
)

// asked is what the commands about the past begin with: the configuration, its
// accounts and what was remembered of them.
type asked struct {
	config  *config.Config
	book    *account.Book
	history history.History
}

// ask opens what was remembered for reading, also while the bot runs. A
// database that is not there yet is no error unless it is needed.
func ask(t terminal, flags arguments, needed bool) (asked, func(), error) {
	none := func() {}
	c, err := flags.load(t.lookup)
	if err != nil {
		return asked{}, none, err
	}
	c = app.RememberedLevels(context.Background(), c)
	book, err := account.New(c)
	if err != nil {
		return asked{}, none, usageError{err.Error()}
	}
	a := asked{config: c, book: book, history: history.History{Zone: c.Timezone}}
	if _, err := os.Stat(c.Storage.Path); errors.Is(err, fs.ErrNotExist) {
		if needed {
			return a, none, fmt.Errorf("there is no database %s yet; it fills while `mokabot run` is running", c.Storage.Path)
		}
		fmt.Fprintf(t.err, "mokabot: there is no database %s yet, so nothing is remembered; it fills while `mokabot run` is running\n", c.Storage.Path)
		return a, none, nil
	}
	db, err := store.OpenReadOnly(c.Storage.Path)
	if err != nil {
		return a, none, err
	}
	a.history.Store = db
	return a, func() { db.Close() }, nil
}

// one is the named account, the first when none is named.
func (a asked) one(names []string) (*account.Account, error) {
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

// moment reads a time as people write it on a command line: RFC 3339, a date,
// or how long ago.
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
