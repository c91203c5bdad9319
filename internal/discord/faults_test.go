package discord_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/discord"
	"mokabot/internal/discordsim"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/internal/store/storetest"
)

// rig is the delivery, from the outbox in its database to the simulated
// Discord, on the clock of a testing bubble.
type rig struct {
	*testing.T
	sim      *discordsim.Server
	path     string
	db       *store.DB
	delivery *discord.Delivery
	log      *strings.Builder

	transport *http.Transport
	halt      func() // ends the delivery that runs
}

// bubble runs f with a rig, over HTTP/2 or HTTP/1.1.
func bubble(t *testing.T, http2 bool, f func(*rig)) {
	t.Helper()
	path := storetest.File(t, store.Open)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC))) // a bubble begins before Discord's epoch
		r := &rig{T: t, sim: discordsim.New(), path: path, log: &strings.Builder{}}
		var err error
		if r.db, err = store.Open(path); err != nil {
			t.Fatal(err)
		}
		if r.transport, err = r.sim.Memory(http2, nil); err != nil {
			t.Fatal(err)
		}
		r.start(0)
		f(r)
		r.halt()
		r.transport.CloseIdleConnections()
		r.sim.Close()
		if err := r.db.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(r.log)
		}
	})
}

// start begins a delivery on a machine whose clock is off, as a start of the
// program does.
func (r *rig) start(off time.Duration) {
	var heard atomic.Bool
	log := slog.New(slog.NewTextHandler(r.log, nil))
	rest := discord.NewREST(discordsim.Token, &http.Client{Transport: r.transport}, log, discord.WithDates(func() func(time.Time) { return func(time.Time) { heard.Store(true) } }))
	now := func() time.Time {
		if heard.Load() {
			return rest.Now() // by Discord's word
		}
		return time.Now().Add(off)
	}
	r.delivery = &discord.Delivery{Box: stepped{r.db, off}, Send: rest, Log: log, Now: now, Clock: func() time.Time { return time.Now().Add(off) }, Idle: 10 * time.Minute, Values: r.db, Access: rest.Access}
	ctx, cancel := context.WithCancel(r.Context())
	done := make(chan error, 1)
	go func() { done <- r.delivery.Run(ctx) }()
	r.halt = func() {
		cancel()
		if err := <-done; err != nil {
			r.Error(err)
		}
		rest.Close()
	}
}

func encoded(m message.Message) json.RawMessage {
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return raw
}

func ping(text string) message.Message {
	return message.Message{
		Text: text, Cards: []message.Card{{Title: "balance is low"}}, Mentions: message.Mentions{Roles: []string{discordsim.OnCallRole}},
		Buttons: []message.Button{{Label: "Details", Action: "alerts:details"}},
	}
}

func report(text string) message.Message {
	return message.Message{
		Cards: []message.Card{{Title: text, Picture: "chart.png"}},
		Files: []message.File{{Name: "chart.png", Type: "image/png", Data: make([]byte, 200<<10)}},
	}
}

func (r *rig) enqueue(out ...store.Outgoing) {
	r.Helper()
	r.enqueueAt(time.Now(), out...)
}

func (r *rig) enqueueAt(at time.Time, out ...store.Outgoing) {
	r.Helper()
	for i := range out {
		out[i].At = at
		if out[i].Channel == "" {
			out[i].Channel = discordsim.AlertsChannel
		}
	}
	if err := r.db.Enqueue(r.Context(), out...); err != nil {
		r.Fatal(err)
	}
}

// posted waits until the text is in the channel, and gives how long that took.
func (r *rig) posted(text string, within time.Duration) time.Duration {
	r.Helper()
	began := time.Now()
	for r.sim.Copies(discordsim.AlertsChannel, text) == 0 {
		if time.Since(began) > within {
			r.Fatalf("%q is not posted after %s", text, within)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return time.Since(began)
}

// settled waits until nothing is waiting.
func (r *rig) settled(within time.Duration) {
	r.Helper()
	for began, wait := time.Now(), 100*time.Millisecond; ; wait = min(2*wait, 10*time.Minute) {
		time.Sleep(wait)
		waiting, dead, err := r.db.Depth(r.Context())
		if err != nil {
			r.Fatal(err)
		}
		if waiting+dead == 0 {
			return
		}
		if time.Since(began) > within {
			r.Fatalf("%d wait and %d are refused after %s", waiting, dead, within)
		}
	}
}

// once checks the simulation's own books: each text one message, everybody pinged.
func (r *rig) once(texts ...string) {
	r.Helper()
	for _, text := range texts {
		if n := r.sim.Copies(discordsim.AlertsChannel, text); n != 1 {
			r.Errorf("%d copies of %q", n, text)
		}
	}
	if twice := r.sim.Duplicates(); len(twice) > 0 {
		r.Errorf("nonces that made two messages: %v", twice)
	}
}

const postPath = "/channels/" + discordsim.AlertsChannel + "/messages"

// fault is something that goes wrong, and when it is over.
type fault struct {
	name  string
	begin func(*discordsim.Server)
	lasts time.Duration // 0: it is over with the first request
	wait  time.Duration // what Discord itself asked for
	human bool          // somebody changes something at its end
}

func injected(f discordsim.Fault) func(*discordsim.Server) {
	return func(s *discordsim.Server) { s.Inject(f) }
}

func allFaults() []fault {
	post := func(f discordsim.Fault) discordsim.Fault {
		f.Method, f.Path = http.MethodPost, postPath
		return f
	}
	always := func(f discordsim.Fault) discordsim.Fault {
		f.Count = -1
		return f
	}
	faults := []fault{
		{name: "down", begin: func(s *discordsim.Server) { s.Down(true) }, lasts: 20 * time.Minute},
		{name: "all connections swallow", begin: func(s *discordsim.Server) { s.Swallow() }},
		{name: "nothing comes through", begin: func(s *discordsim.Server) { s.Dark(true) }, lasts: 10 * time.Minute},
		{name: "no answer to the post", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultHang}))},
		{name: "no answer to anything", begin: injected(always(discordsim.Fault{Kind: discordsim.FaultHang})), lasts: 10 * time.Minute},
		{name: "cut before", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultCutBefore, Count: 3}))},
		{name: "cut after it was stored", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultCutAfter, Count: 3}))},
		{name: "cut in the middle of the answer", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultCutAnswer, Count: 2}))},
		{name: "reset before", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultReset, Count: 3}))},
		{name: "reset after it was stored", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultResetAfter, Count: 3}))},
		{name: "the connection goes away", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultGoAway}))},
		{name: "answered after a minute", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultDelay, Wait: time.Minute}))},
		{name: "429 for the route", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultRateLimit, Wait: 90 * time.Second})), wait: 90 * time.Second},
		{name: "429 for the bot", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultGlobalRateLimit, Wait: 90 * time.Second})), wait: 90 * time.Second},
		{name: "429 for the address", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultCloudflare, Wait: 90 * time.Second})), wait: 90 * time.Second},
		{name: "200 with {} and nothing done", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 200, Body: "{}"}))},
		{name: "200 with null and nothing done", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 200, Body: "null"}))},
		{name: "200 with a page and nothing done", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 200, Count: 4}))},
		{name: "200 with another channel's message", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 200, Body: `{"id":"77","channel_id":"1"}`}))},
		{name: "200 with the id 0", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 200, Body: `{"id":"0","channel_id":"` + discordsim.AlertsChannel + `"}`}))},
		{name: "204", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 204, Body: "{}"}))},
		{name: "stored, and answered with {}", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultGarble, Body: "{}"}))},
		{name: "stored, and answered with 502", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultGarble, Status: 502, Count: 2}))},
		{name: "404 without a code", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 404, Body: `{"message":"404: Not Found","code":0}`}))},
		{name: "409", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 409, Body: `{"message":"409: Conflict","code":0}`}))},
		{name: "413 with a page", begin: injected(post(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 413}))},
	}
	for _, status := range []int{302, 401, 403, 404, 405, 407, 408, 410, 415, 418, 421, 422, 451, 500, 502, 503, 504, 520, 530} {
		faults = append(faults, fault{
			name:  fmt.Sprintf("%d with a page, for five minutes", status),
			begin: injected(always(discordsim.Fault{Kind: discordsim.FaultStatus, Status: status})), lasts: 5 * time.Minute,
		})
	}
	codes := discordsim.Codes()
	slices.Sort(codes)
	for _, code := range codes {
		once := fault{name: fmt.Sprintf("code %d once", code), begin: injected(post(discordsim.Fault{Kind: discordsim.FaultCode, Code: code})), human: true, lasts: 10 * time.Second}
		longer := fault{name: fmt.Sprintf("code %d for ten minutes", code), begin: injected(always(post(discordsim.Fault{Kind: discordsim.FaultCode, Code: code}))), human: true, lasts: 10 * time.Minute}
		faults = append(faults, once, longer)
	}
	return faults
}

// someFaults stand for all of them unless MOKABOT_LONG is set.
var someFaults = []string{
	"swallow", "no answer", "cut", "429 for the route", "200 with {}", "200 with the id 0", "stored, and", "409", "403 with a page", "502 with a page",
	"code 10003 once", "code 40333 for", "code 50013 for", "code 50035 for", "code 50083 once",
}

// D1, D2, D3: A ping is in its channel once, at most a minute after any fault is over. With
// MOKABOT_LONG set and -v this prints the table of all of them.
func TestAPingArrivesOnceAfterEveryFault(t *testing.T) {
	proof.NotShort(t)
	for _, http2 := range []bool{false, true} {
		for _, f := range allFaults() {
			if !proof.Long() && !slices.ContainsFunc(someFaults, func(name string) bool { return strings.Contains(f.name, name) }) {
				continue
			}
			t.Run(fmt.Sprintf("%s, HTTP/2 %t", f.name, http2), func(t *testing.T) {
				t.Parallel()
				bubble(t, http2, func(r *rig) {
					r.enqueue(store.Outgoing{Key: "earlier", Payload: encoded(ping("earlier"))})
					r.posted("earlier", time.Minute)
					r.settled(time.Minute)
					f.begin(r.sim)
					r.enqueue(store.Outgoing{Key: "alert/a/1/1", Payload: encoded(ping("team: $4.00 left"))})
					time.Sleep(f.lasts)
					if f.lasts > 0 {
						r.sim.Heal()
					}
					if f.human {
						r.delivery.Retry()
					}
					took := r.posted("$4.00 left", 2*time.Minute+f.wait) - f.wait
					if took > time.Minute {
						t.Errorf("posted %s after the end of the fault", took)
					}
					r.settled(time.Minute)
					r.once("$4.00 left")
					t.Logf("%-45s HTTP/2 %-5t %6.1f s, 1 copy", f.name, http2, max(0, took).Seconds())
				})
			})
		}
	}
}

// stepped is an outbox on a machine whose clock is off.
type stepped struct {
	*store.DB
	by time.Duration
}

func (s stepped) Due(ctx context.Context, now time.Time, limit int) ([]store.Due, error) {
	return s.DB.Due(ctx, now.Add(s.by), limit)
}

// D7: the machine's clock is wrong, and nobody has contradicted it yet, while a
// ping is put into the outbox, while it is attempted, or when the program starts
// again. It arrives once, and at once when Discord can be reached and the program
// runs. With -v this prints the table.
func TestAPingArrivesOnceAfterEveryStepOfTheClock(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for _, step := range []time.Duration{2 * time.Minute, -2 * time.Minute, 8 * time.Hour, -8 * time.Hour, year, -year} {
		for _, c := range []struct {
			when                         string
			enqueued, attempted, resumed bool // by the wrong clock
		}{
			{"enqueued", true, false, false},
			{"attempted", false, true, false},
			{"enqueued and attempted", true, true, false},
			{"started again", false, false, true},
			{"all the time", true, true, true},
		} {
			for _, stored := range []bool{false, true} {
				if !proof.Long() && (!stored || !c.attempted || c.enqueued != c.resumed || step != year && step != -8*time.Hour) {
					continue // what cost a second ping once
				}
				t.Run(fmt.Sprintf("%s by %s, stored %t", c.when, step, stored), func(t *testing.T) {
					t.Parallel()
					off := func(wrong bool) time.Duration {
						if wrong {
							return step
						}
						return 0
					}
					bubble(t, true, func(r *rig) {
						r.halt()
						r.start(off(c.attempted))
						if stored {
							r.sim.CutAfterStoring(1)
							r.sim.Inject(discordsim.Fault{Kind: discordsim.FaultCutBefore, Count: -1})
						} else {
							r.sim.Dark(true)
						}
						at := time.Now().Add(off(c.enqueued))
						r.enqueueAt(at, store.Outgoing{Key: "alert/a/1/1", Payload: encoded(ping("team: $4.00 left")), NotBefore: at.Add(2 * time.Second), Joins: true})
						time.Sleep(20 * time.Second)
						r.halt()
						r.sim.Heal()
						r.sim.ForgetNonces()
						for i := range 150 {
							if _, err := r.sim.Say(discordsim.AlertsChannel, discordsim.OperatorID, fmt.Sprint("chat ", i)); err != nil {
								t.Fatal(err)
							}
						}
						time.Sleep(time.Hour)
						r.start(off(c.resumed))
						took := r.posted("$4.00 left", 2*time.Minute)
						if took > time.Minute {
							t.Errorf("posted %s after the start", took)
						}
						r.settled(time.Minute)
						r.once("$4.00 left")
						t.Logf("%-45s HTTP/2 %-5t %6.1f s, 1 copy", fmt.Sprintf("clock %s off, %s, stored %t", step, c.when, stored), true, took.Seconds())
					})
				})
			}
		}
	}
}
