package discord

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// clientFrame is a masked text frame as gorilla writes it.
func clientFrame(text string) []byte {
	mask := []byte{1, 2, 3, 4}
	frame := []byte{frameFinal | frameText}
	if len(text) < 126 {
		frame = append(frame, frameMasked|byte(len(text)))
	} else {
		frame = append(frame, frameMasked|126, byte(len(text)>>8), byte(len(text)))
	}
	frame = append(frame, mask...)
	for i := range len(text) {
		frame = append(frame, text[i]^mask[i%4])
	}
	return frame
}

// linked is a link whose far side is drained, or held open in the test.
func linked(t *testing.T, resuming bool) (l *link, far net.Conn, identifies *int) {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { _ = near.Close(); _ = far.Close() })
	n := new(int)
	return newLink(near, resuming, func() { *n++ }), far, n
}

func TestOneConnectionCarriesOneIdentify(t *testing.T) {
	identify := clientFrame(`{"op":2,"d":{"token":"` + strings.Repeat("x", 200) + `"}}`)
	for _, c := range []struct {
		name     string
		resuming bool
		writes   int
		want     int
		why      error
	}{
		{"the first passes", false, 1, 1, nil},
		{"a second ends the connection", false, 2, 1, errSecondIdentify},
		{"none passes after RESUME", true, 1, 0, errSecondIdentify},
		{"writes after the end are swallowed", true, 3, 0, errSecondIdentify},
	} {
		l, far, n := linked(t, c.resuming)
		read := make(chan int, 1)
		go func() {
			got, _ := io.Copy(io.Discard, far)
			read <- int(got)
		}()
		for range c.writes {
			if k, err := l.Write(identify); err != nil || k != len(identify) {
				t.Errorf("%s: Write = %d, %v", c.name, k, err)
			}
		}
		why := l.reason()
		_ = l.Close()
		if got := <-read; got != c.want*len(identify) || *n != c.want || !errors.Is(why, c.why) {
			t.Errorf("%s: %d bytes on the line, %d counted, %v", c.name, got, *n, why)
		}
	}
}

func TestAGreetingIsHandedOnWithOurInterval(t *testing.T) {
	for _, c := range []struct{ asked, handed string }{
		{`{"heartbeat_interval":41250,"_trace":["x"]}`, "15000"},
		{`{"heartbeat_interval":5000}`, "5000"},
		{`{"heartbeat_interval":5000.75}`, "5000"},
		{`{"heartbeat_interval":1}`, "100"},
		{`{"heartbeat_interval":1e300}`, "15000"},
		{`{"heartbeat_interval":0}`, ""},
		{`{"heartbeat_interval":-41250}`, ""},
		{`{"heartbeat_interval":"soon"}`, ""},
		{`{}`, ""},
		{`null`, ""},
	} {
		l, far, _ := linked(t, false)
		l.upgraded = true
		go func() { _, _ = far.Write(textFrame(`{"op":10,"d":` + c.asked + `}`)) }()
		got := make([]byte, 200)
		n, err := l.Read(got)
		if c.handed == "" {
			if err == nil || !errors.Is(l.reason(), errBadHello) {
				t.Errorf("%s: handed on %q, %v", c.asked, got[:n], l.reason())
			}
			continue
		}
		if want := `{"op":10,"d":{"heartbeat_interval":` + c.handed + `}}`; err != nil || string(got[2:n]) != want {
			t.Errorf("%s: handed on %q, %v; want %s", c.asked, got[:n], err, want)
		}
	}
}

func TestWrittenOp(t *testing.T) {
	for text, want := range map[string]byte{
		`{"op":1,"d":251}`: '1',
		`{"op":2,"d":{}}`:  '2',
		`{"op":10,"d":{}}`: 0,
		`{"d":{"op":2,}}`:  0,
		`{}`:               0,
	} {
		if got := writtenOp(clientFrame(text)); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
	for _, raw := range []string{"", "G", "GET /ws HTTP/1.1\r\n", "\x81\x85", "\x88\x82\x00\x00\x00\x00\x03\xe8"} {
		if got := writtenOp([]byte(raw)); got != 0 {
			t.Errorf("%q: %q", raw, got)
		}
	}
}

func TestWhatDiscordgoDoesNotSee(t *testing.T) {
	const upgraded = "HTTP/1.1 101 Switching Protocols\r\n\r\n"
	frame := func(text string) string { return string([]byte{frameFinal | frameText, byte(len(text))}) + text }
	hello := frame(`{"op":10,"d":{"heartbeat_interval":12000}}`)
	ack := frame(`{"op":11}`)
	for _, c := range []struct {
		name   string
		send   string
		opened bool
		want   string
		why    error
	}{
		{"HELLO passes", hello, false, hello, errDropped},
		{"an ACK while Open holds its lock does not", ack + hello, false, hello, errDropped},
		{"an ACK later does", ack, true, ack, errDropped},
		{"RECONNECT ends the connection", frame(`{"op":7,"d":null}`) + hello, false, "", errReconnect},
		{"INVALID SESSION ends it", frame(`{"op":9,"d":true}`) + hello, true, "", errInvalidSession},
		{"a frame without end", "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", true, "", errDropped},
	} {
		l, far, _ := linked(t, false)
		if c.opened {
			l.setOpened()
		}
		go func() {
			_, _ = io.WriteString(far, upgraded+c.send)
			_ = far.Close()
		}()
		got, _ := io.ReadAll(l)
		if string(got) != upgraded+c.want || !errors.Is(l.reason(), c.why) {
			t.Errorf("%s: %q, %v", c.name, got, l.reason())
		}
	}
}

func TestACloseFrameAndTheHeartbeatAreReadAlong(t *testing.T) {
	hello := `{"op":10,"d":{"heartbeat_interval":12000}}`
	l, far, _ := linked(t, false)
	go func() {
		_, _ = io.WriteString(far, "HTTP/1.1 101 Switching Protocols\r\n\r\n\x81"+string(rune(len(hello)))+hello+"\x88\x06\x0f\xa4nope")
		_ = far.Close()
	}()
	_, _ = io.ReadAll(l)
	interval, _, _ := l.pulse()
	if closed, ok := errors.AsType[*closedError](l.reason()); !ok || closed.Code != 4004 || closed.Text != "nope" || interval != 12*time.Second {
		t.Errorf("reason %v, interval %s", l.reason(), interval)
	}
}

func TestBackoffKeepsWithinDiscordsLimits(t *testing.T) {
	timing := Timing{}
	timing.fill()
	for _, c := range []struct {
		f         failures
		low, high time.Duration
	}{
		{failures{}, 0, 0},
		{failures{count: 1}, 2500 * time.Millisecond, 5 * time.Second},
		{failures{count: 4}, 2500 * time.Millisecond, 5 * time.Second},
		{failures{count: 6}, 10 * time.Second, 20 * time.Second},
		{failures{count: 999}, 20 * time.Second, 40 * time.Second},
		{failures{count: 1, unspoken: true}, time.Second, 2 * time.Second},
		{failures{count: 9, unspoken: true}, 3 * time.Second, 6 * time.Second},
		{failures{count: 999, unspoken: true}, 15 * time.Second, 30 * time.Second},
	} {
		for range 20 {
			if got := c.f.wait(timing); got < c.low || got > c.high {
				t.Errorf("%+v: %s, want %s to %s", c.f, got, c.low, c.high)
			}
		}
	}
}

// Three days on which Discord takes every IDENTIFY and never begins a session.
func TestDaysOfFailingKeepWithinTheBudget(t *testing.T) {
	timing := Timing{}
	timing.fill()
	begin := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var b budget
	var f failures
	var longest time.Duration
	for now := begin; now.Before(begin.Add(3 * budgetWindow)); {
		b.spend(now)
		f.add(now, time.Time{}, false)
		next := f.next(timing)
		next = next.Add(max(0, b.wait(next, timing.Spacing)))
		if wait := next.Sub(now); wait < timing.Spacing || wait > 40*time.Second && b.used(next) < budgetCareful {
			t.Fatalf("%s between two IDENTIFYs after %d", wait, b.used(next))
		}
		longest, now = max(longest, next.Sub(now)), next
		if n := b.used(now); n > budgetMost {
			t.Fatalf("%d IDENTIFYs within a day", n)
		}
	}
	if longest > 5*time.Minute {
		t.Errorf("in the end %s without an attempt", longest)
	}
}

func TestWhatAFailedAttemptTookIsAPartOfThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		timing := Timing{}
		timing.fill()
		tried := time.Now()
		time.Sleep(timing.Ready)
		for _, c := range []struct {
			tried, begun, from time.Time
		}{
			{tried, time.Time{}, tried},      // never ready
			{tried, tried, tried},            // ready once, not resumed
			{time.Time{}, tried, time.Now()}, // ended while it stood
		} {
			f := failures{count: 99}
			f.add(c.tried, c.begun, false)
			if got := f.next(timing).Sub(c.from); got > 40*time.Second || got < 20*time.Second {
				t.Errorf("%+v: the next attempt comes after %s", c, got)
			}
		}
	})
}
