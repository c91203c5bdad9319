package lead

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// leads waits for things to settle and fails unless that replica works alone.
func (j *journal) leads(t *testing.T, what, name string) {
	t.Helper()
	synctest.Wait()
	working, _ := j.now()
	if name == "" && len(working) == 0 {
		return
	}
	if len(working) != 1 || working[0] != name {
		t.Errorf("%s: %v work, want %q", what, working, name)
	}
}

func TestOneOfThreeLeadsAndTheNextTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, j := &keeper{skew: -10 * time.Minute}, newJournal() // no clock but the keeper's counts
		a := join(t, k, j, "a")
		j.leads(t, "alone", "a")
		b := join(t, k, j, "b")
		time.Sleep(10 * time.Minute)
		j.leads(t, "after ten minutes of renewals", "a")
		if s := b.e.State(); s.Leader || s.Holder != "a" || s.Err != nil {
			t.Errorf("the standby says %+v", s)
		}
		if s := a.e.State(); !s.Leader || s.Epoch != 1 {
			t.Errorf("the leader says %+v", s)
		}

		asked := time.Now()
		a.stop()
		if err := <-a.ended; err != nil {
			t.Error(err)
		}
		j.leads(t, "after the leader resigned", "b")
		if took := time.Since(asked); took > 100*time.Millisecond {
			t.Errorf("the lease was given back, and the next took it after %s", took)
		}
		b.stop()
		<-b.ended
		if len(j.twice) > 0 {
			t.Errorf("two worked at once: %v", j.twice)
		}
	})
}

// A crash looks like a keeper that hears no more of a replica.
func TestACrashedLeaderIsReplacedWhenItsLeaseExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, j := &keeper{}, newJournal()
		k.set(func(k *keeper) { k.epoch, k.holder, k.expires = 7, "dead", time.Now().Add(defaultLength) })
		a := join(t, k, j, "a")
		time.Sleep(defaultLength - 100*time.Millisecond)
		j.leads(t, "before the lease expired", "")
		time.Sleep(defaultCheck)
		j.leads(t, "after it expired", "a")
		if s := a.e.State(); s.Epoch != 8 {
			t.Errorf("the epoch is %d, want 8", s.Epoch)
		}
		a.stop()
		<-a.ended
	})
}

func TestALeaderStopsBeforeItsLeaseExpires(t *testing.T) {
	for _, c := range []struct {
		what string
		cut  func(*keeper, *replica)
		most time.Duration // until the work has ended
	}{
		{"the keeper refuses calls", func(k *keeper, _ *replica) { k.set(func(k *keeper) { k.down = true }) }, defaultLength - defaultMargin + guardEvery},
		{"the keeper takes calls and does not answer", func(k *keeper, _ *replica) { k.set(func(k *keeper) { k.hang = true }) }, defaultLength - defaultMargin + guardEvery},
		{"the machine slept", func(_ *keeper, r *replica) { r.sleep(time.Hour) }, guardEvery},
		{"another replica took the lease", func(k *keeper, _ *replica) {
			k.set(func(k *keeper) { k.epoch, k.holder, k.expires = k.epoch+1, "other", time.Now().Add(defaultLength) })
		}, defaultEvery + guardEvery},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k, j := &keeper{}, newJournal()
				a := join(t, k, j, "a")
				time.Sleep(time.Minute)
				j.leads(t, "before", "a")
				c.cut(k, a)
				time.Sleep(c.most)
				synctest.Wait()
				_, terms := j.now()
				working, _ := j.now()
				if len(working) > 0 && terms == 1 {
					t.Error("the work goes on")
				}
				k.set(func(k *keeper) { k.down, k.hang = false, false })
				time.Sleep(defaultLength + 2*defaultCheck + askTime)
				j.leads(t, "when all is well again", "a")
				if s := a.e.State(); s.Epoch < 2 {
					t.Errorf("it leads by the old epoch %d", s.Epoch)
				}
				a.stop()
				<-a.ended
			})
		})
	}
}

// What is under way when a leader is asked to end cannot be stored while the keeper does not
// answer: the keeper is to see the leader go at once.
func TestALeaderThatEndsDoesNotWaitForASilentKeeper(t *testing.T) {
	for _, silent := range []time.Duration{0, time.Millisecond, time.Second, defaultEvery} {
		t.Run(silent.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := &keeper{}
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				a := &Elector{Lease: seat{k, make(chan struct{})}, Holder: "a", Log: slog.New(slog.DiscardHandler), Ticks: sinceStart}
				go func() {
					ended <- a.Run(ctx, func(ctx context.Context, now *Tenure) error {
						<-ctx.Done()
						time.Sleep(5 * time.Second) // for what can no longer be stored
						if now.Valid() == nil {
							t.Error("it is valid after it was given up")
						}
						return nil
					})
				}()
				time.Sleep(time.Minute)
				k.set(func(k *keeper) { k.hang = true })
				time.Sleep(silent)
				asked := time.Now()
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
				if len(k.resigned) != 1 || k.resigned[0].Sub(asked) > lastAsk {
					t.Errorf("given back at %v, want once within %s of %s", k.resigned, lastAsk, asked)
				}
			})
		})
	}
}

func TestAShortOutageOfTheKeeperChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, j := &keeper{}, newJournal()
		a := join(t, k, j, "a")
		time.Sleep(time.Minute)
		for range 20 {
			k.set(func(k *keeper) { k.down = true })
			time.Sleep(4 * time.Second)
			k.set(func(k *keeper) { k.down = false })
			time.Sleep(2 * time.Second)
		}
		j.leads(t, "after twenty short outages", "a")
		if _, terms := j.now(); terms != 1 {
			t.Errorf("%d terms, want one", terms)
		}
		a.stop()
		<-a.ended
	})
}

func TestATenureEndsByTheOwnClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, j := &keeper{skew: time.Hour}, newJournal()
		var tenure *Tenure
		r := join(t, k, j, "other")
		r.stop()
		<-r.ended
		ctx, cancel := context.WithCancel(t.Context())
		var slept time.Duration
		began := time.Now()
		e := &Elector{Lease: seat{k, make(chan struct{})}, Holder: "a", Log: slog.New(slog.DiscardHandler),
			Ticks: func() time.Duration { return time.Since(began) + slept }}
		err := e.Run(ctx, func(ctx context.Context, now *Tenure) error {
			tenure = now
			if err := now.Valid(); err != nil {
				t.Errorf("at the beginning: %v", err)
			}
			if at, want := now.Now(), k.now(); !at.Equal(want) {
				t.Errorf("the time is %s, the keeper's %s", at, want)
			}
			slept = time.Hour // the machine sleeps here, and no timer has run
			if err := now.Valid(); !errors.Is(err, ErrLost) {
				t.Errorf("after a sleep: %v", err)
			}
			<-ctx.Done()
			if !errors.Is(context.Cause(ctx), ErrLost) {
				t.Errorf("the work ends because of %v", context.Cause(ctx))
			}
			cancel()
			return nil
		})
		if err != nil || tenure.Valid() == nil {
			t.Errorf("%v, %v", err, tenure.Valid())
		}
	})
}

func TestWorkThatFails(t *testing.T) {
	for _, c := range []struct {
		what string
		err  error
		ends bool
	}{{"for good", errors.New("the token is refused"), true}, {"and may succeed elsewhere", errDown, false}} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k, j := &keeper{}, newJournal()
				a := join(t, k, j, "a")
				synctest.Wait()
				b := join(t, k, j, "b")
				time.Sleep(time.Second)
				a.fails <- c.err
				time.Sleep(time.Second)
				j.leads(t, "after the failure", "b")
				b.stop()
				<-b.ended
				time.Sleep(stepDownFor + defaultCheck)
				if c.ends {
					j.leads(t, "after the failure of one and the end of the other", "")
					if err := <-a.ended; !errors.Is(err, c.err) {
						t.Errorf("it ended with %v", err)
					}
					return
				}
				j.leads(t, "after the end of the other", "a")
				a.stop()
				<-a.ended
			})
		})
	}
}

// The work gives the lease back when what needs it is over, and goes on with what
// does not.
func TestTheLeaseCanBeGivenBackBeforeTheWorkEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, j := &keeper{}, newJournal()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		a := &Elector{Lease: seat{k, make(chan struct{})}, Holder: "a", Log: slog.New(slog.DiscardHandler), Ticks: sinceStart}
		go func() {
			ended <- a.Run(ctx, func(ctx context.Context, now *Tenure) error {
				<-ctx.Done()
				now.Resign()
				if now.Valid() == nil {
					t.Error("it is valid after it was given back")
				}
				time.Sleep(6 * time.Second)
				return nil
			})
		}()
		synctest.Wait()
		b := join(t, k, j, "b")
		time.Sleep(time.Second)
		cancel()
		synctest.Wait()
		j.leads(t, "while the other's work ends", "b")
		if err := <-ended; err != nil {
			t.Error(err)
		}
		b.stop()
		<-b.ended
	})
}

func TestTicksOnlyGrow(t *testing.T) {
	before := Ticks()
	for range 1000 {
		now := Ticks()
		if now < before {
			t.Fatalf("%s after %s", now, before)
		}
		before = now
	}
}
