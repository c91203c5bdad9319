package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"mokabot/internal/discordsim"
)

// The database goes while the bot runs and the money falls. The bot says so, goes
// on by itself when the server is back, and tells everything once.
func TestAnOutageOfTheDatabase(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 1, 0)
	r.configure()
	l := r.ledger()
	m := r.all[0]
	m.start()
	ready := func() bool {
		status, text := m.ask(t, "/readyz")
		return status == http.StatusOK && text == "ok\n"
	}
	within(t, time.Minute, "the bot to be ready", ready)
	for what, stop := range map[string]func(testing.TB){"stopped": r.pg.Stop, "crashed": r.pg.Crash} {
		stop(t)
		within(t, time.Minute, "the outage to be told of", func() bool {
			status, text := m.ask(t, "/readyz")
			return status == http.StatusServiceUnavailable && strings.Contains(text, "PostgreSQL") && !strings.Contains(text, "SQLSTATE")
		})
		if status, _ := m.ask(t, "/healthz"); status != http.StatusOK {
			t.Errorf("%s: /healthz says %d, so that a restart is to be expected, which helps nobody", what, status)
		}
		r.spend(18_000_000) // $36, twice: 18.01 is left
		r.pg.Again(t)
		within(t, 2*time.Minute, "the bot to be ready again", ready)
	}
	if _, err := r.discord.WaitMessage(deadline(t), discordsim.AlertsChannel, titled("team: balance is low")); err != nil {
		t.Fatalf("%v\n%s", err, m.p.log.tail())
	}
	within(t, time.Minute, "everything to be delivered", func() bool {
		waiting, _, err := r.waiting()
		return err == nil && waiting == 0
	})
	m.terminate()
	if found := r.compare(l, client{"team", testKey, 2, r.gateway}); !found.clean() {
		t.Error(strings.Join(found.wrong, "\n"))
	}
	r.noViolations(t)
}
