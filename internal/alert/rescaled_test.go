package alert

import (
	"testing"
	"time"

	"mokabot/moka"
)

// A change of the gateway's unit neither raises nor ends a warning; what is spent
// after it does.
func TestAChangeOfUnitDecidesNothing(t *testing.T) {
	s := State{}
	for i, step := range []struct {
		left     float64
		rescaled bool
		want     string
	}{
		{40, false, ""},
		{4, true, ""}, {4, true, ""},
		{40, true, ""},
		{16, false, ""}, {16, false, "balance raised"},
		{160, true, ""}, {160, true, ""},
		{159, false, "balance ended"},
	} {
		at := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Minute)
		var events []Event
		s, events = Step(storyRules(), s, Facts{At: at, Rescaled: step.rescaled, Reading: moka.Reading{
			At: at, Wallet: &moka.Wallet{Remaining: moka.Known(usd(step.left)), Used: moka.Known(0)},
		}})
		got := ""
		for _, e := range events {
			if e.Kind != Updated { // the post shows the amount of now
				got += move(e)
			}
		}
		if got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
}
