package discord

import (
	"context"
	"slices"
	"testing"
	"time"
)

func TestBudgetSurvivesARestartAndHoldsBack(t *testing.T) {
	values := memory{}
	log, _ := testLog(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var b budget
	b.load(t.Context(), values, log, now)
	for i := range budgetMost {
		b.spend(now.Add(time.Duration(i) * time.Second))
	}
	var again budget
	again.load(t.Context(), values, log, now.Add(budgetMost*time.Second))
	end := now.Add(budgetMost * time.Second)
	if n := again.used(end); n != budgetMost {
		t.Fatalf("%d after the restart", n)
	}
	if wait := again.wait(end, time.Second); wait != budgetWindow-budgetMost*time.Second {
		t.Errorf("wait %s", wait)
	}
	if n := again.used(end.Add(budgetWindow)); n != 0 {
		t.Errorf("%d a day later", n)
	}
	for used, want := range map[int]time.Duration{
		1:               4 * time.Second,
		budgetCareful:   budgetWindow/(budgetMost-budgetCareful) - time.Second,
		budgetMost - 10: budgetWindow/10 - time.Second,
	} {
		b := budget{}
		for range used {
			b.at = append(b.at, now.UnixMilli())
		}
		if got := b.wait(now.Add(time.Second), 5*time.Second); got.Round(time.Second) != want {
			t.Errorf("after %d: wait %s, want %s", used, got, want)
		}
	}
}

// Whatever the clock showed when an IDENTIFY was counted, the next one waits no
// longer than if it had been counted at the start of this process.
func TestAWrongClockDoesNotPoisonTheBudget(t *testing.T) {
	log, _ := testLog(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, used := range []int{1, 100, budgetCareful, budgetMost - 1, budgetMost} {
		for _, ahead := range []time.Duration{0, 5 * time.Minute, 8 * time.Hour, 365 * 24 * time.Hour} {
			values := memory{}
			wrong := now.Add(ahead)
			var before budget
			before.load(t.Context(), values, log, wrong)
			for range used {
				before.spend(wrong)
			}
			var after budget
			after.load(t.Context(), values, log, now)
			right := budget{at: slices.Repeat([]int64{now.UnixMilli()}, used)}
			if got, want := after.wait(now, 5*time.Second), right.wait(now, 5*time.Second); got > want {
				t.Errorf("%d IDENTIFYs counted %s ahead: wait %s, want %s", used, ahead, got, want)
			}
			if n := after.used(now.Add(budgetWindow + time.Second)); n != 0 {
				t.Errorf("%d IDENTIFYs counted %s ahead count for more than a day", n, ahead)
			}
		}
	}
}

type memory map[string][]byte

func (m memory) Value(_ context.Context, name string) ([]byte, bool, error) {
	v, ok := m[name]
	return v, ok, nil
}

func (m memory) SetValue(_ context.Context, name string, value []byte) error {
	m[name] = value
	return nil
}
