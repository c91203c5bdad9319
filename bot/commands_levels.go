package bot

import (
	"context"
	"strconv"

	"mokabot/internal/config"
	"mokabot/internal/message"
)

// Levels is what a bot may change about the levels of alerts.
type Levels interface {
	// SetLevel changes limits of one level and puts them in force at once. Its
	// error is an [*UnknownLevelError], [config.ErrLevelOrder] or [config.ErrLevelLimit].
	SetLevel(ctx context.Context, account, level string, change config.LevelChange) error
	// ResetLevels goes back to the configuration's levels.
	ResetLevels(ctx context.Context, account string) error
	// ChangedLevels are the changes in force, by account.
	ChangedLevels(ctx context.Context) (map[string]config.LevelChanges, error)
}

// UnknownLevelError says that an account has no level of that name.
type UnknownLevelError struct{ Known []string }

func (e *UnknownLevelError) Error() string { return "there is no such level" }

// What /levels does.
const (
	levelsSet   = "set"
	levelsReset = "reset"
)

// levels shows the levels, and sets or resets them for operators. Limits
// without an action are set.
func levels(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	change := config.LevelChange{Below: in.Options["below"], Runway: in.Options["runway"]}
	action := in.Options["action"]
	if action == "" && change != (config.LevelChange{}) {
		action = levelsSet
	}
	if (action == levelsSet || action == levelsReset) && in.Standing < operator {
		return message.Message{}, notOperator
	}
	if action != "" && action != "show" {
		if err := b.changeLevels(ctx, in, action, change); err != nil {
			return message.Message{}, err
		}
	}
	accounts, err := b.named(in)
	if err != nil {
		return message.Message{}, err
	}
	changed, err := b.Levels.ChangedLevels(ctx)
	if err != nil {
		return message.Message{}, err
	}
	var shown []message.AccountLevels
	for _, a := range accounts {
		l := message.AccountLevels{Account: a.Name, Levels: a.Rules.Levels, Changed: map[string]bool{}}
		for name := range changed[a.Name] {
			l.Changed[name] = true
		}
		shown = append(shown, l)
	}
	return message.Levels(in.Words, shown), nil
}

func (b *Bot) changeLevels(ctx context.Context, in Input, action string, change config.LevelChange) error {
	a, err := b.first(in.Options["account"])
	if err != nil {
		return err
	}
	b.Log.Info("levels", "action", action, "account", a.Name, "level", strconv.Quote(in.Options["level"]), "by", in.UserID)
	if action == levelsReset {
		return b.Levels.ResetLevels(ctx, a.Name)
	}
	return b.Levels.SetLevel(ctx, a.Name, in.Options["level"], change)
}

func suggestLevels(_ context.Context, b *Bot, in Input) []string {
	a, err := b.first(in.Options["account"])
	if err != nil {
		return nil
	}
	var names []string
	for _, l := range a.Rules.Levels {
		names = append(names, l.Name)
	}
	return names
}
