package message

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mokabot/internal/lang"
	"mokabot/moka"
)

// ModelChanges are the changes of an account's models.
type ModelChanges struct {
	Account  string
	At       time.Time
	Added    []moka.PricedModel
	Removed  []string
	Repriced []Repriced
}

// Repriced is a model that costs something else now.
type Repriced struct {
	Model    string
	Was, Now moka.Price
	PerWeek  moka.Maybe // what that means at last week's use; unknown without use by model
}

// Empty reports whether nothing changed.
func (c ModelChanges) Empty() bool {
	return len(c.Added) == 0 && len(c.Removed) == 0 && len(c.Repriced) == 0
}

// pricedByToken reports whether a price among the changes is one of tokens.
func (c ModelChanges) pricedByToken() bool {
	byToken := func(p moka.Price) bool { return p.InputPerMTok.Known() || p.OutputPerMTok.Known() }
	return slices.ContainsFunc(c.Added, func(m moka.PricedModel) bool { return byToken(m.Price) }) ||
		slices.ContainsFunc(c.Repriced, func(r Repriced) bool { return byToken(r.Was) || byToken(r.Now) })
}

// changesInPost is how many lines a group has in a post of its own.
const changesInPost = 15

// Changes is the message about changes of the models.
func Changes(w *lang.Words, c ModelChanges) Message {
	card := Card{Title: w.Watch.Title(c.Account), Tone: ToneInfo, At: c.At}
	for _, g := range changeGroups(w, c) {
		card.row(fmt.Sprintf("%s %d", g.name, len(g.lines)), firstLines(w, g.lines, changesInPost)...)
	}
	if c.pricedByToken() {
		card.Footer = w.Models.Prices
	}
	line := w.Watch.Counts(fit(c.Account, maxHeadlineName), len(c.Repriced), len(c.Removed), len(c.Added))
	return Message{Text: fit(line, maxHeadline), Cards: []Card{card}}
}

// changeLines are the changes without headings, in at most that many lines.
func changeLines(w *lang.Words, c ModelChanges, limit int) []string {
	var lines []string
	for _, g := range changeGroups(w, c) {
		for _, l := range g.lines {
			lines = append(lines, g.name+w.Colon+l)
		}
	}
	return firstLines(w, lines, limit)
}

type changeGroup struct {
	name  string
	lines []string
}

func changeGroups(w *lang.Words, c ModelChanges) []changeGroup {
	added, removed, repriced := changeGroup{name: w.Watch.Added}, changeGroup{name: w.Watch.Removed}, changeGroup{name: w.Watch.Repriced}
	for _, m := range c.Repriced {
		repriced.lines = append(repriced.lines, repricedLine(w, m))
	}
	for _, m := range c.Removed {
		removed.lines = append(removed.lines, "`"+inCode(m)+"`")
	}
	for _, m := range c.Added {
		added.lines = append(added.lines, strings.TrimSpace("`"+inCode(m.ID)+"` "+price(w, m.Price)))
	}
	return []changeGroup{repriced, removed, added}
}

func repricedLine(w *lang.Words, m Repriced) string {
	was, now := priceOr(w, m.Was), priceOr(w, m.Now)
	if was == now { // the difference is smaller than what is usually written
		was, now = priceIn(w, m.Was, moka.Maybe.Exact), priceIn(w, m.Now, moka.Maybe.Exact)
	}
	text := w.Watch.NowCosts("`"+inCode(m.Model)+"`", was, now)
	if means, ok := m.PerWeek.Get(); ok && means != 0 {
		text += " · " + w.Watch.Means(signed(means))
	}
	return text
}

func priceOr(w *lang.Words, p moka.Price) string {
	if text := price(w, p); text != "" {
		return text
	}
	return w.Watch.Unpriced
}

func signed(a moka.Amount) string {
	if a > 0 {
		return "+" + a.String()
	}
	return a.String()
}

func firstLines(w *lang.Words, lines []string, limit int) []string {
	if len(lines) <= limit {
		return lines
	}
	return append(lines[:limit-1:limit-1], w.Watch.More(len(lines)-limit+1))
}
