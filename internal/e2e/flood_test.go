package e2e

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mokabot/internal/discordsim"
)

// S1: members who send commands as fast as they can delay no alert. The real
// program is measured without, with one and with ten of them in one run, from the
// spending to the post; with -v this prints the table. It takes six minutes.
func TestAFloodDelaysNoAlert(t *testing.T) {
	if os.Getenv("MOKABOT_FLOOD") == "" {
		t.Skip("set MOKABOT_FLOOD=1 to run it")
	}
	t.Parallel()
	w := newWorld(t)
	// The polls use half of the budget, well within their share of two thirds.
	file := w.config(t, "poll_interval: 1s", "poll_interval: 15s", "requests_per_180s: 5000", "requests_per_180s: 120",
		"confirm_after: 1s", "confirm_after: 0s", "accounts:\n", "  viewers: {everyone: true}\naccounts:\n")
	cmd, _, log := program(t, w.throughProxy(t), "run", "--config", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := w.discord.Connected(deadline(t)); err != nil {
		t.Fatalf("%v\n%s", err, log.tail())
	}
	account := client{"team", testKey, 2, w.gateway}
	for n := range 10 {
		w.discord.AddUser(discordsim.User{ID: floodUser(n), Username: fmt.Sprint("flood", n)}, true)
	}
	worst := map[int]time.Duration{}
	for _, members := range []int{0, 1, 10} {
		ctx, stop := context.WithCancel(t.Context())
		var sent, answered atomic.Int32
		var flood sync.WaitGroup
		for n := range members {
			flood.Go(func() { w.flood(ctx, n, &sent, &answered) })
		}
		time.Sleep(30 * time.Second) // until the budget shows it
		var delays []time.Duration
		for range 2 {
			delays = append(delays, w.alertDelay(t, account, 12, "balance is low"), w.alertDelay(t, account, 90, "balance is fine again"))
		}
		stop()
		flood.Wait()
		slices.Sort(delays)
		worst[members] = delays[len(delays)-1]
		t.Logf("%2d members flooding, %4d commands sent, %4d answered: an alert takes %4.1f s in the middle, %4.1f s at most",
			members, sent.Load(), answered.Load(), delays[len(delays)/2].Seconds(), worst[members].Seconds())
	}
	const slack = 15 * time.Second // a poll more
	if limit := worst[0] + slack; worst[1] > limit || worst[10] > limit {
		t.Errorf("the slowest alerts are %v", worst)
	}
}

func floodUser(n int) string { return fmt.Sprint(1300000000000000100 + n) }

// flood sends a command every 200 ms, whether or not the last was answered.
func (w *world) flood(ctx context.Context, n int, sent, answered *atomic.Int32) {
	calls := []discordsim.Call{{Name: "models"}, {Name: "balance"}, {Name: "usage"}, {Name: "keys"}}
	var waiting sync.WaitGroup
	defer waiting.Wait()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		call := calls[(i+n)%len(calls)]
		call.User = floodUser(n)
		sent.Add(1)
		waiting.Go(func() {
			if _, err := w.discord.Slash(ctx, call); err == nil {
				answered.Add(1)
			}
		})
	}
}

// alertDelay is the time from a change of what is left until it is posted.
func (w *world) alertDelay(t *testing.T, account client, left float64, title string) time.Duration {
	t.Helper()
	before := count(w, discordsim.AlertsChannel, title)
	account.holds(left)
	began := time.Now()
	within(t, 5*time.Minute, title, func() bool { return count(w, discordsim.AlertsChannel, title) > before })
	return time.Since(began)
}
