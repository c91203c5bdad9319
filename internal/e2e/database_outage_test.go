package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/store/pgtest"
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
		t.Fatalf("%v\n%s", err, m.p.log.Tail())
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

// A server that is away when the bot starts is waited for: the probes say so, the
// bot begins by itself, and a signal ends it meanwhile.
func TestAStartWithoutTheDatabaseWaitsForIt(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 2, 0)
	r.configure()
	r.pg.Stop(t)
	m, other := r.all[0], r.all[1]
	m.start()
	other.start()
	for _, waiting := range r.all {
		within(t, time.Minute, "the probes to say what is waited for", func() bool {
			status, text := waiting.ask(t, "/readyz")
			return status == http.StatusServiceUnavailable && strings.Contains(text, "waiting for the database for ") &&
				strings.Contains(text, "check the host and port of storage.url")
		})
		if status, _ := waiting.ask(t, "/healthz"); status != http.StatusOK {
			t.Errorf("/healthz says %d", status)
		}
		if status, text := waiting.ask(t, "/metrics"); status != http.StatusOK || !strings.Contains(text, "\nmokabot_leader 0\n") {
			t.Errorf("/metrics says %d\n%s", status, text)
		}
		if text := waiting.p.log.String(); !strings.Contains(text, "the bot waits for the database") || !strings.Contains(text, "the PostgreSQL server cannot be reached") {
			t.Errorf("the log does not say what is waited for:\n%s", text)
		}
	}
	other.terminate() // with exit status 0
	r.pg.Again(t)
	within(t, 2*time.Minute, "the bot to be ready", func() bool {
		status, text := m.ask(t, "/readyz")
		return status == http.StatusOK && text == "ok\n"
	})
	m.terminate()
	r.noViolations(t)
}

// What waiting does not help ends the start at once, with its cure.
func TestAStartThatWaitingDoesNotHelpEnds(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 1, 0)
	r.configure()
	newer := r.pg.Database(t)
	pgtest.Exec(t, newer, "CREATE TABLE mokabot_schema (version INTEGER NOT NULL); INSERT INTO mokabot_schema VALUES (9999)")
	at := func(change func(*url.URL)) string {
		u, err := url.Parse(r.address)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	for what, c := range map[string]struct{ address, says string }{
		"a wrong password": {at(func(u *url.URL) { u.User = url.UserPassword(pgtest.User, "wrong") }), "refuses the user or the password of storage.url; correct them"},
		"no such database": {at(func(u *url.URL) { u.Path = "/gone" }), "no database of that name; create it"},
		"a newer schema":   {newer, "written by a newer mokabot; use that version"},
	} {
		own := *r.arena
		own.env = append(own.env, "DATABASE_URL="+c.address)
		p := own.start()
		if code := p.wait(t, time.Minute); code != 1 || !strings.Contains(p.log.String(), c.says) {
			t.Errorf("%s: exit status %d\n%s", what, code, p.log.String())
		}
	}
}
