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
		return wrongArguments(func(w lang.ArgumentWords) string { return w.ToMissing })
	}
	target, err := config.DatabaseAddress(*to)
	if fault, ok := errors.AsType[config.DatabaseFault](err); ok {
		return usageError{func(w *lang.Words) string { return w.Arguments.To(fault.In(w)) }}
	}
	c, err := flags.load(t.lookup)
	if err != nil {
		return err
	}
	w := lang.For(c.Language).Arguments
	began := time.Now()
	done, err := store.Copy(ctx, c.Storage.Address(), target, copyProgress(t, w))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &failure{say: func(w lang.ArgumentWords) string { return w.NothingToCopy(databaseName(w, c)) }}
	case ctx.Err() != nil:
		return &failure{func(w lang.ArgumentWords) string { return w.CopyAgain }, errInterrupted}
	case err != nil:
		return app.DatabaseError(lang.For(c.Language), err)
	}
	var rows int64
	for _, table := range done {
		rows += table.Rows
		fmt.Fprintln(t.out, w.CopiedTable(table.Table, table.Rows, table.Sums()))
	}
	_, err = fmt.Fprintln(t.out, w.Copied(rows, len(done), time.Since(began).Round(time.Second/10).String(), keyOf(target)))
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
func copyProgress(t terminal, w lang.ArgumentWords) func(store.CopyStep) {
	const every = time.Second
	var last time.Time
	return func(s store.CopyStep) {
		if time.Since(last) < every {
			return
		}
		last = time.Now()
		fmt.Fprintln(t.err, "mokabot copy: "+w.CopyStep(s.Table, s.Rows, s.Verifying))
	}
}
