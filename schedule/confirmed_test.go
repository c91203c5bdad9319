package schedule

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAStartWaitsForTheTime(t *testing.T) {
	const never = 1000 * time.Hour
	for what, c := range map[string]struct{ reached, sure, want time.Duration }{
		"the first answer confirms it":                {0, time.Second, time.Second},
		"nobody confirms it":                          {0, never, patience},
		"Discord is away for hours, and confirms it":  {8 * time.Hour, 8 * time.Hour, 8 * time.Hour},
		"Discord is away, and a gateway confirms it":  {never, time.Minute, time.Minute},
		"Discord is away for hours, and has no clock": {8 * time.Hour, never, 8*time.Hour + patience},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				since := func(at time.Duration) func() bool { return func() bool { return time.Since(began) >= at } }
				awaitTime(t.Context(), since(c.sure), since(c.reached))
				if took := time.Since(began); (took - c.want).Abs() > 2*time.Second {
					t.Errorf("waited %s, want %s", took, c.want)
				}
			})
		})
	}
}
