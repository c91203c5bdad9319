package discord

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/discord/discordtest"
)

func TestBudgetSurvivesARestartAndHoldsBack(t *testing.T) {
	values := discordtest.Values{}
	log, _ := testLog(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const restarts = 20
	spendAll(t, process(t, values, log, now), budgetMost-restarts)
	for i := budgetMost - restarts; i < budgetMost; i++ {
		b := process(t, values, log, now.Add(time.Duration(i)*time.Second))
		if err := b.spend(); err != nil {
			t.Fatal(err)
		}
	}
	end := now.Add(budgetMost * time.Second)
	again := process(t, values, log, end)
	if n := again.used(); n != budgetMost {
		t.Fatalf("%d after the restart", n)
	}
	if wait := again.wait(time.Second); wait.Round(time.Second) != budgetWindow-budgetMost*time.Second {
		t.Errorf("wait %s", wait)
	}
	if n := process(t, values, log, end.Add(budgetWindow)).used(); n != 0 {
		t.Errorf("%d a day later", n)
	}
	for used, want := range map[int]time.Duration{
		1:               4 * time.Second,
		budgetCareful:   budgetWindow/(budgetMost-budgetCareful) - time.Second,
		budgetMost - 10: budgetWindow/10 - time.Second,
	} {
		b := budget{at: slices.Repeat([]int64{now.UnixMilli()}, used)}
		b.date(now.Add(time.Second))
		if got := b.wait(5 * time.Second); got.Round(time.Second) != want {
			t.Errorf("after %d: wait %s, want %s", used, got, want)
		}
	}
}

// process is the budget of a process that begins, by Discord's clock, at now.
func process(t *testing.T, values Values, log *slog.Logger, now time.Time) *budget {
	b := counted(t, values, log)
	b.date(now)
	return b
}

// counted is the budget of a process before the time is known.
func counted(t *testing.T, values Values, log *slog.Logger) *budget {
	t.Helper()
	b := &budget{}
	b.begin(values, log)
	if err := b.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// spendAll counts n IDENTIFYs and stores them with the last one.
func spendAll(t *testing.T, b *budget, n int) {
	t.Helper()
	values := b.values
	b.values = nil
	for i := range n {
		if i == n-1 {
			b.values = values
		}
		if err := b.spend(); err != nil {
			t.Fatal(err)
		}
	}
}

// D8: Whatever an earlier process took for the time when it counted, the next
// IDENTIFY waits no longer than if it had been counted just now.
func TestAWrongClockDoesNotPoisonTheBudget(t *testing.T) {
	log, _ := testLog(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, used := range []int{1, 100, budgetCareful, budgetMost - 1, budgetMost} {
		for _, ahead := range []time.Duration{0, 5 * time.Minute, 8 * time.Hour, 365 * 24 * time.Hour} {
			values := discordtest.Values{}
			spendAll(t, process(t, values, log, now.Add(ahead)), used)
			after := process(t, values, log, now)
			right := budget{at: slices.Repeat([]int64{now.UnixMilli()}, used)}
			right.date(now)
			if got, want := after.wait(5*time.Second), right.wait(5*time.Second); got > want+time.Second {
				t.Errorf("%d IDENTIFYs counted %s ahead: wait %s, want %s", used, ahead, got, want)
			}
			after.mono = after.mono.Add(-budgetWindow - time.Second)
			if n := after.used(); n != 0 {
				t.Errorf("%d IDENTIFYs counted %s ahead count for more than a day", n, ahead)
			}
		}
	}
}

// A restart with a clock that is a year ahead or back neither forgets the count
// nor makes it last: its dates are Discord's.
func TestARestartWithAWrongClockCountsOn(t *testing.T) {
	for _, off := range []time.Duration{0, -365 * 24 * time.Hour, 365 * 24 * time.Hour, 8 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(2 * 365 * 24 * time.Hour) // by the machine's clock; Discord's is that far off
			values := discordtest.Values{}
			log := slog.New(slog.DiscardHandler)
			spendAll(t, process(t, values, log, time.Now().Add(off)), budgetCareful)
			after := counted(t, values, log)
			if n := after.used(); n != budgetCareful {
				t.Errorf("%s off, before an answer of Discord's: %d count", off, n)
			}
			time.Sleep(time.Hour)
			after.date(time.Now().Add(off))
			if n := after.used(); n != budgetCareful {
				t.Errorf("%s off, an hour later: %d count", off, n)
			}
			if wait := after.wait(5 * time.Second); wait > 10*time.Minute {
				t.Errorf("%s off: wait %s", off, wait)
			}
			time.Sleep(budgetWindow - time.Hour + time.Second)
			if n := after.used(); n != 0 {
				t.Errorf("%s off, a day later: %d count", off, n)
			}
		})
	}
}

// slowDisk is a store in which something else happens while it is read or written.
type slowDisk struct {
	discordtest.Values
	meanwhile func()
	fails     bool
}

func (d *slowDisk) Value(ctx context.Context, name string) ([]byte, bool, error) {
	if d.fails {
		return nil, false, errors.New("the disk does not answer")
	}
	d.meanwhile()
	return d.Values.Value(ctx, name)
}

func (d *slowDisk) SetValue(ctx context.Context, name string, value []byte) error {
	d.meanwhile()
	return d.Values.SetValue(ctx, name, value)
}

func TestASlowDiskHoldsNobodyUpWhoAsksForTheState(t *testing.T) {
	log, _ := testLog(t)
	g := &Gateway{Log: log}
	asked := 0
	g.budget.begin(&slowDisk{Values: discordtest.Values{}, meanwhile: func() {
		asked++
		answered := make(chan struct{})
		go func() {
			g.State()
			close(answered)
		}()
		select {
		case <-answered:
		case <-time.After(time.Second): // only a failure waits for it
			t.Error("the state waits for the disk")
		}
	}}, log)
	if err := g.budget.spend(); err != nil || asked != 2 {
		t.Errorf("%v, asked %d times, want while it is read and while it is written", err, asked)
	}
	if n := g.State().Identifies; n != 1 {
		t.Errorf("%d IDENTIFYs count, want one", n)
	}
}

// What earlier processes counted cannot be read for a while. It is not overwritten, and
// counts once it can.
func TestACountThatCannotBeReadIsNotLost(t *testing.T) {
	log, _ := testLog(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	values := discordtest.Values{}
	spendAll(t, process(t, values, log, now), 10)
	disk := &slowDisk{Values: values, meanwhile: func() {}, fails: true}
	b := &budget{}
	b.begin(disk, log)
	b.date(now.Add(time.Minute))
	if err := b.spend(); err == nil {
		t.Error("it is counted")
	}
	if n := process(t, values, log, now.Add(time.Minute)).used(); n != 10 {
		t.Errorf("%d are stored, want the earlier ten", n)
	}
	disk.fails = false
	if err := b.spend(); err != nil {
		t.Error(err)
	}
	if n, stored := b.used(), process(t, values, log, now.Add(time.Minute)).used(); n != 12 || stored != 12 {
		t.Errorf("%d count and %d are stored, want twelve", n, stored)
	}
}
