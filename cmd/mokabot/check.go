package main

import (
	"context"
	"crypto/x509"
	"errors"

	"mokabot/internal/app"
	"mokabot/internal/lang"
)

func runCheck(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("check").withConfig()
	asJSON := flags.withJSON()
	offline := flags.Bool("offline", false, "check the configuration only; nobody is asked")
	send := flags.Bool("send", false, "also post a test message in every channel, with its pings")
	if _, err := flags.parse(args, 0); err != nil {
		return err
	}
	c, err := flags.load(t.lookup)
	if err != nil {
		if found := app.ConfigFindings(err, flags.configName()); *asJSON && found != nil {
			err = errors.Join(err, writeJSON(t.out, checkAnswer{Findings: found}))
		}
		return err
	}
	if *offline && *send {
		return wrongArguments(func(w lang.ArgumentWords) string { return w.SendOffline })
	}
	if !*offline {
		readAuthorities(c)
		go x509.SystemCertPool() //nolint:errcheck // for Discord; whoever verifies has the error
	}
	show, hide := progress(t)
	found, err := app.Check(ctx, c, app.CheckOptions{Offline: *offline, Send: *send, Progress: show})
	hide()
	if err != nil {
		return wrongSetup(err)
	}
	if *asJSON {
		err = writeJSON(t.out, checkAnswer{OK: app.AllOK(found), Findings: found})
	} else {
		err = app.WriteFindings(t.out, lang.For(c.Language), found, colored(t.out, t.lookup))
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
