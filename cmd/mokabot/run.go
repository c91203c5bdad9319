package main

import (
	"context"
	"fmt"
	"runtime"

	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/lang"
)

func runBot(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("run").withConfig()
	if _, err := flags.parse(args, 0); err != nil {
		return err
	}
	load := func() (*config.Config, error) {
		c, err := flags.load(t.lookup)
		if err != nil {
			return nil, err
		}
		return c, c.NeedDiscord()
	}
	c, err := load()
	if err != nil {
		return err
	}
	app.TuneGC(t.lookup)
	lines := app.NewLogWriter(t.err)
	defer lines.Close()
	log := app.NewLog(lines, c.Log)
	for _, file := range c.Exposed() {
		log.Warn(lang.For(c.Language).CLI.Exposed, "file", file)
	}
	client, err := app.DiscordClient(c)
	if err != nil {
		return wrongSetup(err)
	}
	return app.Serve(ctx, c, app.Environment{Discord: client, Reload: load, Hangups: t.hangups}, log)
}

func runVersion(_ context.Context, t terminal, args []string) error {
	if _, err := newArguments("version").parse(args, 0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.out, "mokabot %s (%s %s/%s)\n", app.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
