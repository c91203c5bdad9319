package alert

import (
	"maps"
	"slices"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka"
)

// transitions are all that can happen to an incident: of a withdrawal also by
// which other one. A pair that is missing here cannot happen.
var transitions = []string{
	"balance eased", "balance ended", "balance raised", "balance reminder", "balance updated", "balance withdrawn by exhausted", "balance withdrawn by the rules", "balance withdrawn by wallet_empty", "balance worsened",
	"exhausted ended", "exhausted raised", "exhausted reminder", "exhausted updated", "exhausted withdrawn by balance", "exhausted withdrawn by wallet_empty",
	"expired ended", "expired raised", "expired updated", "expired withdrawn by expiring", "expired withdrawn by the rules",
	"expiring ended", "expiring raised", "expiring updated", "expiring withdrawn by expired", "expiring withdrawn by the rules",
	"refused ended", "refused raised", "refused updated", "refused withdrawn by expired",
	"spike ended", "spike raised", "spike updated", "spike withdrawn by the rules",
	"unreachable ended", "unreachable raised", "unreachable updated", "unreachable withdrawn by expired", "unreachable withdrawn by refused",
	"wallet_empty ended", "wallet_empty raised", "wallet_empty reminder", "wallet_empty updated", "wallet_empty withdrawn by balance", "wallet_empty withdrawn by exhausted",
}

// rare are histories of readings an hour apart that hardly ever come by chance.
func rare() [][]moka.Reading {
	down := moka.Reading{Key: &moka.Key{}, KeyErr: &moka.Error{Kind: moka.Unavailable}}
	expired := moka.Reading{Key: &moka.Key{State: moka.KeyExpired}, KeyErr: &moka.Error{Kind: moka.Unauthorized}}
	return [][]moka.Reading{
		{down, down, expired}, // the key ran out while nobody could ask
		{expired, expired, {Wallet: &moka.Wallet{Remaining: moka.Known(90 * moka.Dollar)}}}, // the key is taken out of the settings
	}
}

// move names the transition of an event.
func move(e Event) string {
	name := string(e.Incident.Condition) + " " + string(e.Kind)
	switch {
	case e.Kind == Withdrawn && e.By != "":
		name += " by " + string(e.By)
	case e.Kind == Withdrawn:
		name += " by the rules"
	}
	return name
}

// TestEveryTransitionHappens: fixed histories, each checked like the random
// ones, go through every transition that there is, and through no other.
func TestEveryTransitionHappens(t *testing.T) {
	proof.NotShort(t)
	const seed, enough = 7, 1500
	seen := map[string]int{}
	for n := range uint64(enough) {
		h := newHistory(seed, n)
		if err := h.run(); err != nil {
			t.Fatalf("history %d: %v", n, err)
		}
		for move, count := range h.moves {
			seen[move] += count
		}
	}
	for _, h := range rare() {
		var s State
		at := time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC)
		for _, r := range h {
			var events []Event
			s, events = Step(storyRules(), s, Facts{At: at, Reading: r})
			for _, e := range events {
				seen[move(e)]++
			}
			at = at.Add(time.Hour)
		}
	}
	if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, transitions) {
		t.Errorf("the transitions are\n%q, want\n%q", got, transitions)
	}
}
