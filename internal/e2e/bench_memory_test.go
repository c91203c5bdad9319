package e2e

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"mokabot/internal/discordsim"
)

// memory follows for a while what the process has in memory, and what of it is its
// own: the rest is the program file, which a poll maps and the program releases.
func (c *child) memory(b *testing.B, when string) {
	b.Helper()
	var all, own []float64
	for range int(settle / time.Second) {
		time.Sleep(time.Second)
		all, own = append(all, c.status(b, "VmRSS")/1024), append(own, c.status(b, "RssAnon")/1024)
	}
	slices.Sort(all)
	slices.Sort(own)
	b.ReportMetric(all[len(all)/2], when+"-MB")
	b.ReportMetric(all[len(all)-1], when+"-highest-MB")
	b.ReportMetric(own[len(own)/2], when+"-own-MB")
	b.ReportMetric(c.status(b, "VmHWM")/1024, "most-MB")
}

// settle is how long a process is left alone while its memory is read, once a second.
const settle = 15 * time.Second

// BenchmarkMemory reads what the released program has in memory.
func BenchmarkMemory(b *testing.B) {
	b.Run("one account", func(b *testing.B) {
		for b.Loop() {
			w := newWorld(b)
			w.idle(b, w.config(b, "poll_interval: 1s", "poll_interval: 5s", "* * * * *", "0 9 * * *"), 1)
		}
	})
	b.Run("50 accounts, no history", func(b *testing.B) {
		for b.Loop() {
			w := newWorld(b)
			w.idle(b, w.many(b, 50, 5*time.Second, ""), 50)
		}
	})
	b.Run("50 accounts, a year", func(b *testing.B) {
		year(b)
		for b.Loop() {
			w := newWorld(b)
			w.idle(b, w.many(b, 50, 5*time.Second, year(b)), 50)
		}
	})
}

// year is the file of a year; what needs it is skipped without it.
func year(b *testing.B) string {
	b.Helper()
	if os.Getenv(yearFile) == "" {
		b.Skip(yearFile + " is not set")
	}
	return os.Getenv(yearFile)
}

// idle starts the program, lets it read its accounts twice, asks for what costs
// most, and reads its memory after each.
func (w *world) idle(b *testing.B, file string, accounts int) {
	bot, _ := w.start(b, release(b), file)
	w.until(b, 2*accounts)
	bot.memory(b, "idle")
	for range 3 {
		for _, call := range []discordsim.Call{{Name: "balance"}, {Name: "usage", Options: map[string]any{"period": "30d"}}} {
			if _, err := w.discord.Slash(deadline(b), call); err != nil {
				b.Error(err)
			}
		}
	}
	bot.memory(b, "asked")
	bot.stop(b)
}

// BenchmarkCrowd has 500 people ask for a month's chart at once, each of one
// account, and reads the most memory that the program ever took.
func BenchmarkCrowd(b *testing.B) {
	const people, accounts = 500, 50
	year(b)
	for b.Loop() {
		w := newWorld(b)
		bot, _ := w.start(b, release(b), w.many(b, accounts, time.Hour, year(b)))
		w.until(b, 1) // the first account: the others are read when they are asked for
		b.ReportMetric(bot.status(b, "VmHWM")/1024, "before-MB")
		answered := &times{}
		var wg sync.WaitGroup
		ctx, cancel := context.WithTimeout(b.Context(), 2*time.Minute)
		for i := range people {
			wg.Go(func() {
				began := time.Now()
				m, err := w.discord.Slash(ctx, discordsim.Call{Name: "usage", Options: map[string]any{
					"period": "30d", "account": nameOf(i % accounts),
				}})
				if err == nil && len(m.Attachments) == 1 {
					answered.add(time.Since(began))
				}
			})
		}
		wg.Wait()
		cancel()
		answered.report(b, "answer")
		b.ReportMetric(float64(len(answered.all)), "charts") // fewer than people where the machine is too slow for all
		b.ReportMetric(bot.status(b, "VmHWM")/1024, "most-MB")
		bot.stop(b)
	}
}
