package config

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"mokabot/moka"
)

// Levels that are set from Discord are held to the same rules as the file's.
func TestLevelsAreChangedByTheRulesOfTheFile(t *testing.T) {
	file := defaultRules().Levels // low: 20 and 72h, critical: 5 and 24h
	for _, c := range []struct {
		name, level, below, runway string
		wantErr                    error
		wantBelow                  string
		wantRunway                 time.Duration
	}{
		{"another amount", "low", "50.00", "", nil, "$50.00", 72 * time.Hour},
		{"another runway", "low", "", "7d", nil, "$20.00", 7 * day},
		{"both", "critical", "10", "36h", nil, "$10.00", 36 * time.Hour},
		{"no runway", "low", "", "off", nil, "$20.00", 0},
		{"nothing left", "low", "off", "0", ErrLevelLimit, "", 0},
		{"not below the milder one", "critical", "20", "", ErrLevelOrder, "", 0},
		{"not above the worse one", "low", "5", "", ErrLevelOrder, "", 0},
		{"not shorter", "critical", "", "72h", ErrLevelOrder, "", 0},
		{"negative", "low", "-1", "", ErrLevelLimit, "", 0},
		{"no amount", "low", "much", "", ErrLevelLimit, "", 0},
		{"no duration", "low", "", "3", ErrLevelLimit, "", 0},
	} {
		changes := LevelChanges{c.level: {Below: c.below, Runway: c.runway}}
		raw, _ := json.Marshal(changes)
		stored := LevelChanges{}
		if jsonErr := json.Unmarshal(raw, &stored); jsonErr != nil {
			t.Fatal(jsonErr)
		}
		levels, err := stored.Apply(file)
		if !errors.Is(err, c.wantErr) || c.wantErr == nil && err != nil {
			t.Errorf("%s: %v, want %v", c.name, err, c.wantErr)
			continue
		}
		for _, l := range levels {
			if c.wantErr == nil && l.Name == c.level && (l.Below.String() != c.wantBelow || l.Runway != c.wantRunway) {
				t.Errorf("%s: %+v", c.name, l)
			}
		}
		if !reflect.DeepEqual(file, defaultRules().Levels) {
			t.Fatalf("%s: the file's levels are changed", c.name)
		}
	}
	amount := moka.Known(100 * moka.Dollar)
	c := &Config{Accounts: []Account{{Name: "team", Alerts: defaultRules()}, {Name: "other", Alerts: defaultRules()}}}
	next, refused := c.WithLevels(map[string]LevelChanges{
		"team": {"low": {Below: "100"}, "gone": {Below: "1"}}, "other": {"critical": {Below: "100"}}, "removed": {"low": {}},
	})
	if got := next.Accounts[0].Alerts.Levels[0].Below; got != amount || c.Accounts[0].Alerts.Levels[0].Below == amount {
		t.Errorf("team has %s", got)
	}
	if refused["other"] == nil || len(refused) != 1 || !reflect.DeepEqual(next.Accounts[1].Alerts.Levels, file) {
		t.Errorf("what does not fit is not refused: %v", refused)
	}
}
