package main

import (
	"context"

	"mokabot/internal/app"
	"mokabot/internal/lang"
)

func runCheck(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("check").withConfig()
	asJSON := flags.withJSON()
	offline := flags.Bool("offline", false, "check the configuration only; nobody is asked")
	if _, err := flags.parse(args, 0); err != nil {
		return err
	}
	c, err := flags.load(t.lookup)
	if err != nil {
		return err
	}
	found, err := app.Check(ctx, c, !*offline)
	if err != nil {
		return usageError{err.Error()}
	}
	if *asJSON {
		err = writeJSON(t.out, checkAnswer{OK: app.AllOK(found), Findings: found})
	} else {
		err = app.WriteFindings(t.out, lang.For(c.Language), found)
	}
	if err == nil && !app.AllOK(found) {
		err = silentError{}
	}
	return err
}

// checkAnswer is the JSON of `check --json`; the README documents it.
type checkAnswer struct {
	OK       bool          `json:"ok"`
	Findings []app.Finding `json:"findings"`
}
