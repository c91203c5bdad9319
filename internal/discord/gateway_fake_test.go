package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
)

// fakeGateway is a websocket server whose behaviour on each connection is
// chosen by the test.
type fakeGateway struct {
	t   *testing.T
	url *url.URL

	mu         sync.Mutex
	conns      int
	identifies []time.Time
	resumes    int
	plan       func(conn int) script
	handler    http.HandlerFunc // instead of the plan; nil: none
	live       *line
}

// script is what one connection does.
type script struct {
	greet     int  // op sent instead of READY and RESUMED: 7 or 9
	closeCode int  // sent instead of READY
	drop      bool // cut after READY
}

// line is one connection; gorilla wants one writer at a time.
type line struct {
	mu sync.Mutex
	c  *websocket.Conn
}

func (l *line) send(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.c.WriteMessage(websocket.TextMessage, []byte(text))
}

func newFakeGateway(t *testing.T, plan func(conn int) script) *fakeGateway {
	t.Helper()
	f := &fakeGateway{t: t, plan: plan}
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	f.url = u
	return f
}

func (f *fakeGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/gateway/bot") {
		fmt.Fprintf(w, `{"url":"ws://%s/ws/"}`, f.url.Host)
		return
	}
	if f.handler != nil {
		f.handler(w, r)
		return
	}
	f.mu.Lock()
	f.conns++
	s := f.plan(f.conns)
	f.mu.Unlock()
	up := websocket.Upgrader{}
	c, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	f.serve(&line{c: c}, s)
}

func (f *fakeGateway) serve(l *line, s script) {
	// An IDENTIFY within the millisecond in which the client learned the time would make
	// the next one wait three seconds longer.
	pauseFor(2 * time.Millisecond)
	l.send(`{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":60000}}`) // so that no slow machine misses an ACK
	for {
		var in struct {
			Op   int             `json:"op"`
			Data json.RawMessage `json:"d"`
		}
		if l.c.ReadJSON(&in) != nil {
			return
		}
		switch in.Op {
		case 1:
			l.send(`{"op":11,"d":null}`)
		case 2, 6:
			f.count(in.Op)
			if !f.greetClient(l, s, in.Op) {
				return
			}
		}
	}
}

func (f *fakeGateway) count(op int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if op == 2 {
		f.identifies = append(f.identifies, time.Now())
	} else {
		f.resumes++
	}
}

func (f *fakeGateway) greetClient(l *line, s script, op int) bool {
	f.mu.Lock()
	f.live = l // before the greeting: from then on the client may be sent something
	f.mu.Unlock()
	switch {
	case s.closeCode != 0:
		l.mu.Lock()
		_ = l.c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(s.closeCode, "Authentication failed."))
		l.mu.Unlock()
	case s.greet != 0:
		l.send(fmt.Sprintf(`{"t":null,"s":null,"op":%d,"d":false}`, s.greet))
	case op == 2:
		l.send(`{"t":"READY","s":1,"op":0,"d":{"v":9,"session_id":"sess","user":{"id":"42","username":"moka"},"application":{"id":"43"},"guilds":[{"id":"500","unavailable":true}]}}`)
	default:
		l.send(`{"t":"RESUMED","s":9,"op":0,"d":{}}`)
	}
	if s.drop {
		time.AfterFunc(30*time.Millisecond, func() { _ = l.c.Close() })
	}
	return true
}

func (f *fakeGateway) push(text string) {
	f.mu.Lock()
	l := f.live
	f.mu.Unlock()
	l.send(text)
}

func (f *fakeGateway) counts() (identifies []time.Time, resumes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]time.Time(nil), f.identifies...), f.resumes
}

// until waits for something that another goroutine does on the real clock.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); pauseFor(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("waited in vain for %s", what)
			return
		}
	}
}

func pauseFor(d time.Duration) { <-time.After(d) }

func interaction(id string) string {
	return `{"t":"INTERACTION_CREATE","s":3,"op":0,"d":{"id":"` + id + `","application_id":"43","type":2,"token":"interaction-token-` + id + `","data":{"id":"1","name":"balance","type":1}}}`
}

// answers counts the interactions handed on, by id.
type answers struct {
	mu sync.Mutex
	n  map[string]int
}

func (a *answers) take(_ context.Context, i *discordgo.Interaction) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.n == nil {
		a.n = map[string]int{}
	}
	a.n[i.ID]++
}

func (a *answers) count(id string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.n[id]
}
