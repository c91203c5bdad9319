package alert

import (
	"iter"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestReplay(t *testing.T) {
	h := Replay(storyRules(), stored(t, `
		10:00    $50
		11:00    $19
		11:05    $19
		12:00    $4
		12:05    $4
		14:00    $0
		14:05    $0
		15:00    $100 top-up $100
		16:00    $18
		16:05    $18
		16:10    $30
		16:30    $18
		16:35    $18`))
	want := "raised balance/low, worsened balance/critical @7, raised exhausted @7, ended exhausted +$100.00, " +
		"raised balance/low, ended balance, raised balance/low"
	if got := said(h.Posts); got != want {
		t.Errorf("said %s\nwant %s", got, want)
	}
	if h.Readings != 13 || h.Pings != 2 || h.Flaps != 1 || h.To.Sub(h.From) != 6*time.Hour+35*time.Minute {
		t.Errorf("readings %d, pings %d, flaps %d, from %s to %s", h.Readings, h.Pings, h.Flaps, h.From, h.To)
	}
	if len(h.Empties) != 1 || h.Empties[0].Lead != 2*time.Hour+55*time.Minute {
		t.Errorf("empties %+v", h.Empties)
	}
}

func TestReplayCountsLevelsToldAgain(t *testing.T) {
	h := Replay(storyRules(), stored(t, `
		10:00  $4
		10:05  $4
		10:10  $6
		10:15  $4
		10:20  $4`))
	if h.Flaps != 1 {
		t.Errorf("flaps %d, want 1: critical, low and critical again", h.Flaps)
	}
}

func TestReplayWithoutWarning(t *testing.T) {
	rules := storyRules()
	rules.Levels = nil
	h := Replay(rules, stored(t, `
		10:00  $50
		11:00  503
		12:00  $0
		12:05  503
		12:10  $0`))
	if len(h.Empties) != 1 || !h.Empties[0].WarnedAt.IsZero() || h.Empties[0].Lead != 0 {
		t.Errorf("empties %+v, want one without a warning", h.Empties)
	}
}

func TestReplayOfNothing(t *testing.T) {
	if h := Replay(storyRules(), slices.Values([]Facts(nil))); h.Readings != 0 || !h.From.IsZero() || h.Posts != nil {
		t.Errorf("got %+v", h)
	}
}

func stored(t *testing.T, script string) iter.Seq[Facts] {
	t.Helper()
	var all []Facts
	for line := range strings.Lines(strings.TrimSpace(script)) {
		words := strings.Fields(line)
		at, err := storyTime(words[0])
		if err != nil {
			t.Fatal(err)
		}
		f, err := storyFacts(at, words[1:])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return slices.Values(all)
}
