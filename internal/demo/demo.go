// Package demo runs the real bot on a simulated Discord in the browser, with a simulated
// gateway or with the user's own accounts.
package demo

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/discordsim"
	"mokabot/internal/discordsim/page"
	"mokabot/internal/store"
	"mokabot/moka/mokatest"
)

// modelsChannel is the demonstration's channel of model changes.
const modelsChannel = "1100000000000000024"

// demoConfig is what the demonstration runs on. It polls every second because
// its account is being spent a thousand times faster than a real one.
const demoConfig = `
language: ${DEMO_LANGUAGE}
poll_interval: 1s
discord:
  token: ${DEMO_TOKEN}
  guild_ids: ["` + discordsim.GuildID + `"]
accounts:
  - name: team
    base_url: https://gateway.example
    api_key: ${DEMO_KEY}
    access_token: ${DEMO_ACCESS_TOKEN}
    user_id: 1
alerts:
  channel_id: "` + discordsim.AlertsChannel + `"
  confirm_after: 2s
  unreachable_after: 10s
  spike: {factor: 5, at_least: 120.00} # everything here would be one
  levels:
    - {name: low, below: 85.00, remind_every: 45s, mention_roles: ["` + discordsim.OnCallRole + `"]}
    - {name: critical, below: 70.00, remind_every: 45s, mention_roles: ["` + discordsim.OnCallRole + `"]}
reports:
  - {name: daily, cron: "* * * * *", period: day, channel_id: "` + discordsim.ReportChannel + `"}
  - {name: weekly, cron: "* * * * *", period: week, channel_id: "` + discordsim.ReportChannel + `"}
model_watch:
  cron: "@every 5s"
  channel_id: "` + modelsChannel + `"
requests_per_180s: 2000
storage:
  path: ${DEMO_DATABASE}
welcome: true
`

// demo holds the simulated gateway and Discord, with the real bot between them.
type demo struct {
	*stage
	account *spentAccount
	stories func() ([]page.Story, error)
}

// Run serves the demonstration until ctx ends.
func Run(ctx context.Context, out io.Writer, address, language string, log *slog.Logger) error {
	dir, err := os.MkdirTemp("", "mokabot-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	d, err := newDemo(ctx, dir, language, log)
	if err != nil {
		return err
	}
	defer d.discord.Close()
	return visitors{out, log, "demo", address}.serve(ctx, d, d.run)
}

// newDemo makes the demonstration's world in a folder. Nothing runs yet.
func newDemo(ctx context.Context, dir, language string, log *slog.Logger, opts ...discordsim.Option) (*demo, error) {
	c, err := loadDemo(dir, language)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if err := invent(ctx, c, now); err != nil {
		return nil, err
	}
	d := &demo{stage: newStage(opts...), account: newSpentAccount(now), stories: sync.OnceValues(writeStories)}
	d.discord.AddChannel(discordsim.Channel{ID: modelsChannel, Name: "models"})
	d.topics[modelsChannel] = both{"models that came, went or cost something else", "模型的新增、下架和调价"}
	d.bot = newRestarting(c, app.Environment{
		Discord: d.discord.Client(), Gateway: d.account.gateway.Client().Transport, Clock: soonAtTheMinute(time.Now()),
	}, log)
	d.state = d.account.describe
	d.controls = append(d.accountControls(), d.discordControls()...)
	return d, nil
}

// run is the demonstration until ctx ends.
func (d *demo) run(ctx context.Context) error { return app.RunAll(ctx, d.bot.run, d.account.run) }

// loadDemo reads the demonstration's configuration the way every other is read.
func loadDemo(dir, language string) (*config.Config, error) {
	file := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(file, []byte(demoConfig), 0o600); err != nil {
		return nil, err
	}
	values := map[string]string{
		"DEMO_LANGUAGE": language, "DEMO_TOKEN": discordsim.Token, "DEMO_KEY": mokatest.DemoKey,
		"DEMO_ACCESS_TOKEN": mokatest.DemoAccessToken, "DEMO_DATABASE": filepath.Join(dir, "demo.db"),
	}
	c, err := config.LoadWith(file, func(name string) (string, bool) {
		v, ok := values[name]
		return v, ok
	})
	if err != nil {
		return nil, err
	}
	c.Timezone = time.Local // a visitor's day is that of their clock
	for i := range c.Reports {
		c.Reports[i].Timezone = time.Local
	}
	return c, nil
}

// soonAtTheMinute returns a clock, less than a minute off, on which the next minute
// begins a quarter of a minute after the start, so that a visitor need not wait for
// the summary.
func soonAtTheMinute(began time.Time) func() time.Time {
	const wait = 15 * time.Second
	shift := began.Add(wait).Truncate(time.Minute).Add(time.Minute).Sub(began.Add(wait))
	return func() time.Time { return time.Now().Add(shift) }
}

func servePage(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
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

// invent writes half a month of office hours into the database, which end at the fake
// gateway's present figures.
func invent(ctx context.Context, c *config.Config, now time.Time) error {
	db, err := store.Open(c.Storage.Address())
	if err != nil {
		return err
	}
	return errors.Join(inventPast(ctx, db, c, now), db.Close())
}
