package message

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// Report is a summary of a period.
type Report struct {
	Span     budget.Span
	From, To time.Time // in the report's zone, half open
	Due      time.Time // when it should have been posted
	Delayed  bool
	Accounts []ReportAccount
	Budgets  []budget.Standing // of the report's accounts, now
}

// ReportAccount is one account's part of a report.
type ReportAccount struct {
	Account
	Used
	Incidents []string
	Changes   *ModelChanges // of the model list in the period; nil: none, or not watched
}

// Summary phrases a report: one message, one card an account, totals on top
// when there are several, and lines instead of cards when there are many.
func Summary(w *lang.Words, r Report) Message {
	m := summaryCards(w, r)
	if len(m.Cards) > 0 {
		m.Cards[0].row(w.Budget.Heading, budgetLines(w, r.Budgets)...)
	}
	delayed(w, r, &m)
	m.Text = reportHeadline(w, r)
	return m
}

func summaryCards(w *lang.Words, r Report) Message {
	var m Message
	if len(r.Accounts) > 1 {
		m.Cards = append(m.Cards, totalsCard(w, r))
	}
	if len(r.Accounts) > maxCards {
		m.Cards = append(m.Cards, reported(w, r.Accounts).cards()...)
		m.Cards = append(m.Cards, happenings(w, r.Accounts)...)
		return m
	}
	for i, a := range r.Accounts {
		m.Cards = append(m.Cards, reportCard(w, r, a))
		m.illustrate(len(m.Cards)-1, fmt.Sprintf("chart-%d.png", i+1), a.Picture)
	}
	return m
}

// delayed adds to a report that it is late.
func delayed(w *lang.Words, r Report, m *Message) {
	if len(m.Cards) > 0 && r.Delayed {
		m.Cards[0].Text = joinLines(w.Report.Delayed(Moment(r.Due)), m.Cards[0].Text)
	}
}

func reportTitle(w *lang.Words, r Report) string {
	text := periodText(r.Span, r.From, r.To)
	switch r.Span {
	case budget.Week:
		return w.Report.Week(text)
	case budget.Month:
		return w.Report.Month(text)
	}
	return w.Report.Day(text)
}

// periodText is a period, half open, as titles name it.
func periodText(span budget.Span, from, to time.Time) string {
	switch span {
	case budget.Week:
		return from.Format(time.DateOnly) + " – " + to.Add(-time.Second).Format(time.DateOnly)
	case budget.Month:
		return from.Format("2006-01")
	}
	return from.Format(time.DateOnly)
}

func totalsCard(w *lang.Words, r Report) Card {
	sum := totals(w, r.Accounts)
	card := Card{
		Title: reportTitle(w, r) + " · " + w.Report.Totals, Text: sum.notes(w, r.Accounts), Tone: ToneInfo, At: r.Due,
	}
	if len(r.Accounts) <= maxCards {
		card.add(w.Report.Left, orUnknown(w, sum.left))
		addSpent(w, &card, sum.spent, sum.before)
		return card
	}
	card.add(w.Report.Left, strings.Join(sum.leftParts(w, moka.Amount.String), " · "))
	addSpent(w, &card, sum.spent, sum.before)
	counts := Used{TopUps: sum.topUps, TopUpsUnread: sum.topUpsUnread, Refunds: sum.refunds}
	if !sum.uncounted {
		counts.Requests = sum.requests
	}
	addCounts(w, &card, counts)
	return card
}

// total is what several accounts spent and have left together.
type total struct {
	spent        spend.SoFar
	before, left moka.Maybe
	shared       []string // which accounts share a wallet, in words

	counted            moka.Amount // what is left where that is known
	any                bool        // it is known of one of them at least
	unknown, unlimited int         // of how many accounts it is not

	requests        int64
	uncounted       bool // there were more, or some of them may be counted twice
	topUps, refunds moka.Amount
	topUpsUnread    bool // there were more top-ups, of unknown amounts
}

// totals add the accounts up, each wallet once.
func totals(w *lang.Words, accounts []ReportAccount) total {
	t := total{before: moka.Known(0), left: moka.Known(0)}
	readings := make([]moka.Reading, len(accounts))
	for i, a := range accounts {
		readings[i] = a.shown()
		readings[i].Identity, readings[i].Payer = a.Reading.Identity, a.Reading.Payer
	}
	for _, group := range moka.SharedWallets(readings) {
		var of []moka.Reading
		var names []string
		used, was := spend.SoFar{}, spend.SoFar{}
		for _, i := range group {
			of, names = append(of, readings[i]), append(names, accounts[i].Name)
			used, was = better(used, accounts[i].SoFar()), better(was, spend.SoFar{Spent: accounts[i].Before})
		}
		left := moka.SpendableTogether(of)
		t.spent, t.before, t.left = together(t.spent, used), t.before.Plus(was.Spent), t.left.Plus(left)
		t.count(accounts, group, left)
		if len(names) > 1 {
			t.shared = append(t.shared, w.Usage.Shared(firstLines(w, names, oldNamed)))
		}
	}
	return t
}

// count adds the accounts of one wallet, with what they have left together. What came in or
// back is the wallet's, so each of them knows of it.
func (t *total) count(accounts []ReportAccount, wallet []int, left moka.Maybe) {
	var topUps, refunds moka.Amount
	unlimited := 0
	for _, i := range wallet {
		a := accounts[i]
		topUps, refunds = max(topUps, a.TopUps), max(refunds, a.Refunds)
		t.topUpsUnread = t.topUpsUnread || a.TopUpsUnread
		t.requests += a.Requests
		t.uncounted = t.uncounted || len(wallet) > 1 || a.Requests == 0 && (!a.Spent.Known() || spentBy(a) != 0)
		if a.unlimited() {
			unlimited++
		}
	}
	t.topUps, t.refunds = t.topUps+topUps, t.refunds+refunds
	switch amount, known := left.Get(); {
	case known:
		t.counted, t.any = t.counted+amount, true
	default:
		t.unlimited += unlimited
		t.unknown += len(wallet) - unlimited
	}
}

// notes say which figures are old, and which accounts share a wallet.
func (t total) notes(w *lang.Words, accounts []ReportAccount) string {
	return joinLines(append([]string{oldFigures(w, accounts)}, firstLines(w, t.shared, sharedNamed)...)...)
}

// happenings are the incidents and the changes of models of many accounts, each change once.
func happenings(w *lang.Words, accounts []ReportAccount) []Card {
	var incidents, changes []string
	for _, a := range accounts {
		incidents = append(incidents, a.Incidents...)
		if a.Changes == nil {
			continue
		}
		for _, line := range changeLines(w, *a.Changes, math.MaxInt) {
			if !slices.Contains(changes, line) {
				changes = append(changes, line)
			}
		}
	}
	var cards []Card
	for _, list := range []struct {
		title string
		lines []string
		limit int
	}{{w.Report.Incidents, incidents, incidentsInReport}, {w.Report.NewModels, changes, changesInReport}} {
		if len(list.lines) > 0 {
			cards = append(cards, Card{Title: list.title, Text: joinLines(firstLines(w, list.lines, list.limit)...), Tone: ToneInfo})
		}
	}
	return cards
}

// together adds two figures. The sum is a lower bound where one of them is unknown.
func together(sum, part spend.SoFar) spend.SoFar {
	first := sum == spend.SoFar{}
	switch {
	case !part.Spent.Known():
		return spend.SoFar{Spent: sum.Spent, AtLeast: true}
	case !sum.Spent.Known():
		return spend.SoFar{Spent: part.Spent, AtLeast: part.AtLeast || !first}
	}
	return sum.Plus(part)
}

// better returns the figure of a wallet that two accounts share: the larger one,
// complete if either is.
func better(a, b spend.SoFar) spend.SoFar {
	x, known := a.Spent.Get()
	y, other := b.Spent.Get()
	larger := a
	if !known || other && y > x {
		larger = b
	}
	larger.AtLeast = (a.AtLeast || !known) && (b.AtLeast || !other)
	return larger
}

// How many accounts are named for their old figures, and wallets for those that share them.
const (
	oldNamed    = 5
	sharedNamed = 5
)

// oldFigures names the accounts whose last known figures are part of the totals, and
// the age of the oldest. It is empty when all figures are new.
func oldFigures(w *lang.Words, accounts []ReportAccount) string {
	var names []string
	var oldest time.Time
	for _, a := range accounts {
		if !a.Old() {
			continue
		}
		names = append(names, a.Name)
		if oldest.IsZero() || a.Last.At.Before(oldest) {
			oldest = a.Last.At
		}
	}
	if len(names) == 0 {
		return ""
	}
	return strings.Join(firstLines(w, names, oldNamed), w.And) + w.Colon + w.Balance.LastKnown(Relative(oldest))
}

// How many lines of model changes and of incidents a field of a report has room for.
const (
	changesInReport   = 6
	incidentsInReport = 8
)

func reportCard(w *lang.Words, r Report, a ReportAccount) Card {
	card := Card{Title: a.Name + " · " + reportTitle(w, r), Text: usedText(w, a.Account, a.Used), Tone: a.tone(), At: r.Due}
	addUsed(w, &card, a.Account, a.Used)
	addList(&card, w.Usage.ByModel, modelsUsed(w, a.Used))
	if len(a.Keys) > 1 {
		addList(&card, w.Usage.ByKey, keysUsed(w, a.Used))
	}
	card.row(w.Report.Incidents, firstLines(w, a.Incidents, incidentsInReport)...)
	if a.Changes != nil {
		card.row(w.Report.NewModels, changeLines(w, *a.Changes, changesInReport)...)
	}
	card.Footer = coverage(w, a.Used)
	return card
}

// shown is the reading to show: the newest, or the last good one where that failed.
func (a Account) shown() moka.Reading {
	if a.Old() {
		return *a.Last
	}
	return a.Reading
}

// Old reports whether the last good reading is shown, because the newest has no figures.
func (a Account) Old() bool { return !a.Reading.OK() && a.Last != nil && nothing(a.Reading) }

func (a Account) left() moka.Maybe { return a.shown().Spendable() }

// against says what the period before cost and how this one compares, or is empty
// where the two do not compare.
func against(w *lang.Words, spent, before moka.Maybe) string {
	now, nowKnown := spent.Get()
	then, thenKnown := before.Get()
	switch {
	case !thenKnown:
		return ""
	case !nowKnown || then <= 0:
		return then.String()
	}
	return w.Report.Change(then, changeText(now, then))
}

// changeText is how an amount compares with an earlier one, which is above
// zero: a percentage with its sign, or a factor beyond tenfold.
func changeText(now, then moka.Amount) string {
	switch change := (now - then).USD() / then.USD(); {
	case change >= 9:
		return fmt.Sprintf("%.0f×", change+1)
	case math.Abs(change) < 0.005:
		return "±0%"
	default:
		return fmt.Sprintf("%+.0f%%", change*100)
	}
}

// soFar is what was spent in a period: an amount, at least an amount, or unknown.
func soFar(w *lang.Words, s spend.SoFar) string {
	if spent, ok := s.Spent.Get(); ok && s.AtLeast {
		return w.Balance.AtLeast(spent)
	}
	return orUnknown(w, s.Spent)
}

func orUnknown(w *lang.Words, a moka.Maybe) string { return cmp.Or(known(a), w.Balance.Unknown) }

// known is an amount, "" where it is unknown.
func known(a moka.Maybe) string {
	if !a.Known() {
		return ""
	}
	return a.String()
}

// aboveZero is an amount, "" where there is none.
func aboveZero(a moka.Amount) string {
	if a <= 0 {
		return ""
	}
	return a.String()
}

// IncidentLine is one line of a report's incidents.
func IncidentLine(w *lang.Words, account string, c alert.Condition, level string, since time.Time, over bool, lasted time.Duration) string {
	text := conditionWords(&w.Alert, c).Raised(account, level) + " · " + Moment(since)
	if over {
		text += " · " + w.Alert.LastedFor(w.Duration(lasted))
	}
	return text
}
