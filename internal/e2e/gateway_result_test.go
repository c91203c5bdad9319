package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/internal/testbed"
)

// result is what a row came to.
type result struct {
	row
	took       time.Duration // from the fault's beginning to an answer, or to the program's end
	identifies []time.Time
	resumes    int
}

func (r result) check(t *testing.T, s *arena, p *process) {
	t.Helper()
	if least := r.minGap(); least > 0 && least < identifySpacing {
		t.Errorf("IDENTIFYs are %s apart", least)
	}
	for _, v := range s.discord.Violations() {
		if !outagesDoing(v) {
			t.Error(v)
		}
	}
	testbed.NoSecrets(t, "the log", p.log.String())
}

// outagesDoing tells what an outage does to those who give commands meanwhile:
// nobody hears them, or only when it is too late, or twice because the line
// was cut.
func outagesDoing(violation string) bool {
	return strings.Contains(violation, "was not acknowledged within") || strings.Contains(violation, "Unknown interaction") ||
		strings.Contains(violation, "Interaction has already been acknowledged")
}

// minGap is the shortest time between two IDENTIFYs; 0 for fewer than two.
func (r result) minGap() (least time.Duration) {
	for i := 1; i < len(r.identifies); i++ {
		if d := r.identifies[i].Sub(r.identifies[i-1]); least == 0 || d < least {
			least = d
		}
	}
	return least
}

// perMinute is the most IDENTIFYs in any minute.
func (r result) perMinute() (most int) {
	for i, from := range r.identifies {
		n := 0
		for _, at := range r.identifies[i:] {
			if at.Sub(from) < time.Minute {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func table(results []result) string {
	order := map[string]int{}
	for i, r := range rows() {
		order[r.name] = i
	}
	slices.SortFunc(results, func(a, b result) int { return order[a.name] - order[b.name] })
	var b strings.Builder
	fmt.Fprintf(&b, "%-50s %11s %11s %8s %9s\n", "fault", "answered", "IDENTIFYs", "RESUMEs", "least gap")
	fmt.Fprintf(&b, "%-50s %11s %11s %8s %9s\n", "", "after", "in a minute", "", "")
	for _, r := range results {
		after, gap := fmt.Sprintf("%.1f s", r.took.Seconds()), "–"
		if r.fatal != "" {
			after = fmt.Sprintf("exit %.1f s", r.took.Seconds())
		}
		if d := r.minGap(); d > 0 {
			gap = fmt.Sprintf("%.2f s", d.Seconds())
		}
		fmt.Fprintf(&b, "%-50s %11s %11d %8d %9s\n", r.name, after, r.perMinute(), r.resumes, gap)
	}
	return b.String()
}
