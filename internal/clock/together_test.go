package clock

import (
	"testing"
	"testing/synctest"
	"time"
)

// Waits that began at different times end together, and each is close to what was asked for.
func TestWaitsEndTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 120 {
			for _, wait := range []time.Duration{15 * time.Second, 30 * time.Second, 75 * time.Second, 5 * time.Minute} {
				got := Together(wait)
				if end := time.Now().Add(got); !end.Equal(end.Truncate(quarter)) {
					t.Errorf("a wait of %v ends at %v", wait, end)
				}
				if got <= wait-quarter || got > wait+early || got <= early {
					t.Errorf("a wait of %v takes %v", wait, got)
				}
			}
			if got := Together(7 * time.Second); got != 7*time.Second {
				t.Errorf("a short wait takes %v", got)
			}
			time.Sleep(499 * time.Millisecond)
		}
	})
}
