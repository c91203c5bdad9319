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
	"mokabot/internal/testbed"
	"mokabot/moka/mokatest"
)

const (
	floodHosts   = 3                // gateways, each with its own request budget
	floodPerHost = 12               // accounts of each, all of which cross their level once
	floodApart   = 25 * time.Second // between two crossings at a host
)

// TestAFloodDelaysNoAlert has three of the program run side by side on the same
// accounts of three hosts with the default request budget (S1). Nobody, one and ten
// members flood it while the accounts spend at the same moments in all three; each
// crossing counts until its message is in Discord's books. With -v this prints the
// table. It takes seven minutes.
func TestAFloodDelaysNoAlert(t *testing.T) {
	if os.Getenv("MOKABOT_FLOOD") == "" {
		t.Skip("set MOKABOT_FLOOD=1 to run it")
	}
	t.Parallel()
	members := []int{0, 1, 10}
	delays := make([][]time.Duration, len(members))
	t.Run("side by side", func(t *testing.T) {
		for i, n := range members {
			t.Run(fmt.Sprint(n, " members"), func(t *testing.T) {
				t.Parallel()
				delays[i] = newFloodWorld(t).delays(n)
			})
		}
	})
	t.Logf("%8s %9s %8s %8s %8s %8s", "members", "crossings", "25 %", "median", "75 %", "longest")
	for i, n := range members {
		t.Logf("%8d %9d %8s %8s %8s %8s", n, len(delays[i]), quantile(delays[i], 0.25), quantile(delays[i], 0.5), quantile(delays[i], 0.75), quantile(delays[i], 1))
	}
	const tolerance = 10 * time.Second // the planner's shortest gap
	for i, n := range members {
		for _, part := range []float64{0.25, 0.5, 0.75} {
			if flooded, calm := quantile(delays[i], part), quantile(delays[0], part); flooded > calm+tolerance {
				t.Errorf("%d members: %.0f of 100 crossings are posted within %s, and within %s without them", n, 100*part, flooded, calm)
			}
		}
	}
}

// floodWorld is a world with accounts of several hosts.
type floodWorld struct {
	*world
	t     *testing.T
	hosts []*testbed.Gateway
}

// newFloodWorld starts the program.
func newFloodWorld(t *testing.T) *floodWorld {
	t.Helper()
	w := &floodWorld{world: newWorld(t), t: t}
	var lines strings.Builder
	for h := range floodHosts {
		host := testbed.New(t)
		w.hosts = append(w.hosts, host)
		for n := range floodPerHost {
			i := h*floodPerHost + n
			host.AddAccount(mokatest.Account{ID: idOf(i), AccessToken: tokenOf(i), Quota: dollars(25)})
			host.AddKey(idOf(i), mokatest.Key{Key: keyOf(i), Name: "k", Unlimited: true})
			fmt.Fprintf(&lines, "  - {name: %s, base_url: %q, access_token: %s, user_id: %d}\n", nameOf(i), host.HTTP.URL, tokenOf(i), idOf(i))
		}
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
	return w
}

// delays has the accounts cross their level while so many members flood the
// program, and returns how long each crossing took to be posted.
func (w *floodWorld) delays(members int) []time.Duration {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	defer stop()
	var sent, answered atomic.Int32
	var flood sync.WaitGroup
	for n := range members {
		w.discord.AddUser(discordsim.User{ID: floodUser(n), Username: fmt.Sprint("flood", n)}, true)
		flood.Go(func() { w.flood(ctx, n, &sent, &answered) })
	}
	time.Sleep(15 * time.Second) // until the budget shows it
	delays := make([]time.Duration, floodHosts*floodPerHost)
	var spending sync.WaitGroup
	for i := range delays {
		spending.Go(func() {
			time.Sleep(time.Duration(i%floodPerHost)*floodApart + time.Duration(i/floodPerHost)*floodApart/floodHosts)
			delays[i] = w.cross(i)
		})
	}
	spending.Wait()
	stop()
	flood.Wait()
	w.t.Logf("%2d members sent %d commands, and %d were answered", members, sent.Load(), answered.Load())
	return delays
}

func floodUser(n int) string { return fmt.Sprint(1300000000000000100 + n) }

// flood sends a command every 200 ms, whether or not the last was answered, about
// everything or about the first account of a host.
func (w *floodWorld) flood(ctx context.Context, n int, sent, answered *atomic.Int32) {
	names := []string{"models", "balance", "usage", "keys"}
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
		call := discordsim.Call{User: floodUser(n), Name: names[(i+n)%len(names)]}
		if host := i / len(names) % (floodHosts + 1); host < floodHosts {
			call.Options = map[string]any{"account": nameOf(host * floodPerHost)}
		}
		sent.Add(1)
		waiting.Go(func() {
			if _, err := w.discord.Slash(ctx, call); err == nil {
				answered.Add(1)
			}
		})
	}
}

// cross has the i-th account spend until it has crossed its level of 20 dollars, and
// returns how long that took to be posted.
func (w *floodWorld) cross(i int) time.Duration {
	var crossed time.Time
	for left := 25.; left > 19.5; left -= 0.25 {
		w.hosts[i/floodPerHost].Spend(keyOf(i), "gpt-4o", dollars(0.25), 100)
		if left == 20 {
			crossed = time.Now() // 19.75 are left
		}
		time.Sleep(2 * time.Second)
	}
	var at time.Time
	within(w.t, 5*time.Minute, nameOf(i), func() (posted bool) {
		at, posted = w.posted(nameOf(i), "balance is low", crossed)
		return posted
	})
	return at.Sub(crossed)
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
