package e2e

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/schedule"
)

// week makes TestWeek a week of fifty accounts instead of a day of two.
const week = "MOKABOT_WEEK"

// TestWeek lets the real polling run for a week of the fake clock: what lives
// in memory may not grow, and the file only by what was read. Then the released
// program is started on that file.
//
//	MOKABOT_WEEK=1 go test ./internal/e2e -run TestWeek -v -timeout 1h
func TestWeek(t *testing.T) {
	proof.NotShort(t)
	proof.NotRaced(t)
	accounts, days := 2, 1
	if os.Getenv(week) != "" {
		accounts, days = 50, 7
	}
	w := newWorld(t)
	database := filepath.Join(w.dir, "week.db")
	w.days(t, accounts, days, w.many(t, accounts, 5*time.Minute, database), database)
	if os.Getenv(week) == "" {
		return
	}
	bot, _ := w.start(t, release(t), w.configOf(t, accounts, time.Hour, database))
	w.until(t, 1)
	time.Sleep(settle)
	t.Logf("the released program on that file: %.1f MB, of them %.1f MB its own", bot.status(t, "VmRSS")/1024, bot.status(t, "RssAnon")/1024)
	bot.stop(t)
}

// days has so many accounts polled for so many days, the last ones that there were.
func (w *world) days(t *testing.T, accounts, days int, file, database string) {
	t.Helper()
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(began.AddDate(0, 0, -days))) // the fake clock begins long ago
		from := time.Now()
		stop, db := w.watched(t, file)
		lived := make([]uint64, days)
		for d := range days {
			for range 24 {
				time.Sleep(time.Hour)
				for i := range accounts {
					w.gateway.Spend(keyOf(i), "openai/gpt-4o", int64(1000+i), 1000)
				}
			}
			lived[d] = living()
			t.Logf("day %d: %.1f MB live, %.1f MB of file", d+1, float64(lived[d])/(1<<20), float64(sizeOf(t, database))/(1<<20))
		}
		// The first days fill what is bounded, such as the fake gateway's memory of calls.
		if most := lived[min(1, days-1)]*5/4 + 2<<20; lived[days-1] > most {
			t.Errorf("%d MB live at the end", lived[days-1]>>20)
		}
		for i := range accounts {
			total, err := db.Spent(t.Context(), nameOf(i), from, time.Now())
			if whole := time.Since(from); err != nil || total.Covered < whole-10*time.Minute {
				t.Errorf("%s: readings cover %v of %v, %v", nameOf(i), total.Covered, whole, err)
			}
		}
		stop()
	})
	t.Logf("%d accounts, %d days: %v", accounts, days, time.Since(began).Round(time.Second))
}

// watched polls the accounts of a configuration, without Discord.
func (w *world) watched(t *testing.T, file string) (stop func(), db *store.DB) {
	t.Helper()
	c, err := config.LoadWith(file, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	book, err := account.New(c, account.WithTransport(w.gateway.Client().Transport))
	if err != nil {
		t.Fatal(err)
	}
	if db, err = store.Open(c.Storage.Path); err != nil {
		t.Fatal(err)
	}
	watch := &schedule.Watch{
		Book: book, Store: db, History: history.History{Store: db, Zone: c.Timezone}, Words: lang.English(),
		Every: c.PollInterval, Log: slog.New(slog.DiscardHandler),
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- watch.Run(ctx) }()
	return func() {
		cancel()
		if err := errors.Join(<-done, db.Close()); err != nil {
			t.Error(err)
		}
	}, db
}

// living is what is in memory and in use.
func living() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
