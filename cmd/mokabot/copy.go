package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/internal/store"
)

func runCopy(ctx context.Context, t terminal, args []string) error {
	for _, a := range args {
		secrets.Add(config.DatabasePasswords(a)...) // also of one in the wrong place
	}
	flags := newArguments("copy").withConfig()
	to := flags.String("to", "", "where to copy to: a postgres:// `URL`, or the path of a file")
	if _, err := flags.parse(args, 0); err != nil {
		return err
	}
	if *to == "" {
		return usageError{"--to is missing; name a postgres:// URL or the path of a file"}
	}
	target, err := config.DatabaseAddress(*to)
	if err != nil {
		return usageError{"--to " + err.Error()}
	}
	c, err := flags.load(t.lookup)
	if err != nil {
		return err
	}
	began := time.Now()
	done, err := store.Copy(ctx, c.Storage.Address(), target, copyProgress(t))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no database %s to copy", databaseName(c))
	case ctx.Err() != nil:
		return fmt.Errorf("%w; run it again to go on", errInterrupted)
	case err != nil:
		return app.DatabaseError(lang.For(c.Language), err)
	}
	var rows int64
	for _, table := range done {
		rows += table.Rows
		fmt.Fprintf(t.out, "%-14s %12d rows  %s\n", table.Table, table.Rows, table.Sums())
	}
	_, err = fmt.Fprintf(t.out, "%d rows of %d tables were copied and are the same on both sides (%s).\nName the copy in storage.%s, then start the bot.\n",
		rows, len(done), time.Since(began).Round(time.Second/10), keyOf(target))
	return err
}

// keyOf is the key of the configuration that an address belongs into.
func keyOf(address string) string {
	if store.IsURL(address) {
		return "url"
	}
	return "path"
}

// copyProgress writes the progress of a copy to stderr, once a second.
func copyProgress(t terminal) func(store.CopyStep) {
	const every = time.Second
	var last time.Time
	return func(s store.CopyStep) {
		if time.Since(last) < every {
			return
		}
		last = time.Now()
		doing := "copied"
		if s.Verifying {
			doing = "compared"
		}
		fmt.Fprintf(t.err, "mokabot copy: %s: %d rows %s\n", s.Table, s.Rows, doing)
	}
}
