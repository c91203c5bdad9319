package bot

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"mokabot/internal/lang"
	"mokabot/internal/message"
)

// unknownError reports that nothing has that name.
type unknownError struct {
	kind, name string // kind is "budget", "report" or "period"
	known      []string
}

func (e *unknownError) Error() string { return "there is no " + e.kind + " " + strconv.Quote(e.name) }

// text is the error in the caller's language.
func (e *unknownError) text(w *lang.Words) string {
	name := message.Disarm(e.name)
	switch {
	case e.kind == "period":
		return w.Command.NoPeriod(name, e.known)
	case e.kind == "report":
		return w.Command.NoReport(name, e.known)
	case len(e.known) == 0:
		return w.Budget.None
	}
	return w.Budget.Unknown(name, e.known)
}

func suggestBudgets(_ context.Context, b *Bot, in Input) []string {
	return containing(b.setup().Budgets.Names(), in.Options["name"])
}

// containing are the names that contain what was typed, in any case, those that begin with
// it first.
func containing(names []string, typed string) []string {
	typed = strings.ToLower(typed)
	var beginning, others []string
	for _, name := range names {
		switch at := strings.Index(strings.ToLower(name), typed); {
		case at == 0:
			beginning = append(beginning, name)
		case at > 0:
			others = append(others, name)
		}
	}
	return append(beginning, others...)
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
	if name != "" && !slices.Contains(all.Names(), name) {
		return message.Message{}, &unknownError{"budget", name, all.Names()}
	}
	standings, err := all.Standing(ctx, name)
	if err != nil || len(standings) != 1 {
		return message.Budgets(in.Words, standings), err
	}
	picture, err := all.BurnDown(ctx, in.Words, standings[0])
	if err != nil {
		b.Log.Error("chart could not be drawn", "budget", standings[0].Budget.Name, "err", err)
	}
	return message.Budget(in.Words, standings[0], picture), nil
}
