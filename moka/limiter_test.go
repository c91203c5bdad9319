package moka

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/proof"
)

func TestTwoHundredAccountsStayWithinTheHostsBudgetForAnHour(t *testing.T) {
	proof.NotShort(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var mu sync.Mutex
		var sent []time.Time
		inner := healthy(nil)
		stamp := tripper(func(req *http.Request) (*http.Response, error) {
			mu.Lock()
			sent = append(sent, time.Now())
			mu.Unlock()
			return inner.RoundTrip(req)
		})
		limiter := NewLimiter(0, 0)
		var accounts sync.WaitGroup
		for range 200 {
			c := dial(t, stamp, bothCredentials, WithLimiter(limiter))
			accounts.Go(func() {
				for ctx.Err() == nil {
					c.Read(ctx)
					select {
					case <-ctx.Done():
					case <-time.After(5 * time.Minute):
					}
				}
			})
		}
		accounts.Wait()
		busiest := maxWithin(sent, defaultWindow)
		t.Logf("%d requests in an hour, at most %d in any 180 s", len(sent), busiest)
		if busiest > defaultRequests {
			t.Errorf("%d requests in 180 s, allowed are %d", busiest, defaultRequests)
		}
		if len(sent) < 2400 {
			t.Errorf("only %d requests in an hour: the budget allows 2400", len(sent))
		}
	})
}

// maxWithin counts the busiest stretch of that length.
func maxWithin(sent []time.Time, window time.Duration) (most int) {
	for i, first := 0, 0; i < len(sent); i++ {
		for sent[i].Sub(sent[first]) >= window {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestRefusalPausesTheHostForAllItsAccounts(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"":                              time.Minute,
		"30":                            30 * time.Second,
		"0":                             time.Minute,
		"-5":                            time.Minute,
		"junk":                          time.Minute,
		"99999":                         30 * time.Minute,
		"Sat, 01 Jan 2000 00:02:00 GMT": 2 * time.Minute, // synctest's clock starts at midnight
	} {
		t.Run("Retry-After "+header, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := healthy(map[string]reply{modelsPath: {status: 429, header: map[string]string{"Retry-After": header}}})
				limiter := NewLimiter(0, 0)
				c, other := dial(t, g, bothCredentials, WithLimiter(limiter)), dial(t, g, bothCredentials, WithLimiter(limiter))
				_, err := c.Models(t.Context())
				mustKind(t, err, "rate_limited")
				if e := asError(err); e.RetryAfter > want {
					t.Errorf("it says to wait %s, and asks again after %s", e.RetryAfter, want)
				}
				g.set(modelsPath, reply{body: `{"data":[]}`})
				time.Sleep(want - time.Second)
				if _, err = other.Models(t.Context()); err == nil {
					t.Error("sent during the pause")
				}
				if e := asError(err); e == nil || e.RetryAfter <= 0 || e.Kind != RateLimited {
					t.Errorf("during the pause: %v", err)
				}
				time.Sleep(want/10 + 2*time.Second)
				if _, err = other.Models(t.Context()); err != nil {
					t.Errorf("after the pause: %v", err)
				}
			})
		})
	}
}

func TestADateToWaitForIsByTheClockOfTheAnswer(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	h := http.Header{"Date": {now.Format(http.TimeFormat)}, "Retry-After": {now.Add(5 * time.Second).Format(http.TimeFormat)}}
	for _, off := range []time.Duration{0, -365 * 24 * time.Hour, 8 * time.Hour} { // of this machine's clock
		if wait := retryAfter(h, now.Add(off)); wait != 5*time.Second {
			t.Errorf("with a clock that is %s off: a wait of %s, want 5 s", off, wait)
		}
	}
}

func TestPausesGrowWhileTheyAreNotEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newSlidingWindow(10, defaultWindow)
		for _, want := range []time.Duration{time.Minute, 2 * time.Minute, defaultWindow, defaultWindow} {
			l.refused(ForReading, "", 0)
			held := l.take(true)
			if held == nil || held.rest < want || held.rest > want*11/10 {
				t.Fatalf("held %v, want about %s", held, want)
			}
			time.Sleep(held.rest)
		}
		if l.take(true) != nil {
			t.Fatal("still paused")
		}
		time.Sleep(time.Second)
		l.answered(ForReading, "")
		l.refused(ForReading, "", 0)
		if held := l.take(true); held.rest > 66*time.Second {
			t.Errorf("pause of %s after an answer", held.rest)
		}
	})
}

func TestWaitingForTheBudgetEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newSlidingWindow(1, time.Hour)
		if err := l.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		if err := l.wait(short); err == nil || time.Since(start) != 0 {
			t.Errorf("waited %s for a place that comes too late: %v", time.Since(start), err)
		}
		stopped, stop := context.WithCancel(t.Context())
		go func() { time.Sleep(time.Second); stop() }()
		if err := l.wait(stopped); err == nil || time.Since(start) != time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if err := l.wait(t.Context()); err != nil || time.Since(start) != time.Hour {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func TestSecondLooksStayWithinTheirSmallBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := healthy(map[string]reply{limitPath: refusal(401, "Invalid token", ""), usedPath: refusal(401, "Invalid token", ""), tokenPath: {body: tokenEmpty}})
		limiter := NewLimiter(1000, time.Second)
		states := map[KeyState]int{}
		for range 30 {
			c := dial(t, g, Credentials{APIKey: testKey}, WithLimiter(limiter))
			states[c.Read(t.Context()).Key.State]++
			states[c.Read(t.Context()).Key.State]++ // remembered
		}
		want := map[KeyState]int{KeyExhausted: 30, KeyRefused: 30}
		if g.count(tokenPath) != 15 || fmt.Sprint(states) != fmt.Sprint(want) {
			t.Errorf("%d second looks, states %v", g.count(tokenPath), states)
		}
	})
}

func TestLimitOfSecondLooksDoesNotPauseTheHost(t *testing.T) {
	g := healthy(map[string]reply{limitPath: refusal(401, "Invalid token", ""), usedPath: refusal(401, "Invalid token", ""), tokenPath: {status: 429}})
	c := dial(t, g, bothCredentials)
	c.Read(t.Context())
	if r := c.Read(t.Context()); r.WalletErr != nil || g.count(tokenPath) != 1 {
		t.Errorf("wallet %v, %d second looks", r.WalletErr, g.count(tokenPath))
	}
}
