package moka

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/proof"
)

// S1: polls find their places as if nobody else asked, and commands that have
// used up their share are told for how long.
func TestCommandsLeavePollsTheirShare(t *testing.T) {
	proof.NotShort(t)
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
							if e.Kind != RateLimited || e.Hint != HintCommands || e.RetryAfter <= 0 || e.RetryAfter > travels(defaultWindow) {
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
			for ctx.Err() == nil { // four calls each 15 s: 48 of the 96 that are the polls' own
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

// Whatever commands do, readings that keep within their part of the budget are
// never delayed, planned or not; commands get their part of any window, and no more.
func TestNoCommandDelaysAReadingWithinItsPart(t *testing.T) {
	proof.NotShort(t)
	dice := rand.New(rand.NewPCG(22, 7))
	atOnce := 0 // readings' parts that were used up
	for range 60 {
		requests, window := 2+dice.IntN(60), time.Duration(1+dice.IntN(180))*time.Second
		synctest.Test(t, func(t *testing.T) {
			l := newSlidingWindow(requests, window)
			var readings, commands, all []time.Time
			for range 200 {
				now := time.Now()
				if free, _ := l.room(true); dice.IntN(2) == 0 && free > 0 {
					for range 1 + dice.IntN(free) { // also all of its part at once
						if held := l.take(true); held != nil {
							t.Fatalf("of %d in %s, a reading with %d in its window is held up: %v", requests, window, within(readings, now, window), held)
						}
						readings, all = append(readings, now), append(all, now)
					}
					if within(readings, now, window) == requests-notReserved(requests) {
						atOnce++
					}
				}
				for range dice.IntN(requests) {
					held := l.takeFor(Command)
					if held == nil {
						commands, all = append(commands, now), append(all, now)
					} else if !held.commands || held.rest <= 0 || held.rest > window {
						t.Fatalf("a command is told %+v", held)
					}
				}
				time.Sleep(time.Duration(dice.ExpFloat64() * float64(window) / float64(1+dice.IntN(requests))))
			}
			if most := maxWithin(commands, window); most > notReserved(requests) || most == 0 || maxWithin(all, window) > requests {
				t.Errorf("of %d, commands hold %d, and all together %d", requests, most, maxWithin(all, window))
			}
		})
	}
	if atOnce == 0 {
		t.Error("readings never used their part up")
	}
}

// What reserved readings find free, and how long they wait, is the same to the nanosecond
// whether commands are there or not, also where readings ask for more than their part. So is
// what reserved work in the background gets.
func TestReservedReadingsDoNotSeeCommands(t *testing.T) {
	dice := rand.New(rand.NewPCG(17, 2))
	held := 0
	for i := range 60 {
		requests, window, seed := minDivided+dice.IntN(60), time.Duration(1+dice.IntN(180))*time.Second, dice.Uint64()
		records := i%2 == 0 && requests >= 20 // else commands meet a 429 now and then, which stops these
		found := func(commands bool) (found []string) {
			synctest.Test(t, func(t *testing.T) {
				readings, others := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2))
				l := newSlidingWindow(requests, window)
				ctx := Reserved(t.Context())
				for range 200 {
					for range others.IntN(requests) {
						if commands && l.takeFor(Command) == nil && !records && others.IntN(9) == 0 {
							l.refused(Command, "", window)
						}
					}
					if readings.IntN(3) > 0 {
						asked := time.Now()
						free, more := l.room(true)
						for range readings.IntN(requests) {
							if err := l.wait(ctx); err != nil {
								t.Fatal(err)
							}
						}
						held += min(1, int(time.Since(asked)))
						found = append(found, fmt.Sprint(free, more, time.Since(asked)))
					}
					for range readings.IntN(3) {
						if !records {
							continue
						}
						held := l.takeAs(InBackground(ctx))
						found = append(found, fmt.Sprint(held, l.sentForReadings()))
					}
					time.Sleep(time.Duration(readings.ExpFloat64() * float64(window) / float64(1+readings.IntN(requests))))
				}
			})
			return found
		}
		if without, with := found(false), found(true); !slices.Equal(with, without) {
			t.Fatalf("%d in %s: readings find\n%s\nwith commands, and without\n%s", requests, window, with, without)
		}
	}
	if held == 0 {
		t.Error("no reading ever asked for more than its part")
	}
}

// Reserved work in the background has its places whatever readings and commands take, and no
// others.
func TestRecordsHavePlacesOfTheirOwn(t *testing.T) {
	const part, own = 96, 6 // of 120
	for _, tc := range []struct {
		name    string
		planned float64 // requests of readings in a window
		want    int     // of the background in each
	}{
		{"readings take their part", part, own},
		{"readings take more than half", part/2 + 1, own},
		{"readings take half", part / 2, own},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newSlidingWindow(120, 100*time.Second)
				l.plan(tc.planned / 100)
				for range 3 {
					commands, records := 0, 0
					for l.takeFor(Command) == nil {
						commands++
					}
					for l.takeAs(Reserved(InBackground(t.Context()))) == nil {
						records++
					}
					if free, _ := l.room(true); records != tc.want || commands != 24-own || free != part {
						t.Errorf("%d for records, want %d, %d for commands, and readings have room for %d", records, tc.want, commands, free)
					}
					time.Sleep(100 * time.Second)
				}
			})
		})
	}
}

// Where a budget has no places of their own for records, commands leave room for them as they
// do for other work.
func TestCommandsLeaveRoomForRecordsInASmallBudget(t *testing.T) {
	for _, requests := range []int{2*minDivided - 1, 2 * minDivided} {
		synctest.Test(t, func(t *testing.T) {
			l := newSlidingWindow(requests, time.Minute)
			l.plan(1) // so that readings need their part
			for l.takeFor(Command) == nil || len(l.records.at) > 0 && l.takeReserved() == nil {
			}
			go func() { _ = l.placeInBackground(Reserved(InBackground(t.Context()))) }()
			synctest.Wait()
			if own, waits := len(l.records.at) > 0, l.waiting.Load() > 0; waits == own {
				t.Errorf("of %d, places of their own: %t, and commands leave room: %t", requests, own, waits)
			}
		})
	}
}

// A budget that is too small for a part of its own is there for readings as a whole.
func TestASmallBudgetIsNotDivided(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for requests := 1; requests < 2*minDivided; requests++ {
			l := newSlidingWindow(requests, time.Minute)
			want := requests
			if requests >= minDivided {
				want -= notReserved(requests)
			}
			taken := 0
			for free, _ := l.room(true); l.take(true) == nil; taken++ {
				if free != want {
					t.Fatalf("of %d, %d are free for readings, want %d", requests, free, want)
				}
			}
			if taken != want || want < 7 && want < requests {
				t.Errorf("of %d, readings get %d, want %d", requests, taken, want)
			}
		}
	})
}

// S1: A 429 that a command or work in the background meets pauses those alone, for a
// path of theirs may have a limit of its own; one that a reading meets pauses all.
func TestRefusedCommandsDelayNoReading(t *testing.T) {
	purposes := map[string]func(context.Context) context.Context{
		"reading": func(ctx context.Context) context.Context { return ctx }, "command": ForCommand, "background": InBackground,
	}
	for _, header := range []string{"", "30", "1800"} {
		for refused, as := range purposes {
			t.Run(refused+" "+header, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := healthy(map[string]reply{modelsPath: {status: 429, header: map[string]string{"Retry-After": header}}})
					c := dial(t, g, bothCredentials)
					_, err := c.Models(as(t.Context()))
					mustKind(t, err, "rate_limited")
					held := asError(err).RetryAfter
					if r := c.Read(t.Context()); r.OK() != (refused != "reading") {
						t.Errorf("a reading during the pause: %v", r.Err())
					}
					for other, as := range purposes {
						if other == "reading" {
							continue
						}
						if _, err := c.Models(as(t.Context())); err == nil || g.count(modelsPath) != 1 {
							t.Errorf("%s: %v, and %d were sent", other, err, g.count(modelsPath))
						}
					}
					time.Sleep(max(held, usualPause) * 11 / 10)
					g.set(modelsPath, reply{body: `{"data":[]}`})
					for other, as := range purposes {
						if _, err := c.Models(as(t.Context())); err != nil {
							t.Errorf("%s after the pause: %v", other, err)
						}
					}
				})
			})
		}
	}
}

// What a reading can do without and meets a 429 with stops alone, whether the gateway
// says for how long or not; it is not asked again before.
func TestARefusedOptionalReadDelaysNoReading(t *testing.T) {
	for _, header := range []string{"", "30", "3600"} {
		for path, ask := range map[string]func(context.Context, *Client) error{
			"/api/data/self": func(ctx context.Context, c *Client) error {
				_, err := c.Usage(ctx, time.Now().Add(-time.Hour), time.Now())
				return err
			},
			"/api/log/self": func(ctx context.Context, c *Client) error {
				_, err := c.Refunds(ctx, time.Now().Add(-time.Hour), time.Now(), time.Time{})
				return err
			},
			"/api/token/": func(ctx context.Context, c *Client) error {
				_, err := c.Keys(ctx)
				return err
			},
		} {
			t.Run(path+" "+header, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := healthy(map[string]reply{path: {status: 429, header: map[string]string{"Retry-After": header}}})
					c := dial(t, g, bothCredentials)
					mustKind(t, ask(t.Context(), c), "rate_limited")
					sent := g.count(path) // the log may be asked two things at once
					held := ask(t.Context(), c)
					mustKind(t, held, "rate_limited")
					if asError(held).RetryAfter <= 0 || g.count(path) != sent {
						t.Errorf("again: %v, and %d were sent", held, g.count(path))
					}
					if r := c.Read(t.Context()); !r.OK() || c.Paused() > 0 {
						t.Errorf("a reading: %v, paused for %s", r.Err(), c.Paused())
					}
					time.Sleep(asError(held).RetryAfter + time.Second)
					if _ = ask(t.Context(), c); g.count(path) <= sent {
						t.Error("none was sent after the pause")
					}
				})
			})
		}
	}
}

// within counts what lies in the window that ends now.
func within(times []time.Time, now time.Time, window time.Duration) (n int) {
	for _, at := range times {
		if now.Sub(at) < window {
			n++
		}
	}
	return n
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

// A reading does not wait for a status that a command asked for and has no place
// for yet, nor does it fail with it.
func TestAReadingWaitsForNoCommandsStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, healthy(nil), bothCredentials, WithLimiter(NewLimiter(8, 3960396040*time.Nanosecond))) // held for four seconds; a command holds one
		if _, err := c.Status(ForCommand(t.Context())); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		held := make(chan error, 1)
		began := time.Now()
		go func() { _, err := c.Status(ForCommand(t.Context())); held <- err }()
		synctest.Wait()
		if _, err := c.Status(t.Context()); err != nil || time.Since(began) > 0 {
			t.Errorf("a reading waited %s: %v", time.Since(began), err)
		}
		if err := <-held; err != nil || time.Since(began) != 2*time.Second {
			t.Errorf("the command waited %s: %v", time.Since(began), err)
		}
	})
}
