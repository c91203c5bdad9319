package alert

import (
	"slices"
	"testing"
)

// A snooze until a top-up ends only if a top-up cures what it silences.
func TestOnlyWhatMoneyCuresIsSnoozedUntilATopUp(t *testing.T) {
	for _, c := range Conditions() {
		want := slices.Contains([]Condition{Balance, WalletEmpty}, c)
		s, ok := SnoozeUntilTopUp(State{Incidents: map[Condition]Incident{c: {ID: "1", Condition: c}}}, c)
		if ok != want || s.Incidents[c].UntilTopUp != want {
			t.Errorf("%s: snoozed %v, want %v", c, ok, want)
		}
	}
}
