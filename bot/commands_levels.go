package bot

import (
	"context"
	"strconv"

	"mokabot/internal/alert"
	"mokabot/internal/message"
)

// Levels lets a bot read and change the levels of alerts.
type Levels interface {
	// SetLevel changes limits of one level and puts them in force at once. Limits
	// are written as in the file; "off" takes one away and "" leaves it. Its error
	// is an [*UnknownLevelError], [config.ErrLevelOrder] or
	// [config.ErrLevelLimit].
	SetLevel(ctx context.Context, account, level, below, runway string) error
	// ResetLevels goes back to the configuration's levels.
	ResetLevels(ctx context.Context, account string) error
	// ChangedLevels are the names of the changed levels, by account.
	ChangedLevels(ctx context.Context) (map[string][]string, error)
}

// UnknownLevelError reports that an account has no level of that name.
type UnknownLevelError struct{ Known []string }

func (e *UnknownLevelError) Error() string { return "there is no such level" }

// What /levels does.
const (
	levelsShow  = "show"
	levelsSet   = "set"
	levelsReset = "reset"
)

// levels shows the levels, and sets or resets them for operators. Limits
// without an action are set.
func levels(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	action := in.Options["action"]
	if action == "" && in.Options["below"]+in.Options["runway"] != "" {
		action = levelsSet
	}
	if action != "" && action != levelsShow {
		if in.Standing < operator {
			return message.Message{}, notOperator
		}
		if err := b.changeLevels(ctx, in, action); err != nil {
			return message.Message{}, err
		}
	}
	accounts, err := b.selected(in)
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
		for _, name := range changed[a.Name] {
			l.Changed[name] = true
		}
		shown = append(shown, l)
	}
	return message.Levels(in.Words, shown), nil
}

func (b *Bot) changeLevels(ctx context.Context, in Input, action string) error {
	a, err := b.accountOrFirst(in.Options["account"])
	if err != nil {
		return err
	}
	b.Log.Info("levels", "action", strconv.Quote(action), "account", a.Name, "level", strconv.Quote(in.Options["level"]), "by", in.UserID)
	switch action {
	case levelsSet:
		return b.Levels.SetLevel(ctx, a.Name, in.Options["level"], in.Options["below"], in.Options["runway"])
	case levelsReset:
		return b.Levels.ResetLevels(ctx, a.Name)
	}
	return errTooOld
}

func suggestLevels(_ context.Context, b *Bot, in Input) []string {
	a, err := b.accountOrFirst(in.Options["account"])
	if err != nil {
		return nil
	}
	return alert.LevelNames(a.Rules.Levels)
}
