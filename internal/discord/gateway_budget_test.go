package discord

import (
	"context"
	"testing"
	"time"
)

func TestBudgetSurvivesARestartAndHoldsBack(t *testing.T) {
	values := memory{}
	log, _ := testLog(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var b budget
	b.load(t.Context(), values, log)
	for i := range budgetMost {
		b.spend(now.Add(time.Duration(i) * time.Second))
	}
	var again budget
	again.load(t.Context(), values, log)
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

type memory map[string][]byte

func (m memory) Value(_ context.Context, name string) ([]byte, bool, error) {
	v, ok := m[name]
	return v, ok, nil
}

func (m memory) SetValue(_ context.Context, name string, value []byte) error {
	m[name] = value
	return nil
}
