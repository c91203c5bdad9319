package alert

import (
	"testing"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// A balance that is low whatever calls under way give back is told at the second
// look; one that they may explain has to last for ConfirmAfter, and so has any when
// the operator wants to wait longer than calls last.
func TestASecondLookIsEnoughWhereCallsUnderWayExplainNothing(t *testing.T) {
	type look struct {
		after    time.Duration
		left     float64
		inFlight moka.Maybe
		runway   time.Duration
	}
	some := func(dollars float64) moka.Maybe { return moka.Known(moka.Amount(dollars * float64(moka.Dollar))) }
	none := moka.Known(0)
	for _, c := range []struct {
		what    string
		confirm time.Duration
		looks   []look
		told    time.Duration // after the first look; -1: not at all
		recheck time.Duration // wanted after the first look
	}{
		{"nothing under way", 30 * time.Second, []look{{0, 19, none, 0}, {2 * time.Second, 19, none, 0}}, 2 * time.Second, 2 * time.Second},
		{"not at the first look", 30 * time.Second, []look{{0, 19, none, 0}, {time.Second, 19, none, 0}}, -1, 2 * time.Second},
		{"not known what is under way", 30 * time.Second, []look{{0, 19, moka.Maybe{}, 0}, {2 * time.Second, 19, moka.Maybe{}, 0}, {30 * time.Second, 19, moka.Maybe{}, 0}}, 30 * time.Second, 30 * time.Second},
		{"enough under way to explain it", 30 * time.Second, []look{{0, 19, some(2), 0}, {2 * time.Second, 19, some(2), 0}, {30 * time.Second, 19, some(2), 0}}, 30 * time.Second, furtherLook},
		{"it comes back", 30 * time.Second, []look{{0, 19, some(2), 0}, {20 * time.Second, 21, none, 0}, {40 * time.Second, 21, none, 0}}, -1, furtherLook},
		{"less under way than to explain it", 30 * time.Second, []look{{0, 19, some(0.5), 0}, {2 * time.Second, 19, some(0.5), 0}}, 2 * time.Second, 2 * time.Second},
		{"explained at first, and then not", 30 * time.Second, []look{{0, 19, some(2), 0}, {10 * time.Second, 18, some(1), 0}}, 10 * time.Second, furtherLook},
		{"the operator waits longer", 5 * time.Minute, []look{{0, 19, none, 0}, {2 * time.Second, 19, none, 0}, {5 * time.Minute, 19, none, 0}}, 5 * time.Minute, 5 * time.Minute},
		{"the operator does not wait", 0, []look{{0, 19, moka.Maybe{}, 0}}, 0, 0},
		{"a short wait stays short", time.Second, []look{{0, 19, none, 0}, {time.Second, 19, none, 0}}, time.Second, time.Second},
		{"by runway", 30 * time.Second, []look{{0, 40, some(1), 20 * time.Hour}, {2 * time.Second, 40, some(1), 20 * time.Hour}}, 2 * time.Second, 2 * time.Second},
		{"by runway that calls under way explain", 30 * time.Second, []look{{0, 40, some(10), 23 * time.Hour}, {2 * time.Second, 40, some(10), 23 * time.Hour}}, -1, furtherLook},
		{"empty", 30 * time.Second, []look{{0, 0, none, 0}, {2 * time.Second, 0, none, 0}}, 2 * time.Second, 2 * time.Second},
		{"empty but for calls under way", 30 * time.Second, []look{{0, -1, some(30), 0}, {2 * time.Second, -1, some(30), 0}}, -1, furtherLook},
	} {
		rules := Rules{ChannelID: "1", ConfirmAfter: c.confirm, Margin: 0.05, Levels: []Level{{Name: "low", Below: moka.Known(20 * moka.Dollar), Runway: 24 * time.Hour}}}
		begin := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
		var s State
		told := time.Duration(-1)
		for i, l := range c.looks {
			f := Facts{
				At: begin.Add(l.after), InFlight: l.inFlight, Runway: spend.Runway{Known: l.runway > 0, Mid: l.runway},
				Reading: moka.Reading{At: begin.Add(l.after), Wallet: &moka.Wallet{Remaining: some(l.left), Plans: moka.Known(0)}},
			}
			var events []Event
			s, events = Step(rules, s, f)
			if len(events) > 0 && told < 0 {
				told = l.after
			}
			if recheck := s.RecheckAt(); i == 0 && c.recheck > 0 && !recheck.Equal(begin.Add(c.recheck)) {
				t.Errorf("%s: the second look is wanted after %s, want %s", c.what, recheck.Sub(begin), c.recheck)
			}
		}
		if told != c.told {
			t.Errorf("%s: told after %s, want %s", c.what, told, c.told)
		}
	}
}
