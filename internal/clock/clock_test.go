package clock

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const year = 365 * 24 * time.Hour

// unset is how far a clock is off that begins in 1970.
var unset = -noon.Sub(time.Unix(0, 0))

// A story is told in lines: "+5m" lets that much time pass, "machine +8760h"
// sets the machine's clock so far from the true time, "asleep 8h" lets time pass
// without ticks, "discord +0s" hears a server whose clock is so far off. After
// each line the agreed time is that much off, and sure or not, as "-> +0s sure".
type world struct {
	t       *testing.T
	truth   time.Time
	ticks   time.Duration
	machine time.Duration // its clock is that far off
	agreed  *consensus
}

func (w *world) line(words []string) {
	w.t.Helper()
	by := func(n int) time.Duration {
		d, err := time.ParseDuration(words[n])
		if err != nil {
			w.t.Fatal(err)
		}
		return d
	}
	switch words[0] {
	case "machine":
		w.machine = by(1)
	case "asleep":
		w.truth = w.truth.Add(by(1))
	case "pass":
		w.truth, w.ticks = w.truth.Add(by(1)), w.ticks+by(1)
	default:
		w.agreed.hear(words[0], w.truth.Add(by(1)), w.truth.Add(w.machine), w.ticks)
		return
	}
	w.agreed.tick(w.truth.Add(w.machine), w.ticks)
}

func TestJudgement(t *testing.T) {
	for what, c := range map[string]struct {
		boot  time.Duration // how far off the machine's clock is at the start
		last  time.Duration // how long ago the last reading was; 0: there is none
		story string
	}{
		"a clock that is right": {0, time.Minute, `
			discord +0s      -> +0s sure
			gateway +1s      -> +0s sure
			pass 5m          -> +0s sure`},
		"small corrections are followed": {0, time.Minute, `
			discord +0s      -> +0s sure
			machine +90s     -> +1m30s sure
			machine -20s     -> -20s sure`},
		"a step of minutes, 8 hours, a year, and back": {0, time.Minute, `
			discord +0s      -> +0s sure
			machine +10m     -> +0s
			pass 5m          -> +0s
			gateway +0s      -> +0s sure
			machine +8h      -> +0s
			gateway +0s      -> +0s sure
			machine +8760h   -> +0s
			machine -8760h   -> +0s
			discord +0s      -> +0s sure
			machine +0s      -> +0s sure
			pass 1h          -> +0s sure`},
		"a machine that slept is set right by the first answer": {0, time.Minute, `
			discord +0s      -> +0s sure
			gateway +0s      -> +0s sure
			asleep 8h        -> -8h0m0s
			gateway +0s      -> +0s sure`},
		"a machine that slept within the tolerance": {0, time.Minute, `
			discord +0s      -> +0s sure
			asleep 1m        -> +0s sure`},
		"started a year ahead: the last reading speaks for the server": {year, time.Minute, `
			pass 1s          -> +8760h0m0s
			gateway +0s      -> +0s sure
			machine +0s      -> +0s sure`},
		"started a year ahead, without readings: two servers are needed": {year, 0, `
			gateway +0s      -> +8760h0m0s
			discord +0s      -> +0s sure`},
		"started a year behind": {-year, time.Minute, `
			discord +0s      -> +0s sure
			pass 1h          -> +0s sure`},
		"started right after a reading of next year": {0, -year, `
			discord +0s      -> +0s sure`},
		"a gateway whose clock is wrong moves nothing": {0, time.Minute, `
			gateway +8h      -> +0s
			gateway -8h      -> +0s
			discord +0s      -> +0s sure
			gateway +8h      -> +0s sure
			pass 5m          -> +0s sure`},
		"gateways whose clocks are wrong in the same way move nothing either": {0, time.Minute, `
			discord.com +0s  -> +0s sure
			one +8h          -> +0s sure
			two +8h          -> +0s sure
			three +8h        -> +0s sure
			four +8h         -> +0s sure`},
		"started after a long pause": {0, 60 * 24 * time.Hour, `
			gateway +0s      -> +0s sure`},
		"a wrong clock that everybody shares goes and comes back": {0, time.Minute, `
			discord +0s      -> +0s sure
			machine +8760h   -> +0s
			discord +8760h   -> +8760h0m0s sure
			machine +0s      -> +8760h0m0s
			discord +0s      -> +0s sure`},
		"started two days behind, right after the last reading: Discord and another server are needed": {-48 * time.Hour, 48 * time.Hour, `
			discord.com +0s  -> -48h0m0s
			gateway +0s      -> +0s sure
			pass 5m          -> +0s sure`},
		"started an hour behind, after a pause": {-time.Hour, 3 * time.Hour, `
			gateway +0s      -> -1h0m0s
			discord.com +0s  -> +0s sure`},
		"gateways whose clocks are wrong in the same way move no start": {0, time.Minute, `
			one +8h          -> +0s
			two +8h          -> +0s
			discord.com +0s  -> +0s sure`},
		"started after a pause beside a gateway that lags: Discord and this machine agree": {0, 3 * time.Hour, `
			gateway -30m     -> -30m0s sure
			discord.com +0s  -> +0s sure
			gateway -30m     -> +0s sure
			pass 5m          -> +0s sure`},
		"started after a pause beside gateways that lag alike": {0, 3 * time.Hour, `
			one -30m         -> -30m0s sure
			two -30m         -> -30m0s sure
			three -30m       -> -30m0s sure
			discord.com +0s  -> +0s sure
			one -30m         -> +0s sure
			pass 5m          -> +0s sure`},
		"a machine without a clock: the first answer sets it": {unset, 0, `
			gateway +0s      -> +0s sure
			pass 5m          -> +0s sure
			machine +0s      -> +0s sure`},
		"a machine without a clock, after a restart": {unset, time.Hour, `
			gateway +0s      -> +0s sure
			discord.com +0s  -> +0s sure`},
		"a machine without a clock, whose clock is set before anybody answers": {unset, 0, `
			pass 5m          -> ` + unset.String() + `
			machine +0s      -> ` + unset.String() + `
			gateway +1s      -> +1s sure`},
		"a machine without a clock, beside gateways that are wrong: Discord decides": {unset, 0, `
			one +8h          -> +8h0m0s sure
			two +8h          -> +8h0m0s sure
			discord.com +0s  -> +0s sure
			one +8h          -> +0s sure
			two +8h          -> +0s sure
			three +8h        -> +0s sure`},
		"an old word is no witness": {0, time.Minute, `
			one +8h          -> +0s
			pass 2h          -> +0s
			two +8h          -> +0s`},
	} {
		t.Run(what, func(t *testing.T) {
			last := noon.Add(-c.last)
			if c.last == 0 {
				last = time.Time{}
			}
			w := &world{t: t, truth: noon, machine: c.boot, agreed: newConsensus(noon.Add(c.boot), 0, last)}
			for line := range strings.Lines(strings.TrimSpace(c.story)) {
				did, want, _ := strings.Cut(strings.TrimSpace(line), "->")
				w.line(strings.Fields(did))
				off := w.agreed.now.Sub(w.truth)
				got := off.String()
				if off >= 0 {
					got = "+" + got
				}
				if w.agreed.sure {
					got += " sure"
				}
				if want = strings.TrimSpace(want); got != want {
					t.Errorf("%s: off by %s, want %s", strings.TrimSpace(did), got, want)
				}
			}
		})
	}
}

func TestTheTransportListensToDates(t *testing.T) {
	date, age, kind, status := noon, "", "application/json", http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", date.Format(http.TimeFormat))
		if age != "" {
			w.Header().Set("Age", age)
		}
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
	}))
	defer server.Close()
	ticks := time.Duration(0)
	c := newClock(func() (time.Time, time.Duration) { return noon.Add(year).Add(ticks), ticks }, noon.Add(-time.Minute), slog.New(slog.DiscardHandler))
	client := &http.Client{Transport: c.Transport(nil)}
	get := func() {
		t.Helper()
		resp, err := client.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	for what, set := range map[string]func(){
		"a cached answer":         func() { age = "3600" },
		"a proxy's page":          func() { kind = "text/html; charset=utf-8" },
		"a failure of the server": func() { status = http.StatusBadGateway },
	} {
		age, kind, status = "", "application/json", http.StatusOK
		set()
		get()
		if c.Sure() || !c.Now().Equal(noon.Add(year)) {
			t.Errorf("%s set the time to %s", what, c.Now())
		}
	}
	age, kind, status = "", "application/json", http.StatusOK
	get()
	if !c.Sure() || !c.Now().Equal(noon) {
		t.Errorf("the time is %s, want %s", c.Now(), noon)
	}
	client.CloseIdleConnections()
}

// answered is a server that answers after something happened to this machine.
type answered struct {
	date  time.Time
	after func()
}

func (a answered) RoundTrip(*http.Request) (*http.Response, error) {
	a.after()
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{"Date": {a.date.Format(http.TimeFormat)}}}, nil
}

// A machine that slept finds the answer to what it asked before. That it agrees with the
// time before the sleep says nothing, and the next answer sets the time right.
func TestAnAnswerFromBeforeASleepIsNotBelieved(t *testing.T) {
	wall := noon
	c := newClock(func() (time.Time, time.Duration) { return wall, 0 }, noon.Add(-time.Minute), slog.New(slog.DiscardHandler))
	asleep := func() { wall = noon.Add(8 * time.Hour) }
	ask := func(host string, server answered) {
		t.Helper()
		if _, err := c.Transport(server).RoundTrip(httptest.NewRequest(http.MethodGet, "https://"+host, nil)); err != nil {
			t.Fatal(err)
		}
	}
	awake := func() {}
	ask(Discord, answered{noon, awake})
	ask(Discord, answered{noon, asleep})
	if c.Sure() {
		t.Error("an answer from before the sleep confirms the time")
	}
	ask("gateway.example", answered{wall, awake})
	if !c.Sure() || !c.Now().Equal(wall) {
		t.Errorf("the time is %s, want %s", c.Now(), wall)
	}
}
