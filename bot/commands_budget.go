package bot

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"mokabot/internal/message"
)

// budgetError says that there is no budget of that name.
type budgetError struct {
	name  string
	known []string
}

func (e *budgetError) Error() string { return "there is no budget " + strconv.Quote(e.name) }

func suggestBudgets(_ context.Context, b *Bot, in Input) []string {
	return containing(b.setup().Budgets.Names(), in.Options["name"])
}

// containing are the names that contain what was typed, in any case.
func containing(names []string, typed string) []string {
	typed = strings.ToLower(typed)
	var found []string
	for _, name := range names {
		if strings.Contains(strings.ToLower(name), typed) {
			found = append(found, name)
		}
	}
	return found
}

func budgets(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	all := b.setup().Budgets
	var names []string
	if name := in.Options["name"]; name != "" {
		if !slices.Contains(all.Names(), name) {
			return message.Message{}, &budgetError{name, all.Names()}
		}
		names = []string{name}
	}
	standings, err := all.Standing(ctx, names...)
	if err != nil {
		return message.Message{}, err
	}
	return message.Budgets(in.Words, standings), nil
}
