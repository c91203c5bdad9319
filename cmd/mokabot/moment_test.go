package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/schedule"
)

// FuzzMoment: a time on the command line is a time that was written out, or
// lies in the past; all else is a mistake that names what was written. The
// coming reports can be told from any of them.
func FuzzMoment(f *testing.F) {
	for _, text := range []string{"2026-11-01", "2026-11-01T09:00:00Z", "30d", "12h", "-1h", "99999d", "9223372036854775807ns", "9999-12-31", "0000-01-01T00:00:00Z", "\x00"} {
		f.Add(text)
	}
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	reports := []config.Report{{Name: "daily", Cron: "30 2 * * *", Timezone: time.UTC, Period: budget.Day}}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := moment(text, now, time.UTC)
		var usage usageError
		if err != nil {
			if !errors.As(err, &usage) || strings.ContainsAny(err.Error(), "\n\x00\x1b") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if at.After(now) && !strings.Contains(text, "-") {
			t.Errorf("%q is %s", text, at)
		}
		runs, err := schedule.Upcoming(reports, at, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range runs {
			if !r.At.After(at) {
				t.Errorf("after %s comes %s", at, r.At)
			}
		}
	})
}
