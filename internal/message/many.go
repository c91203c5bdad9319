package message

import (
	"slices"
	"strings"

	"mokabot/internal/lang"
)

const (
	// maxCards is how many accounts have a card of their own: Discord takes
	// ten embeds, and one is for the totals.
	maxCards   = 9
	linesACard = 25
)

// lineCards lists many accounts, a line each, under one title.
func lineCards(title string, tone Tone, lines []string) []Card {
	var cards []Card
	for part := range slices.Chunk(lines, linesACard) {
		cards = append(cards, Card{Text: strings.Join(part, "\n"), Tone: tone})
	}
	if len(cards) > 0 {
		cards[0].Title = title
	}
	return cards
}

// urgency orders tones: what needs attention comes first.
var urgency = map[Tone]int{ToneCritical: 0, ToneWarn: 1, ToneMuted: 2, ToneInfo: 3, ToneGood: 4}

// balanceLines are the accounts in a line each, the most urgent first, and the
// tone of the most urgent.
func balanceLines(w *lang.Words, accounts []Account) ([]string, Tone) {
	tone := Account.tone
	sorted := slices.Clone(accounts)
	slices.SortStableFunc(sorted, func(x, y Account) int { return urgency[tone(x)] - urgency[tone(y)] })
	var lines []string
	for _, a := range sorted {
		parts := leftParts(w, a)
		if a.Today.Spent.Known() {
			parts = append(parts, w.Balance.TodayShort(soFar(w, a.Today)))
		}
		if !a.Reading.OK() {
			parts = append(parts, firstSentence(shortFailure(w, a.Reading.Err())))
		}
		lines = append(lines, strings.Join(parts, " · "))
	}
	return lines, tone(sorted[0])
}

// leftParts are an account and what is left, with its age where that is the
// last known figure.
func leftParts(w *lang.Words, a Account) []string {
	parts := []string{"**" + a.Name + "** " + a.leftText(w)}
	if a.Old() {
		parts = append(parts, Relative(a.Last.At))
	}
	return parts
}

func reportLines(w *lang.Words, accounts []ReportAccount) []string {
	var lines []string
	for _, a := range accounts {
		parts := append(leftParts(w, a.Account), w.Report.SpentShort(soFar(w, a.soFar())))
		if !a.Reading.OK() {
			parts = append(parts, firstSentence(shortFailure(w, a.Reading.Err())))
		}
		lines = append(lines, strings.Join(parts, " · "))
	}
	return lines
}

// firstSentence is what a line has room for: what is wrong, without the cure.
func firstSentence(text string) string {
	for _, end := range []string{". ", "。"} {
		if first, rest, more := strings.Cut(text, end); more && rest != "" {
			return first + strings.TrimSpace(end)
		}
	}
	return text
}
