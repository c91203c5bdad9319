package discord

import (
	"testing"
	"testing/synctest"
	"time"
)

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
	synctest.Test(t, func(t *testing.T) {
		p := pace{}
		p.timing.fill()
		var b budget
		b.date(time.Now())
		var longest time.Duration
		for begin := time.Now(); time.Since(begin) < 3*budgetWindow; {
			now := time.Now()
			if err := b.spend(); err != nil {
				t.Fatal(err)
			}
			p.add(&connection{spoke: true, began: now}, true)
			time.Sleep(time.Until(p.next))
			time.Sleep(b.wait(p.timing.Spacing))
			wait := time.Since(now)
			if wait < p.timing.Spacing-time.Millisecond || wait > 40*time.Second && b.used() < budgetCareful {
				t.Fatalf("%s between two IDENTIFYs after %d", wait, b.used())
			}
			longest = max(longest, wait)
			if n := b.used(); n > budgetMost {
				t.Fatalf("%d IDENTIFYs within a day", n)
			}
		}
		if longest > 5*time.Minute {
			t.Errorf("in the end %s without an attempt", longest)
		}
	})
}

func TestWhatAFailedAttemptTookIsAPartOfThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		timing := Timing{}
		timing.fill()
		tried := time.Now()
		time.Sleep(timing.Ready)
		for _, c := range []struct {
			name string
			conn connection
			from time.Time
		}{
			{"never ready", connection{spoke: true, began: tried}, tried},
			{"a RESUME that was not answered", connection{resume: true, spoke: true, began: tried}, tried},
			{"ended while it stood", connection{spoke: true, began: tried, readyAt: tried}, time.Now()},
		} {
			p := pace{timing: timing, sessions: failures{count: 99}}
			p.add(&c.conn, true)
			if got := p.next.Sub(c.from); got > 40*time.Second || got < 20*time.Second {
				t.Errorf("%s: the next attempt comes after %s", c.name, got)
			}
		}
	})
}

// What follows the end of a connection: RESUME as long as Discord may know the
// session, else a new one, and nothing after what no attempt can cure.
func TestWhatFollowsTheEndOfAConnection(t *testing.T) {
	closed := func(code int) error { return &closedError{Code: code} }
	for _, c := range []struct {
		err    error
		resume bool // the connection was to resume and did not become ready
		over   bool
		fatal  bool
	}{
		{err: errReconnect}, {err: errSessionInterrupted}, {err: errNoAck}, {err: errDropped}, {err: errUnreachable}, {err: errNoHello}, {err: errBadHello},
		{err: closed(1000)}, {err: closed(1001)}, {err: closed(1006)}, {err: closed(4000)}, {err: closed(4001)}, {err: closed(4002)},
		{err: closed(4003)}, {err: closed(4005)}, {err: closed(4008)}, {err: closed(4999)},
		{err: errInvalidSession, over: true}, {err: closed(4007), over: true}, {err: closed(4009), over: true},
		{err: errNoReady, resume: true, over: true}, {err: errNoHello, resume: true}, {err: errUnreachable, resume: true},
		{err: closed(4004), fatal: true}, {err: closed(4004), resume: true, over: true, fatal: true}, {err: closed(4010), fatal: true}, {err: closed(4011), fatal: true},
		{err: closed(4012), fatal: true}, {err: closed(4013), fatal: true}, {err: closed(4014), fatal: true},
		{err: because(errUnreachable, &Error{Kind: KindUnauthorized, Status: 401}), fatal: true},
	} {
		conn := &connection{resume: c.resume, readyAt: time.Now()}
		if c.resume {
			conn.readyAt = time.Time{}
		}
		if over, fatal := sessionOver(conn, c.err), fatalError(c.err) != nil; over != c.over || fatal != c.fatal {
			t.Errorf("%v, resume %t: over %t, fatal %t", c.err, c.resume, over, fatal)
		}
	}
}

// A RESUME that is answered with something else three times in a row is the last
// one, and connections that are cut at once are not made many times a second.
func TestResumesAreBounded(t *testing.T) {
	timing := Timing{}
	timing.fill()
	p := pace{timing: timing}
	for n := 1; n <= maxRefused; n++ {
		if over := p.add(&connection{resume: true, spoke: true, began: time.Now()}, false); over != (n == maxRefused) {
			t.Errorf("after %d refused RESUMEs: over %t", n, over)
		}
	}
	var all time.Duration
	for range 10 {
		p.add(&connection{resume: true, spoke: true, began: time.Now(), readyAt: time.Now()}, false)
		all += time.Until(p.next)
	}
	if all < 10*time.Second || all > 40*time.Second {
		t.Errorf("ten connections that were cut at once are made within %s", all)
	}
}
