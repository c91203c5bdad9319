package message

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// What is shown of many accounts.
const (
	// maxCards is how many accounts have a card of their own: Discord takes
	// ten embeds, and one is for the totals.
	maxCards = 9
	// maxLines is how many accounts have a line each. Of more, only those that need
	// attention and those that spend most do, and the rest is summed up.
	maxLines        = 25
	attentionListed = 15
	spendersListed  = 5
)

// crowd is many accounts in few cards: those that need attention first, then those that
// spend most. The lines and the totals add up.
type crowd struct {
	w         *lang.Words
	spent     func(string) string // phrases an amount that was spent
	report    bool                // which also says where that is unknown
	attention []ReportAccount     // the most urgent first
	others    []ReportAccount     // those that spend most first
	listed    [2]int              // how many of each have a line
}

// reported are the accounts of a report.
func reported(w *lang.Words, accounts []ReportAccount) crowd {
	c := newCrowd(w, accounts, w.Report.SpentShort, false)
	c.report = true
	return c
}

// newCrowd sorts accounts; whole gives each a line, however many there are.
func newCrowd(w *lang.Words, accounts []ReportAccount, spent func(string) string, whole bool) crowd {
	c := crowd{w: w, spent: spent}
	for _, a := range accounts {
		if a.needsAttention() {
			c.attention = append(c.attention, a)
		} else {
			c.others = append(c.others, a)
		}
	}
	slices.SortStableFunc(c.attention, moreUrgent)
	slices.SortStableFunc(c.others, spendsMore)
	c.listed = [2]int{len(c.attention), len(c.others)}
	if !whole && len(accounts) > maxLines {
		spenders := slices.IndexFunc(c.others, func(a ReportAccount) bool { return spentBy(a) <= 0 })
		if spenders < 0 {
			spenders = len(c.others)
		}
		c.listed = [2]int{upTo(attentionListed, len(c.attention)), upTo(min(spenders, spendersListed), len(c.others))}
	}
	return c
}

// upTo is how many of n have a line, at most limit: a single one is not left to a sum.
func upTo(limit, n int) int {
	if n == limit+1 {
		return n
	}
	return min(limit, n)
}

// needsAttention reports whether an account is on one of its levels, or cannot be read.
func (a Account) needsAttention() bool {
	if tone := a.tone(); tone == ToneCritical || tone == ToneWarn || !a.Reading.OK() {
		return true
	}
	for _, level := range a.Levels {
		if a.Runway == nil {
			break
		}
		if _, soon := level.Short(a.left(), *a.Runway); soon {
			return true
		}
	}
	return false
}

// urgency orders tones: what needs attention comes first.
var urgency = map[Tone]int{ToneCritical: 0, ToneWarn: 1, ToneMuted: 2, ToneInfo: 3, ToneGood: 4}

// worstFirst orders more of them than are shown so that what needs attention is, and leaves
// fewer in their order.
func worstFirst[T any](all []T, shown int, tone func(T) Tone) []T {
	if len(all) <= shown {
		return all
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b T) int { return cmp.Compare(urgency[tone(a)], urgency[tone(b)]) })
	return sorted
}

// moreUrgent orders accounts by colour, by how soon nothing is left, and by what is left.
func moreUrgent(a, b ReportAccount) int {
	return cmp.Or(
		cmp.Compare(urgency[a.tone()], urgency[b.tone()]),
		cmp.Compare(a.lasts(), b.lasts()),
		cmp.Compare(leftOr(a, math.MaxInt64), leftOr(b, math.MaxInt64)),
	)
}

// lasts is how long what is left lasts; the longest time where that is unknown.
func (a Account) lasts() time.Duration {
	if a.Runway == nil || !a.Runway.Known || a.Runway.Idle {
		return math.MaxInt64
	}
	return a.Runway.Mid
}

func spendsMore(a, b ReportAccount) int { return cmp.Compare(spentBy(b), spentBy(a)) }

func spentBy(a ReportAccount) moka.Amount {
	spent, _ := a.Spent.Get()
	return spent
}

func leftOr(a ReportAccount, unknown moka.Amount) moka.Amount {
	if left, ok := a.left().Get(); ok {
		return left
	}
	return unknown
}

// cards are a list of those that need attention, and one of the others.
func (c crowd) cards() []Card {
	var cards []Card
	listed := slices.Concat(c.attention[:c.listed[0]], c.others[:c.listed[1]])
	add := func(title string, accounts []ReportAccount, n int, rest func(int) string) {
		if len(accounts) == 0 {
			return
		}
		var lines []string
		for _, a := range accounts[:n] {
			lines = append(lines, c.line(a))
		}
		if more := accounts[n:]; len(more) > 0 {
			lines = append(lines, "**"+rest(len(more))+"** · "+c.more(listed, more))
			listed = slices.Concat(listed, more)
		}
		cards = append(cards, Card{Title: title, Text: strings.Join(lines, "\n"), Tone: accounts[0].tone()})
	}
	title := c.w.Many.Others
	switch {
	case c.listed[1] < len(c.others):
		title = c.w.Many.Spenders
	case len(c.attention) == 0:
		title = c.w.Help.Accounts
	}
	add(c.w.Many.Attention, c.attention, c.listed[0], c.w.Many.AttentionRest)
	add(title, c.others, c.listed[1], c.w.Many.Rest)
	return cards
}

// line is an account in a line.
func (c crowd) line(a ReportAccount) string {
	parts := []string{"**" + a.Name + "** " + c.left(a)}
	if a.Old() {
		parts = append(parts, Relative(a.Last.At))
	}
	if a.Spent.Known() || c.report {
		parts = append(parts, c.spent(soFar(c.w, a.SoFar())))
	}
	if !a.Reading.OK() {
		parts = append(parts, firstSentence(shortFailure(c.w, a.Reading.Err())))
	}
	return strings.Join(parts, " · ")
}

// left is what an account has left, and how long that lasts where it needs attention.
func (c crowd) left(a ReportAccount) string {
	left, known := a.left().Get()
	switch {
	case !known:
		return a.leftText(c.w)
	case a.Runway != nil && !a.Old() && a.needsAttention():
		return leftAndRunway(c.w, left, *a.Runway)
	}
	return c.w.Headline.Left(left)
}

// more sums up accounts beside those that were listed: what they add to the totals.
func (c crowd) more(listed, more []ReportAccount) string {
	before, after := totals(c.w, listed), totals(c.w, slices.Concat(listed, more))
	added := total{
		counted: after.counted - before.counted, any: totals(c.w, more).any,
		unknown: after.unknown - before.unknown, unlimited: after.unlimited - before.unlimited,
	}
	parts := added.leftParts(c.w, c.w.Headline.Left)
	was, _ := before.spent.Spent.Get()
	if now, ok := after.spent.Spent.Get(); ok {
		spent := spend.SoFar{Spent: moka.Known(now - was), AtLeast: totals(c.w, more).spent.AtLeast}
		parts = append(parts, c.spent(soFar(c.w, spent)))
	}
	return strings.Join(parts, " · ")
}

// leftParts are what is left together and the accounts that are not in that sum.
func (t total) leftParts(w *lang.Words, left func(moka.Amount) string) []string {
	var parts []string
	if t.any {
		parts = append(parts, left(t.counted))
	}
	if t.unlimited > 0 {
		parts = append(parts, w.Many.Unlimited(t.unlimited))
	}
	if t.unknown > 0 {
		parts = append(parts, w.Many.Unknown(t.unknown))
	}
	return parts
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
