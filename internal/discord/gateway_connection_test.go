package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"mokabot/internal/clock"
	"mokabot/internal/discord/discordtest"
)

func TestOneConnectionCarriesOneIdentify(t *testing.T) {
	nothingLeft(t)
	f := newFakeGateway(t, before(1, script{drop: true}))
	g := startGateway(t, f, nil)
	until(t, "a resumed session", func() bool { return g.State().Resumes == 1 && g.State().Connected })
	f.push(`{"op":10,"d":{"heartbeat_interval":41250}}`)
	f.push(`{"op":1,"d":null}`) // its answer comes after whatever that HELLO brought
	until(t, "an answer", func() bool { return !g.State().LastAck.IsZero() })
	if ids, resumes := f.counts(); len(ids) != 1 || resumes != 1 {
		t.Errorf("%d IDENTIFYs, %d RESUMEs", len(ids), resumes)
	}
}

// Heartbeats come with the other looks of the program, and never later than the interval.
func TestHeartbeatsComeWithOtherLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 40 {
			for _, interval := range []time.Duration{maxInterval, 5 * time.Second, minInterval} {
				h := heartbeat{interval: interval}
				wait := h.wait()
				if wait <= 0 || wait > interval {
					t.Errorf("after %v, of an interval of %v", wait, interval)
				}
				if late := time.Until(time.Now().Add(clock.Together(maxInterval))) - wait; interval == maxInterval && late != 0 && wait != interval {
					t.Errorf("%v before other looks", late)
				}
			}
			time.Sleep(777 * time.Millisecond)
		}
	})
}

func TestHeartbeatsKeepToTheIntervalOfHELLO(t *testing.T) {
	for _, c := range []struct {
		data string
		want time.Duration // 0: it cannot be used
	}{
		{`{"heartbeat_interval":41250,"_trace":["x"]}`, maxInterval},
		{`{"heartbeat_interval":5000}`, 5 * time.Second},
		{`{"heartbeat_interval":5000.75}`, 5000750 * time.Microsecond},
		{`{"heartbeat_interval":1}`, minInterval},
		{`{"heartbeat_interval":1e300}`, maxInterval},
		{`{"heartbeat_interval":0}`, 0},
		{`{"heartbeat_interval":-41250}`, 0},
		{`{"heartbeat_interval":"soon"}`, 0},
		{`{}`, 0},
		{`null`, 0},
	} {
		h := newHeartbeat()
		var data helloData
		if json.Unmarshal([]byte(c.data), &data) == nil && data.Interval > 0 {
			h.begin(data.Interval)
		}
		h.stop()
		if h.interval != c.want {
			t.Errorf("%s: a heartbeat every %s, want %s", c.data, h.interval, c.want)
		}
		if c.want > 0 {
			continue
		}
		conn := &connection{state: stateHello}
		if err := conn.onHello([]byte(c.data)); !errors.Is(err, errBadHello) {
			t.Errorf("%s: %v", c.data, err)
		}
	}
}

func TestWhatEndsAConnection(t *testing.T) {
	conn := &connection{g: &Gateway{Log: slog.New(slog.DiscardHandler)}}
	for _, c := range []struct {
		name string
		in   received
		want error
	}{
		{"RECONNECT", received{raw: []byte(`{"op":7,"d":null}`)}, errReconnect},
		{"INVALID SESSION", received{raw: []byte(`{"op":9,"d":false}`)}, errInvalidSession},
		{"INVALID SESSION without data", received{raw: []byte(`{"op":9}`)}, errInvalidSession},
		{"INVALID SESSION that may be resumed", received{raw: []byte(`{"op":9,"d":true}`)}, errSessionInterrupted},
		{"a cut", received{err: errors.New("reset by peer")}, errDropped},
		{"the end of the line", received{err: &websocket.CloseError{Code: websocket.CloseAbnormalClosure}}, errDropped},
		{"an unknown operation", received{raw: []byte(`{"op":12,"d":{}}`)}, nil},
		{"no JSON", received{raw: []byte(`{`)}, nil},
		{"an unasked ACK", received{raw: []byte(`{"op":11}`)}, nil},
	} {
		if err := conn.receive(c.in); !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	closed, ok := errors.AsType[*closedError](conn.receive(received{err: &websocket.CloseError{Code: 4004, Text: "no\npe"}}))
	if !ok || closed.Code != 4004 || closed.Text != "no pe" {
		t.Errorf("close frame: %v", closed)
	}
}

// heardGateway is a gateway that writes down what comes, at any path.
type heardGateway struct {
	*fakeGateway
	mu     sync.Mutex
	paths  []string // of upgrades
	ops    []payload
	closes []int
	reject func(path string) bool
}

// hear makes a gateway of one connection after another, each with HELLO and an
// answer to IDENTIFY or RESUME. Where it names for resumptions is /resume?x=1.
func hear(t *testing.T) *heardGateway {
	h := &heardGateway{}
	h.fakeGateway = newFakeGateway(t, before(0, script{}))
	h.handler = h.serve
	return h
}

func (h *heardGateway) serve(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.paths = append(h.paths, r.URL.Path+"?"+r.URL.RawQuery)
	reject := h.reject != nil && h.reject(r.URL.Path)
	h.mu.Unlock()
	if reject {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	up := websocket.Upgrader{}
	c, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	l := &line{c: c}
	h.fakeGateway.mu.Lock()
	h.live = l
	h.fakeGateway.mu.Unlock()
	l.send(`{"op":10,"d":{"heartbeat_interval":41250}}`)
	for {
		var p payload
		err := c.ReadJSON(&p)
		h.mu.Lock()
		if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
			h.closes = append(h.closes, closed.Code)
		} else if err == nil {
			h.ops = append(h.ops, p)
		}
		h.mu.Unlock()
		switch {
		case err != nil:
			return
		case p.Op == opIdentify:
			l.send(fmt.Sprintf(`{"t":"READY","s":1,"op":0,"d":{"session_id":"sess","resume_gateway_url":"ws://%s/resume?x=1","user":{"id":"42","username":"moka"},"application":{"id":"43"},"guilds":[{"id":"500"}]}}`, h.url.Host))
		case p.Op == opResume:
			l.send(`{"t":"RESUMED","s":42,"op":0,"d":{}}`)
		case p.Op == opHeartbeat:
			l.send(`{"op":11}`)
		}
	}
}

func (h *heardGateway) heard(op int) (data []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.ops {
		if p.Op == op {
			data = append(data, string(p.Data))
		}
	}
	return data
}

func (h *heardGateway) upgrades() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.paths)
}

func TestAResumptionKeepsAddressVersionAndSequence(t *testing.T) {
	nothingLeft(t)
	h := hear(t)
	g := startGateway(t, h.fakeGateway, nil)
	until(t, "READY", func() bool { return g.State().Connected })
	h.push(`{"op":0,"s":41,"t":"SOMETHING_NEW","d":{}}`)
	h.push(`{"op":1,"d":null}`)
	until(t, "the heartbeat that was asked for", func() bool { return slices.Contains(h.heard(opHeartbeat), "41") })
	h.push(`{"op":7,"d":null}`)
	until(t, "RESUMED", func() bool { return g.State().Resumes == 1 && g.State().Connected })
	if want := []string{"/ws/?encoding=json&v=9", "/resume?encoding=json&v=9&x=1"}; !slices.Equal(h.upgrades(), want) {
		t.Errorf("connected to %q, want %q", h.upgrades(), want)
	}
	if want := fmt.Sprintf(`{"token":%q,"session_id":"sess","seq":41}`, testToken); !slices.Equal(h.heard(opResume), []string{want}) {
		t.Errorf("RESUME %q", h.heard(opResume))
	}
	until(t, "the end of the first connection", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.closes) > 0
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.closes) != 1 || h.closes[0] == 1000 || h.closes[0] == 1001 {
		t.Errorf("closed with %v; 1000 and 1001 would end the session", h.closes)
	}
}

func TestASessionIsResumedAtTheFirstAddressWhenItsOwnCannotBeReached(t *testing.T) {
	nothingLeft(t)
	h := hear(t)
	h.reject = func(path string) bool { return path == "/resume" }
	g := startGateway(t, h.fakeGateway, nil)
	until(t, "READY", func() bool { return g.State().Connected })
	h.push(`{"op":7,"d":null}`)
	until(t, "RESUMED", func() bool { return g.State().Resumes == 1 && g.State().Connected })
	if paths := h.upgrades(); len(paths) != 3 || !strings.HasPrefix(paths[1], "/resume?") || !strings.HasPrefix(paths[2], "/ws/?") {
		t.Errorf("connected to %q", paths)
	}
	if n := len(h.heard(opIdentify)); n != 1 {
		t.Errorf("%d IDENTIFYs", n)
	}
}

func TestTheCloseCodeDecidesIfTheSessionIsOver(t *testing.T) {
	nothingLeft(t)
	for _, c := range []struct {
		keep bool
		code int
	}{{false, 1000}, {true, 4000}} {
		h := hear(t)
		sessions := &sessionList{}
		g := startGateway(t, h.fakeGateway, func(g *Gateway) { g.KeepSession, g.OnSession = c.keep, sessions.take })
		until(t, "READY", func() bool { return g.State().Connected })
		g.stop()
		g.done <- <-g.done
		last := sessions.last()
		if (last.ID != "") != c.keep || c.keep && (last.ID != "sess" || last.Seq != 1) {
			t.Errorf("keep %t: the session handed out last is %+v", c.keep, last)
		}
		until(t, "the close frame", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return len(h.closes) == 1 })
		if h.closes[0] != c.code {
			t.Errorf("keep %t: closed with %d", c.keep, h.closes[0])
		}
	}
}

// sessionList is where sessions are handed out to.
type sessionList struct {
	mu  sync.Mutex
	all []Session
}

func (l *sessionList) take(s Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, s)
}

func (l *sessionList) last() Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) == 0 {
		return Session{}
	}
	return l.all[len(l.all)-1]
}

// Another process continues where one stopped.
func TestASessionIsContinuedByAnotherProcess(t *testing.T) {
	nothingLeft(t)
	h := hear(t)
	a, sessions := &answers{}, &sessionList{}
	held := 0
	first := startGateway(t, h.fakeGateway, func(g *Gateway) {
		g.KeepSession, g.OnSession, g.OnInteraction = true, sessions.take, a.take
		g.Hold = func() func() { held++; return func() { held-- } }
	})
	until(t, "READY", func() bool { return first.State().Connected })
	h.push(interaction("1")) // its sequence is 3
	until(t, "the command", func() bool { return a.count("1") == 1 })
	first.stop()
	first.done <- <-first.done
	if held != 0 {
		t.Errorf("%d interactions are still held", held)
	}

	told := make(chan Ready, 8)
	second := startGateway(t, h.fakeGateway, func(g *Gateway) {
		g.Resume, g.ResumeReady = sessions.last(), Ready{UserID: "42", ApplicationID: "43", GuildIDs: []string{"500"}}
		g.OnReady = func(_ context.Context, r Ready) { told <- r }
	})
	until(t, "RESUMED", func() bool { return second.State().Connected })
	if r := <-told; r.UserID != "42" || r.ApplicationID != "43" || !slices.Equal(r.GuildIDs, []string{"500"}) {
		t.Errorf("ready %+v", r)
	}
	if got := h.heard(opResume); len(got) != 1 || !strings.HasSuffix(got[0], `"seq":3}`) || len(h.heard(opIdentify)) != 1 {
		t.Errorf("RESUMEs %q, %d IDENTIFYs", got, len(h.heard(opIdentify)))
	}
}

func TestNoSessionIsBegunBeyondDiscordsLimit(t *testing.T) {
	for _, c := range []struct {
		answer string
		want   time.Duration
	}{
		{`{"url":"wss://x","session_start_limit":{"total":1000,"remaining":999,"reset_after":0,"max_concurrency":1}}`, 0},
		{`{"url":"wss://x","session_start_limit":{"total":1000,"remaining":0,"reset_after":7200000,"max_concurrency":1}}`, 2 * time.Hour},
		{`{"url":"wss://x","session_start_limit":{"total":1000,"remaining":0,"reset_after":9e15}}`, budgetWindow},
		{`{"url":"wss://x"}`, 0},
	} {
		r, _ := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) { discordtest.JSON(w, 200, c.answer) })
		l, err := r.gateway(t.Context())
		if err != nil || l.wait() != c.want {
			t.Errorf("%s: wait %s, %v", c.answer, l.wait(), err)
		}
	}
}

func TestWhereTheGatewayIs(t *testing.T) {
	r, f := newREST(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/gateway/bot"):
			discordtest.JSON(w, 404, `{"message":"404: Not Found","code":0}`)
		default:
			discordtest.JSON(w, 200, `{"url":"wss://gateway.discord.gg"}`)
		}
	})
	if l, err := r.gateway(t.Context()); err != nil || l.URL != "wss://gateway.discord.gg" {
		t.Errorf("%+v, %v", l, err)
	}
	if n := len(f.Requests()); n > 1+maxAttempts {
		t.Errorf("%d requests", n)
	}
	g := &Gateway{REST: r, known: location{URL: "wss://known"}}
	g.Timing.fill()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if l, err := g.whereTo(ctx); err != nil || l.URL != "wss://known" || l.wait() != 0 {
		t.Errorf("while REST is away: %+v, %v", l, err)
	}
}
