package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"

	"mokabot/internal/alert"
	"mokabot/moka"
)

// LevelChange replaces limits of one level of the file. A limit is written as
// the file has it, such as 20.00 and 72h; "off" takes it away, and an empty text
// leaves the file's.
type LevelChange struct {
	Below  string `json:"below,omitempty"`
	Runway string `json:"runway,omitempty"`
}

// LevelChanges are the changes of an account's levels, by the level's name.
type LevelChanges map[string]LevelChange

// The reasons why levels cannot be changed.
var (
	ErrLevelOrder = errors.New("levels have to go from the mildest to the worst")
	ErrLevelLimit = errors.New("not a limit")
)

const noLimit = "off"

// to makes the change in a level. Its error is [ErrLevelLimit].
func (c LevelChange) to(l alert.Level) (alert.Level, error) {
	r := &reader{lines: map[string]int{}, known: map[string]bool{}}
	switch c.Below {
	case "":
	case noLimit:
		l.Below = moka.Maybe{}
	default:
		l.Below = r.scalar(c.Below).money()
		if amount, ok := l.Below.Get(); ok && amount == 0 {
			l.Below = moka.Maybe{}
		}
	}
	switch c.Runway {
	case "":
	case noLimit:
		l.Runway = 0
	default:
		r.scalar(c.Runway).duration(&l.Runway, true)
	}
	if len(r.problems.List) > 0 {
		return l, fmt.Errorf("%w: %w", ErrLevelLimit, r.problems.List[0])
	}
	return l, nil
}

// scalar is a text as if it stood in a file.
func (r *reader) scalar(text string) value {
	return value{r: r, line: 1}.at(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}, "")
}

// Apply returns the levels with the changes. Changes of levels that the file
// no longer has are without effect. Its error is [ErrLevelOrder] or
// [ErrLevelLimit].
func (c LevelChanges) Apply(levels []alert.Level) ([]alert.Level, error) {
	changed := slices.Clone(levels)
	for i, l := range changed {
		var err error
		if changed[i], err = c[l.Name].to(l); err != nil {
			return nil, err
		}
	}
	return changed, checkLadder(changed)
}

// checkLadder holds levels to the rules of the file.
func checkLadder(levels []alert.Level) error {
	var ladder ladder
	for _, l := range levels {
		if !l.Below.Known() && l.Runway == 0 {
			return fmt.Errorf("%w: %s", ErrLevelLimit, english().LevelNeeds(l.Name))
		}
		below, runway := ladder.step(l)
		for _, wrong := range []phrase{below, runway} {
			if wrong != nil {
				return fmt.Errorf("%w: %s", ErrLevelOrder, wrong(english()))
			}
		}
	}
	return nil
}

// WithLevels is the configuration with other levels for some accounts, by the
// accounts' names. Changes that no longer fit the file are returned by
// account, and the account then keeps the file's levels.
func (c *Config) WithLevels(changes map[string]LevelChanges) (*Config, map[string]error) {
	next := *c
	next.Accounts = slices.Clone(c.Accounts)
	refused := map[string]error{}
	for i, a := range next.Accounts {
		if len(changes[a.Name]) == 0 {
			continue
		}
		levels, err := changes[a.Name].Apply(a.Alerts.Levels)
		if err != nil {
			refused[a.Name] = err
			continue
		}
		next.Accounts[i].Alerts.Levels = levels
	}
	return &next, refused
}

// Limits are a level's limits as the file has them.
func Limits(l alert.Level) (below, runway string) {
	if l.Below.Known() {
		below = plain(l.Below)
	}
	if l.Runway > 0 {
		runway = short(l.Runway)
	}
	return below, runway
}

// LevelsValue is the name under which the changes of an account are stored.
func LevelsValue(account string) string { return "levels/" + strconv.Quote(account) }
