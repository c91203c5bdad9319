package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"mokabot/bot"
	"mokabot/internal/alert"
	"mokabot/internal/config"
	"mokabot/internal/store"
)

// storedLevels reads the changes that were made from Discord, by account.
func storedLevels(ctx context.Context, db *store.DB, c *config.Config) (map[string]config.LevelChanges, error) {
	all := map[string]config.LevelChanges{}
	for _, a := range c.Accounts {
		raw, ok, err := db.Value(ctx, config.LevelsValue(a.Name))
		if err != nil {
			return nil, err
		}
		var changes config.LevelChanges
		if ok && json.Unmarshal(raw, &changes) == nil && len(changes) > 0 {
			all[a.Name] = changes
		}
	}
	return all, nil
}

// withLevels is the configuration with the levels that were set from Discord.
func (s *service) withLevels(c *config.Config) (*config.Config, error) {
	changes, err := storedLevels(context.Background(), s.db, c)
	if err != nil {
		return nil, err
	}
	next, refused := c.WithLevels(changes)
	for account, err := range refused {
		s.log.Warn("the levels set in Discord do not fit the configuration; the configuration's are in force", "account", account, "err", err)
	}
	return next, nil
}

// SetLevel changes limits of one level and puts them in force.
func (s *service) SetLevel(ctx context.Context, account, level, below, runway string) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	file := s.now().file
	a, ok := file.Account(account)
	if known := alert.LevelNames(a.Alerts.Levels); !ok || !slices.Contains(known, level) {
		return &bot.UnknownLevelError{Known: known}
	}
	stored, err := storedLevels(ctx, s.db, file)
	if err != nil {
		return err
	}
	changes := config.LevelChanges{}
	maps.Copy(changes, stored[account])
	merged := changes[level]
	merged.Below, merged.Runway = cmp.Or(below, merged.Below), cmp.Or(runway, merged.Runway)
	changes[level] = merged
	if merged == (config.LevelChange{}) {
		return config.ErrLevelLimit
	}
	if _, err := changes.Apply(a.Alerts.Levels); err != nil {
		return err
	}
	return s.storeLevels(ctx, account, changes)
}

// ResetLevels goes back to the levels of the configuration.
func (s *service) ResetLevels(ctx context.Context, account string) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	return s.storeLevels(ctx, account, config.LevelChanges{})
}

// ChangedLevels are the names of the changed levels, by account.
func (s *service) ChangedLevels(ctx context.Context) (map[string][]string, error) {
	stored, err := storedLevels(ctx, s.db, s.now().file)
	names := map[string][]string{}
	for account, changes := range stored {
		names[account] = slices.Sorted(maps.Keys(changes))
	}
	return names, err
}

func (s *service) storeLevels(ctx context.Context, account string, changes config.LevelChanges) error {
	raw, err := json.Marshal(changes)
	if err != nil {
		return fmt.Errorf("encode levels: %w", err)
	}
	if err := s.db.SetValue(ctx, config.LevelsValue(account), raw); err != nil {
		return err
	}
	next, err := s.prepare(s.now().file)
	if err != nil {
		return err
	}
	s.replace(next)
	return nil
}

// RememberedLevels is the configuration with the levels that were set from
// Discord, as the database has them. Without a database, or when it cannot be
// read, it is the configuration alone.
func RememberedLevels(ctx context.Context, db *store.DB, c *config.Config) *config.Config {
	if db == nil {
		return c
	}
	changes, err := storedLevels(ctx, db, c)
	if err != nil {
		return c
	}
	next, _ := c.WithLevels(changes)
	return next
}
