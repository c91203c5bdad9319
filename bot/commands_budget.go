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
	return b.budgetAnswer(ctx, in, in.Options["name"])
}

// onBudgetButton answers "budget:NAME", the details below a warning.
func onBudgetButton(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	return b.budgetAnswer(ctx, in, strings.Join(in.Args, ":"))
}

// budgetAnswer is the named budget, or all; a single one with its picture.
func (b *Bot) budgetAnswer(ctx context.Context, in Input, name string) (message.Message, error) {
	all := b.setup().Budgets
	var names []string
	if name != "" {
		if !slices.Contains(all.Names(), name) {
			return message.Message{}, &budgetError{name, all.Names()}
		}
		names = []string{name}
	}
	standings, err := all.Standing(ctx, names...)
	if err != nil || len(standings) != 1 {
		return message.Budgets(in.Words, standings), err
	}
	picture, err := all.BurnDown(ctx, in.Words, standings[0])
	if err != nil {
		b.Log.Error("chart could not be drawn", "budget", standings[0].Budget.Name, "err", err)
	}
	return message.Budget(in.Words, standings[0], picture), nil
}
