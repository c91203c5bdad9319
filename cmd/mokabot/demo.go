package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"mokabot/internal/config"
	"mokabot/internal/discordtest"
	"mokabot/internal/discordtest/page"
	"mokabot/internal/store"
	"mokabot/moka/mokatest"
)

// demoConfig is what the demonstration runs on. It polls every second because
// its account is being spent a thousand times faster than a real one.
const demoConfig = `
language: ${DEMO_LANGUAGE}
poll_interval: 1s
discord:
  token: ${DEMO_TOKEN}
  guild_ids: ["` + discordtest.GuildID + `"]
accounts:
  - name: team
    base_url: https://gateway.example
    api_key: ${DEMO_KEY}
    access_token: ${DEMO_ACCESS_TOKEN}
    user_id: 1
alerts:
  channel_id: "` + discordtest.AlertsChannel + `"
  confirm_after: 2s
  unreachable_after: 10s
  spike: {factor: 0, at_least: 1.00} # everything here would be one
  levels:
    - {name: low, below: 85.00, remind_every: 10m, mention_roles: ["` + discordtest.OnCallRole + `"]}
    - {name: critical, below: 70.00, remind_every: 5m, mention_roles: ["` + discordtest.OnCallRole + `"]}
reports:
  - {name: daily, cron: "* * * * *", period: day, channel_id: "` + discordtest.ReportChannel + `"}
requests_per_180s: 2000
storage:
  path: ${DEMO_DATABASE}
`

func runDemo(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("demo")
	address := flags.String("listen", "127.0.0.1:8080", "where the page is served")
	language := flags.String("language", "en", "en or zh-CN")
	if _, err := flags.parse(args, 0); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "mokabot-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c, err := loadDemo(dir, *language)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		return fmt.Errorf("%w; choose another address with --listen", err)
	}
	d := &demo{discord: discordtest.New(), gateway: mokatest.NewDemo(time.Now)}
	defer d.discord.Close()
	d.begin()
	if err := d.invent(ctx, c, time.Now()); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "mokabot demo: open http://%s (Ctrl-C ends it)\n", listener.Addr())
	log := newLog(t.err, config.Log{Level: slog.LevelWarn})
	began := time.Now()
	return together(ctx,
		func(ctx context.Context) error { return servePage(ctx, listener, page.Handler(d)) },
		func(ctx context.Context) error {
			return serve(ctx, c, outside{
				discord: d.discord.Client(), gateway: d.gateway.Client().Transport, clock: soonAtTheMinute(began),
			}, log)
		},
		d.spend,
	)
}

// loadDemo reads the demonstration's configuration the way every other is read.
func loadDemo(dir, language string) (*config.Config, error) {
	file := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(file, []byte(demoConfig), 0o600); err != nil {
		return nil, err
	}
	values := map[string]string{
		"DEMO_LANGUAGE": language, "DEMO_TOKEN": discordtest.Token, "DEMO_KEY": mokatest.DemoKey,
		"DEMO_ACCESS_TOKEN": mokatest.DemoAccessToken, "DEMO_DATABASE": filepath.Join(dir, "demo.db"),
	}
	return config.LoadWith(file, func(name string) (string, bool) {
		v, ok := values[name]
		return v, ok
	})
}

// soonAtTheMinute is a clock, less than a minute off, on which a new minute
// begins a quarter of a minute after the start: a visitor should not wait for
// the summary.
func soonAtTheMinute(began time.Time) func() time.Time {
	const wait = 15 * time.Second
	shift := began.Add(wait).Truncate(time.Minute).Add(time.Minute).Sub(began.Add(wait))
	return func() time.Time { return time.Now().Add(shift) }
}

func servePage(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			server.Close()
		}
	})
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// invent gives the demonstration a past: half a month of office hours that end
// at what the fake gateway says now.
func (d *demo) invent(ctx context.Context, c *config.Config, now time.Time) error {
	db, err := store.Open(c.Storage.Path)
	if err != nil {
		return err
	}
	return errors.Join(inventPast(ctx, db, c, now), db.Close())
}
