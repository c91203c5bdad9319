package discord

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/proof"
)

// before gives s to the first n connections and good behaviour to the rest.
func before(n int, s script) func(int) script {
	return func(conn int) script {
		if conn <= n {
			return s
		}
		return script{}
	}
}

// afterDrop gives a connection that drops, then s to n connections.
func afterDrop(n int, s script) func(int) script {
	return func(conn int) script {
		switch {
		case conn == 1:
			return script{drop: true}
		case conn <= n+1:
			return s
		}
		return script{}
	}
}

// Faults that answer at once, on real connections. Those that show by waiting are in
// TestEveryConnectionFaultHealsWithin45Seconds, on a virtual clock.
func TestEveryGatewayFaultHeals(t *testing.T) {
	proof.NotShort(t)
	nothingLeft(t)
	faults := []fault{
		{"nothing wrong", before(0, script{}), 1, 0},
		{"a drop", afterDrop(0, script{}), 1, 1},
		{"RECONNECT as answer to RESUME", afterDrop(1, script{greet: 7}), 2, 1},
		{"INVALID SESSION as answer to RESUME", afterDrop(1, script{greet: 9}), 2, 1},
		{"INVALID SESSION four times", before(4, script{greet: 9}), 5, 0},
		{"RECONNECT as answer to IDENTIFY", before(2, script{greet: 7}), 3, 0},
		{"session timed out", afterDrop(1, script{closeCode: 4009}), 2, 1},
		{"unknown error", before(1, script{closeCode: 4000}), 2, 0},
	}
	for _, c := range faults {
		t.Run(c.name, c.heals)
	}
}

// fault is a way in which connections go wrong, and what healing may cost.
type fault struct {
	name       string
	plan       func(int) script
	identifies int // at most
	resumes    int // at least
}

func (c fault) heals(t *testing.T) {
	t.Parallel()
	f := newFakeGateway(t, c.plan)
	a := &answers{}
	sent := make(chan time.Time, 20) // IDENTIFYs, timed before the line may delay them
	g := startGateway(t, f, func(g *Gateway) {
		g.OnInteraction, g.OnIdentify = a.take, func() { sent <- time.Now() }
	})
	start := time.Now()
	last := healed(f, c.plan)
	until(t, "a good connection", func() bool { return g.State().Connected && last() })
	f.push(interaction("1"))
	until(t, "the command", func() bool { return a.count("1") == 1 })
	ids, resumes := f.counts()
	t.Logf("%s until a command was answered, %d IDENTIFYs, %d RESUMEs", time.Since(start).Round(time.Millisecond), len(ids), resumes)
	if len(ids) > c.identifies || resumes < c.resumes {
		t.Errorf("%d IDENTIFYs, %d RESUMEs; log:\n%s", len(ids), resumes, g.log)
	}
	var earlier time.Time
	for range len(sent) {
		at := <-sent
		if d := at.Sub(earlier); d < g.Timing.Spacing-time.Millisecond { // the budget counts in milliseconds
			t.Errorf("IDENTIFYs %s apart", d)
		}
		earlier = at
	}
}

// healed reports whether the connection in use is one without a fault.
func healed(f *fakeGateway, plan func(int) script) func() bool {
	return func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.conns > 0 && plan(f.conns) == script{}
	}
}

func TestCloseCodesThatEndTheProcess(t *testing.T) {
	nothingLeft(t)
	for _, code := range []int{4004, 4010, 4011, 4012, 4013, 4014} {
		f := newFakeGateway(t, before(99, script{closeCode: code}))
		g := startGateway(t, f, nil)
		err := <-g.done
		g.done <- err
		fatal, ok := errors.AsType[*FatalError](err)
		if !ok || fatal.Code != code || len(fatal.Reason) < 20 {
			t.Errorf("%d: %v", code, err)
		}
		if ids, _ := f.counts(); len(ids) != 1 {
			t.Errorf("%d: %d IDENTIFYs", code, len(ids))
		}
	}
}

func TestRunningFaultsLoseAndRepeatNothing(t *testing.T) {
	proof.NotShort(t)
	nothingLeft(t)
	f := newFakeGateway(t, before(0, script{}))
	a := &answers{}
	g := startGateway(t, f, func(g *Gateway) { g.OnInteraction = a.take })
	until(t, "READY", func() bool { return g.State().Connected })
	f.push(interaction("1"))
	f.push(`{"t":null,"s":null,"op":7,"d":null}`)
	until(t, "RESUMED", func() bool { return g.State().Resumes == 1 && g.State().Connected })
	f.push(interaction("1")) // replayed
	f.push(interaction("2"))
	until(t, "the second command", func() bool { return a.count("2") == 1 })
	f.push(`{"t":null,"s":null,"op":1,"d":null}`)
	until(t, "an answer to the heartbeat that was asked for", func() bool { return !g.State().LastAck.IsZero() })
	f.push(`{"t":null,"s":null,"op":9,"d":false}`)
	until(t, "a new session", func() bool { return g.State().Sessions == 2 && g.State().Connected })
	if n := a.count("1"); n != 1 {
		t.Errorf("the replayed command was handled %d times", n)
	}
	if ids, resumes := f.counts(); len(ids) != 2 || resumes != 1 {
		t.Errorf("%d IDENTIFYs, %d RESUMEs", len(ids), resumes)
	}
	s := g.State()
	if s.Identifies != 2 || s.LastAck.IsZero() || !strings.Contains(s.LastError, "no longer knows the session") {
		t.Errorf("state %+v", s)
	}
}

func TestReadyAndJoinedGuildsAreTold(t *testing.T) {
	nothingLeft(t)
	f := newFakeGateway(t, before(0, script{}))
	ready := make(chan Ready, 1)
	guilds := make(chan string, 4)
	startGateway(t, f, func(g *Gateway) {
		g.OnReady = func(_ context.Context, r Ready) { ready <- r }
		g.OnGuild = func(_ context.Context, id string) { guilds <- id }
	})
	r := <-ready
	if r.ApplicationID != "43" || r.UserID != "42" || len(r.GuildIDs) != 1 {
		t.Errorf("ready %+v", r)
	}
	f.push(`{"t":"GUILD_CREATE","s":2,"op":0,"d":{"id":"500"}}`)
	f.push(`{"t":"GUILD_CREATE","s":3,"op":0,"d":{"id":"501"}}`)
	if id := <-guilds; id != "501" {
		t.Errorf("joined %s", id)
	}
}

func TestAPanicInAHandlerIsLoggedWithoutTheSecret(t *testing.T) {
	nothingLeft(t)
	f := newFakeGateway(t, before(0, script{}))
	a := &answers{}
	g := startGateway(t, f, func(g *Gateway) {
		g.OnInteraction = func(ctx context.Context, i *discordgo.Interaction) {
			if i.ID == "1" {
				panic("token " + testToken)
			}
			a.take(ctx, i)
		}
	})
	until(t, "READY", func() bool { return g.State().Connected })
	f.push(interaction("1"))
	f.push(interaction("2"))
	until(t, "the next command", func() bool { return a.count("2") == 1 })
	until(t, "the log line", func() bool { return strings.Contains(g.log.String(), "panic in a discord callback") })
}

func TestTheEndWaitsForHandlers(t *testing.T) {
	nothingLeft(t)
	f := newFakeGateway(t, before(0, script{}))
	began, release, finished := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	g := startGateway(t, f, func(g *Gateway) {
		g.OnInteraction = func(ctx context.Context, _ *discordgo.Interaction) {
			close(began)
			<-release
			finished <- ctx.Err()
		}
	})
	until(t, "READY", func() bool { return g.State().Connected })
	f.push(interaction("1"))
	<-began
	g.stop()
	close(release)
	if err := <-finished; err != nil {
		t.Errorf("the handler's context ended with %v", err)
	}
}

func TestRedact(t *testing.T) {
	for _, text := range []string{
		"error with " + testToken,
		`{"op":2,"d":{"token":"Bot ` + testToken + `"}}`,
		"Authorization: Bot abcdefghijkl",
		"https://discord.com/api/v9/interactions/12/interaction-token/callback",
		"dial socks5://user:password@host:1",
	} {
		got := redact(text, testToken)
		for _, secret := range []string{testToken, "abcdefghijkl", "interaction-token", "password"} {
			if strings.Contains(got, secret) {
				t.Errorf("redact(%q) = %q", text, got)
			}
		}
	}
}
