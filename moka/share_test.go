package moka

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// S1: polls find their places as if nobody else asked, and commands that have
// used up their share are told for how long.
func TestCommandsLeavePollsTheirShare(t *testing.T) {
	for _, members := range []int{0, 1, 10} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			limiter := NewLimiter(0, 0)
			var mu sync.Mutex
			var sent []time.Time
			inner := healthy(map[string]reply{modelsPath: {body: `{"data":[]}`}})
			c := dial(t, tripper(func(req *http.Request) (*http.Response, error) {
				mu.Lock()
				sent = append(sent, time.Now())
				mu.Unlock()
				return inner.RoundTrip(req)
			}), bothCredentials, WithLimiter(limiter))
			var all sync.WaitGroup
			var refused, answered atomic.Int64
			for range members {
				all.Go(func() {
					for ctx.Err() == nil {
						_, err := c.Models(ForCommand(ctx))
						if e, ok := errors.AsType[*Error](err); ok && ctx.Err() == nil {
							refused.Add(1)
							if e.Kind != RateLimited || e.Hint != HintCommands || e.RetryAfter <= 0 || e.RetryAfter > defaultWindow {
								t.Errorf("%v, to wait %s", err, e.RetryAfter)
							}
						} else {
							answered.Add(1)
						}
						time.Sleep(time.Second)
					}
				})
			}
			var longest time.Duration
			for ctx.Err() == nil { // four calls each 15 s: 48 of the 80 that are the polls' own
				start := time.Now()
				if r := c.Read(ctx); ctx.Err() == nil && !r.OK() {
					t.Fatal(r.Err())
				}
				longest = max(longest, time.Since(start))
				time.Sleep(15 * time.Second)
			}
			all.Wait()
			busiest := maxWithin(sent, defaultWindow)
			t.Logf("%d members: the slowest poll took %s; %d commands answered, %d refused; at most %d requests in 180 s", members, longest, answered.Load(), refused.Load(), busiest)
			if longest > 0 || busiest > defaultRequests || members > 0 && (answered.Load() == 0 || refused.Load() == 0) {
				t.Error("the polls were held up, the budget exceeded or the commands not limited")
			}
		})
	}
}

// Readings that are planned to take nearly all of the budget find their places at
// once, from the first moment of a flood on; commands get what is left.
func TestCommandsTakeWhatPlannedReadingsLeave(t *testing.T) {
	for _, plan := range []struct {
		share float64 // of the budget
		want  int     // commands' calls within a window
	}{{0, 40}, {0.5, 40}, {0.6, 40}, {0.75, 23}, {0.9, 5}, {1, 0}} {
		synctest.Test(t, func(t *testing.T) {
			h := NewLimiter(0, 0).host("gateway")
			rate := plan.share * defaultRequests / defaultWindow.Seconds()
			h.share.planned = rate
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
			defer cancel()
			var mu sync.Mutex
			var taken []time.Time
			var members sync.WaitGroup
			for range 10 {
				members.Go(func() {
					time.Sleep(4 * time.Minute) // when readings already fill the window
					for ctx.Err() == nil {
						if h.placeForCommand(ctx) == nil {
							mu.Lock()
							taken = append(taken, time.Now())
							mu.Unlock()
						}
						time.Sleep(time.Second / 5)
					}
				})
			}
			for rate > 0 && ctx.Err() == nil {
				time.Sleep(time.Duration(float64(time.Second) / rate))
				if held := h.calls.take(); held != nil && ctx.Err() == nil {
					t.Fatalf("with %v of the budget planned a reading was held up for %s", plan.share, held.rest)
				}
			}
			members.Wait()
			if got := maxWithin(taken, defaultWindow); got < plan.want-1 || got > plan.want+1 {
				t.Errorf("with %v of the budget planned, commands got %d calls in 180 s, want %d", plan.share, got, plan.want)
			}
		})
	}
}

func TestCataloguesAreReadOnceForManyCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := healthy(map[string]reply{modelsPath: {body: `{"data":[{"id":"a"}]}`}})
		g.delay = time.Second
		c := dial(t, g, bothCredentials)
		ctx := ForCommand(t.Context())
		ask := func() {
			if list, err := c.Catalogue(ctx); err != nil || len(list.Models) != 1 {
				t.Errorf("%v, %v", list, err)
			}
		}
		var all sync.WaitGroup
		for range 20 {
			all.Go(ask)
		}
		all.Wait()
		for range 4 * 60 {
			ask()
			time.Sleep(time.Second)
		}
		if n := g.count(modelsPath); n != 1 {
			t.Errorf("%d reads for 260 commands", n)
		}
		time.Sleep(2 * time.Minute)
		ask()
		if n := g.count(modelsPath); n != 2 {
			t.Errorf("%d reads after the list had aged", n)
		}
		if _, err := c.Catalogue(t.Context()); err != nil || g.count(modelsPath) != 3 {
			t.Errorf("%v; a reading of no command was answered from memory", err)
		}
	})
}

func TestAFailedCatalogueIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := healthy(map[string]reply{modelsPath: {status: 500}})
		c := dial(t, g, bothCredentials)
		for range 20 {
			if _, err := c.Catalogue(ForCommand(t.Context())); err == nil {
				t.Fatal("no error")
			}
			time.Sleep(time.Second)
		}
		if n := g.count(modelsPath); n != 1 {
			t.Errorf("%d reads", n)
		}
		g.set(modelsPath, reply{body: `{"data":[]}`})
		time.Sleep(catalogueFailureAge)
		if _, err := c.Catalogue(ForCommand(t.Context())); err != nil {
			t.Error(err)
		}
	})
}
