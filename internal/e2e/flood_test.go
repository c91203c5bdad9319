package e2e

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/moka/mokatest"
)

const (
	floodAccounts = 4                // in each condition
	floodApart    = 25 * time.Second // between two of them
)

// S1: members who send commands as fast as they can delay no alert. The real
// program follows twelve accounts of one host with the default request budget.
// Nobody, one and ten members flood it in turn while four of the accounts spend and
// cross their level; each crossing counts until its message is in Discord's books.
// With -v this prints the table. It takes seven minutes.
func TestAFloodDelaysNoAlert(t *testing.T) {
	if os.Getenv("MOKABOT_FLOOD") == "" {
		t.Skip("set MOKABOT_FLOOD=1 to run it")
	}
	t.Parallel()
	w := newWorld(t)
	var lines strings.Builder
	for i := range 3 * floodAccounts {
		w.gateway.AddAccount(mokatest.Account{ID: idOf(i), AccessToken: tokenOf(i), Quota: dollars(25)})
		w.gateway.AddKey(idOf(i), mokatest.Key{Key: keyOf(i), Name: "k", Unlimited: true})
		fmt.Fprintf(&lines, "  - {name: %s, base_url: %q, access_token: %s, user_id: %d}\n", nameOf(i), w.server.URL, tokenOf(i), idOf(i))
	}
	team := fmt.Sprintf("  - name: team\n    base_url: %s\n    api_key: %s\n    access_token: %s\n    user_id: 2\n", w.server.URL, testKey, testToken)
	file := w.config(t, "poll_interval: 1s", "poll_interval: 30s", "requests_per_180s: 5000", "requests_per_180s: 120", "* * * * *", "0 9 * * *",
		"confirm_after: 1s", "confirm_after: 0s", "accounts:\n"+team, "  viewers: {everyone: true}\naccounts:\n"+lines.String())
	cmd, _, log := program(t, w.throughProxy(t), "run", "--config", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := w.discord.Connected(deadline(t)); err != nil {
		t.Fatalf("%v\n%s", err, log.Tail())
	}
	for n := range 10 {
		w.discord.AddUser(discordsim.User{ID: floodUser(n), Username: fmt.Sprint("flood", n)}, true)
	}
	delays := map[int][]time.Duration{}
	for i, members := range []int{0, 1, 10} {
		ctx, stop := context.WithCancel(t.Context())
		var sent, answered atomic.Int32
		var flood sync.WaitGroup
		for n := range members {
			flood.Go(func() { w.flood(ctx, n, &sent, &answered) })
		}
		time.Sleep(15 * time.Second) // until the budget shows it
		d := w.crossings(t, i*floodAccounts)
		delays[members] = d
		stop()
		flood.Wait()
		t.Logf("%2d members flooding, %4d commands sent, %4d answered: of %d crossings half are posted within %4.1f s, all within %4.1f s",
			members, sent.Load(), answered.Load(), len(d), d[len(d)/2].Seconds(), d[len(d)-1].Seconds())
	}
	const tolerance = 30 * time.Second // poll_interval: a crossing may fall just before a reading or just after it
	for _, members := range []int{1, 10} {
		for i, d := range delays[members] {
			if d > delays[0][i]+tolerance {
				t.Errorf("%d members: %d crossings are posted within %s, and within %s without them", members, i+1, d, delays[0][i])
			}
		}
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

// crossings has four accounts, from the i-th on, spend until they have crossed their
// level of 20 dollars, and returns how long that took to be posted, the shortest first.
func (w *world) crossings(t *testing.T, i int) []time.Duration {
	t.Helper()
	delays := make([]time.Duration, floodAccounts)
	var spending sync.WaitGroup
	for n := range delays {
		spending.Go(func() {
			time.Sleep(time.Duration(n) * floodApart)
			var crossed time.Time
			for left := 25.; left > 19.5; left -= 0.25 {
				w.gateway.Spend(keyOf(i+n), "gpt-4o", dollars(0.25), 100)
				if left == 20 {
					crossed = time.Now() // 19.75 are left
				}
				time.Sleep(2 * time.Second)
			}
			within(t, 5*time.Minute, nameOf(i+n), func() bool {
				at, posted := w.posted(nameOf(i+n), "balance is low", crossed)
				delays[n] = at.Sub(crossed)
				return posted
			})
		})
	}
	spending.Wait()
	slices.Sort(delays)
	return delays
}

// posted is when Discord got the first alert with a title about an account since a
// moment. Alerts that are told at the same time share a message.
func (w *world) posted(account, title string, since time.Time) (time.Time, bool) {
	for _, m := range w.discord.Messages(discordsim.AlertsChannel) {
		about := func(e discordsim.Embed) bool {
			return strings.Contains(e.Title, account) && strings.Contains(e.Title, title)
		}
		if m.Timestamp.After(since) && slices.ContainsFunc(m.Embeds, about) {
			return m.Timestamp.Time, true
		}
	}
	return time.Time{}, false
}
