package message

import (
	"fmt"
	"math"
	"strings"
	"time"

	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// ModelUse is what one model was used in a period.
type ModelUse struct {
	Model    string
	Spent    moka.Amount
	Requests int64
	Tokens   int64
}

// KeyUse is what one key was used in a period.
type KeyUse struct {
	Key      string // its name
	Spent    moka.Amount
	Requests int64 // 0 where unknown
}

// Used is what an account used in a period.
type Used struct {
	From, To     time.Time
	Spent        moka.Maybe
	AtLeast      bool       // a part of the period is unknown: Spent is a lower bound
	Began        time.Time  // the first reading, where it lies in the period and nothing is known of the time before; else zero
	Before       moka.Maybe // in the period before
	Requests     int64      // 0 where nothing counted all of them
	TopUps       moka.Amount
	TopUpsUnread bool        // there were more, of unknown amounts
	Refunds      moka.Amount // already taken off Spent
	Undated      moka.Amount // more that was spent, at a time that reaches out of the period
	Covered      float64     // part of the period in which readings or records date what was spent, 0 to 1
	Models       []ModelUse  // the most expensive first; nil without ModelsErr: nothing was used
	ModelsErr    *moka.Error // why there is no use by model
	Keys         []KeyUse    // the most expensive first
	KeysErr      *moka.Error // why there is no use by key
	Recorded     moka.Maybe  // the sum of the gateway's own records, where it is not Spent
	Filled       bool        // Spent is from the gateway's records, because readings are missing
	Picture      Picture
}

// SoFar is what was spent.
func (u Used) SoFar() spend.SoFar { return spend.SoFar{Spent: u.Spent, AtLeast: u.AtLeast} }

// UsageAnswer is one account's part of an answer to /usage.
type UsageAnswer struct {
	Account
	Used
	Period string // as asked for, see lang.UsageWords.Periods
	ByKey  bool   // rather than by model
}

// Names of lines in lists of use that stand for no model or key.
const (
	Others   = "other"   // what no line names
	Returned = "refunds" // a negative amount
)

// Usage answers what was used, one card an account.
func Usage(w *lang.Words, answers []UsageAnswer) Message {
	var m Message
	for i, a := range answers {
		card := Card{
			Title: a.Name + " · " + w.Usage.Periods[a.Period], Tone: a.tone(),
			Text: usedText(w, a.Account, a.Used), Footer: coverage(w, a.Used), At: a.To,
		}
		addUsed(w, &card, a.Account, a.Used)
		if a.ByKey {
			addList(&card, w.Usage.ByKey, keysUsed(w, a.Used))
		} else {
			addList(&card, w.Usage.ByModel, modelsUsed(w, a.Used))
		}
		m.Cards = append(m.Cards, card)
		m.illustrate(i, fmt.Sprintf("chart-%d.png", i+1), a.Picture)
	}
	return m
}

// addUsed adds the figures in the order that every card has them.
func addUsed(w *lang.Words, card *Card, a Account, u Used) {
	card.add(w.Report.Left, a.leftText(w))
	addSpent(w, card, u.SoFar(), u.Before)
	addCounts(w, card, u)
	if a.Runway != nil {
		card.row(w.Report.Runway, w.Runway(*a.Runway))
	}
}

// addCounts adds how many requests there were, and what was topped up and refunded.
func addCounts(w *lang.Words, card *Card, u Used) {
	if u.Requests > 0 {
		card.add(w.Report.Requests, moka.Grouped(uint64(u.Requests)))
	}
	if u.TopUpsUnread {
		card.add(w.Report.TopUps, w.Balance.Unknown)
	} else {
		card.add(w.Report.TopUps, aboveZero(u.TopUps))
	}
	card.add(w.Report.Refunds, aboveZero(u.Refunds))
}

// addSpent adds what was spent, and what the period before cost where the two compare.
func addSpent(w *lang.Words, card *Card, spent spend.SoFar, before moka.Maybe) {
	card.add(w.Report.Spent, soFar(w, spent))
	if !spent.AtLeast {
		card.add(w.Report.Before, against(w, spent.Spent, before))
	}
}

// addList adds a list, or why there is none, unless the card's text says that already.
func addList(card *Card, name, list string) {
	if !strings.Contains(card.Text, list) {
		card.row(name, list)
	}
}

func keysUsed(w *lang.Words, u Used) string {
	if u.KeysErr != nil {
		return unlisted(w, u.KeysErr, w.Usage.NoKeys)
	}
	var keys []ModelUse
	for _, k := range u.Keys {
		keys = append(keys, ModelUse{Model: k.Key, Spent: k.Spent, Requests: k.Requests})
	}
	line := func(k ModelUse, share string) string {
		return w.Usage.KeyUse(lineName(w, k.Model), k.Spent, share, k.Requests)
	}
	return joinLines(useLines(w, keys, topModels, topModels, line, w.Usage.RestOfKeys)...)
}

// unlisted explains why there is no list; unsupported is the text for a gateway that has none.
func unlisted(w *lang.Words, err *moka.Error, unsupported string) string {
	switch {
	case err.Hint == moka.HintCredential:
		return w.Usage.NeedsToken
	case err.Kind == moka.Unsupported:
		return unsupported
	}
	return Failure(w, err)
}

// isRounding reports whether an amount that no model or key explains is too small for
// a line: below one cent, to which the figures are rounded.
func isRounding(a moka.Amount) bool { return max(a, -a) < moka.Dollar/100 }

// lineName is the name of a model or key, or of what no line names.
func lineName(w *lang.Words, name string) string {
	switch strings.TrimSpace(name) {
	case "":
		return w.Usage.Nameless
	case Others:
		return w.Usage.Others
	case Returned:
		return w.Usage.Returned
	}
	return "`" + inCode(name) + "`"
}

// topModels is how many models have a line of their own.
const topModels = 8

func modelsUsed(w *lang.Words, u Used) string {
	if u.ModelsErr != nil {
		return unlisted(w, u.ModelsErr, w.Usage.NotRecorded)
	}
	return joinLines(modelLines(w, u.Models, topModels)...)
}

// minModels is how many models have a line of their own, however little they cost.
const minModels = 3

func modelLines(w *lang.Words, models []ModelUse, limit int) []string {
	line := func(m ModelUse, share string) string {
		return w.Usage.Model("`"+inCode(m.Model)+"`", m.Spent, share, m.Requests, m.Tokens)
	}
	return useLines(w, models, minModels, limit, line, w.Usage.Rest)
}

// useLines returns a line for each of the first models or keys, up to limit, and one for
// the others. Beyond the first always ones, those that together make less than one percent
// share that line even where there is room. What stands for no model or key is shown
// however long the list is.
func useLines(w *lang.Words, all []ModelUse, always, limit int, line func(u ModelUse, share string) string, rest func(n int, spent moka.Amount) string) []string {
	var named, others []ModelUse
	total := moka.Amount(0)
	for _, u := range all {
		total += max(0, u.Spent)
		if u.Model == Others || u.Model == Returned {
			others = append(others, u)
		} else {
			named = append(named, u)
		}
	}
	var lines []string
	for i, u := range named {
		more := named[i:]
		if i == limit || i >= always && len(more) > 1 && cost(more)*100 < total {
			lines = append(lines, rest(len(more), cost(more)))
			break
		}
		lines = append(lines, line(u, share(u.Spent, total)))
	}
	for _, u := range others {
		if u.Model == Returned || !isRounding(u.Spent) {
			lines = append(lines, w.Usage.KeyUse(lineName(w, u.Model), u.Spent, share(u.Spent, total), u.Requests))
		}
	}
	return lines
}

func cost(uses []ModelUse) (spent moka.Amount) {
	for _, u := range uses {
		spent += u.Spent
	}
	return spent
}

// share is an amount as a part of a total in percent, "" where that says
// nothing.
func share(part, total moka.Amount) string {
	if part <= 0 || total <= 0 || part == total {
		return ""
	}
	percent := part.USD() / total.USD() * 100
	if percent < 1 {
		return "<1%"
	}
	return fmt.Sprintf("%.0f%%", percent)
}

// usedText names what could not be read, and where the figures are from.
func usedText(w *lang.Words, a Account, u Used) string {
	var lines []string
	if err := a.Reading.Err(); err != nil {
		lines = append(lines, Failure(w, err))
		if a.Old() {
			lines = append(lines, w.Balance.LastKnown(Relative(a.Last.At)))
		}
	}
	if !u.Spent.Known() && u.Undated <= 0 {
		lines = append(lines, w.Report.NoReadings)
	}
	if !u.Began.IsZero() {
		lines = append(lines, w.Report.Began(Moment(u.Began)))
	}
	if u.Filled {
		lines = append(lines, w.Usage.Filled)
	}
	if u.Undated > 0 {
		lines = append(lines, w.Usage.Undated(u.Undated))
	}
	if recorded, ok := u.Recorded.Get(); ok {
		lines = append(lines, w.Usage.Recorded(recorded))
	}
	return strings.Join(lines, "\n")
}

func coverage(w *lang.Words, u Used) string {
	return w.Report.Covered(int(math.Floor(u.Covered * 100)))
}

// leftText is what can be spent, or that there is no limit that we know of.
func (a Account) leftText(w *lang.Words) string {
	if a.unlimited() {
		return w.Balance.Unlimited
	}
	return orUnknown(w, a.left())
}

// unlimited reports whether there is no limit that we know of.
func (a Account) unlimited() bool {
	r := a.shown()
	return r.OK() && r.Key != nil && r.Key.Unlimited && r.Wallet == nil
}
