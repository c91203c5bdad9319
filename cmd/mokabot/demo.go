package main

import (
	"context"
	"log/slog"

	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/demo"
)

const demoAddress = "127.0.0.1:8080"

// demoLog logs only what goes wrong.
func demoLog(t terminal) *slog.Logger {
	return app.NewLog(t.err, config.Log{Level: slog.LevelWarn})
}

func runDemo(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("demo")
	address := flags.withListen()
	language := flags.withLanguage("language of the bot's posts", t.lookup)
	if _, err := flags.parse(args, 0); err != nil {
		return err
	}
	app.TuneGC(t.lookup)
	return untilEnd(ctx, demo.Run(ctx, t.out, *address, *language, demoLog(t)))
}

// untilEnd returns the error of a function that runs until ctx ends. Once ctx has
// ended there is none, even if the function was still starting.
func untilEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// runPreview shows what the configured accounts look like in Discord, without Discord.
func runPreview(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("preview").withConfig()
	address := flags.withListen()
	if _, err := flags.parse(args, 0); err != nil {
		return err
	}
	app.TuneGC(t.lookup)
	load := func() (*config.Config, error) { return flags.load(demo.WithSimulatedToken(t.lookup)) }
	return untilEnd(ctx, demo.RunPreview(ctx, t.out, *address, load, demoLog(t)))
}
