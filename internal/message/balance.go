package message

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// Account is what is known of one account at the moment.
type Account struct {
	Name    string
	Reading moka.Reading  // the newest one, failed parts included
	Last    *moka.Reading // the last good one, shown when the newest failed; nil: none
	Today   spend.SoFar   // spent on the reader's calendar day; unknown without history
	Runway  *spend.Runway // nil: without history
	Levels  []alert.Level // which decide the colour
}

// Balance answers what is left, one card an account. Of more accounts than a message has
// room for it shows totals and a line each, and of very many those that matter most.
func Balance(w *lang.Words, accounts []Account) Message { return balances(w, accounts, false) }

// Balances is [Balance] with every account, however many there are.
func Balances(w *lang.Words, accounts []Account) Message { return balances(w, accounts, true) }

func balances(w *lang.Words, accounts []Account, whole bool) Message {
	var m Message
	if len(accounts) > maxCards {
		return manyBalances(w, accounts, whole)
	}
	for _, a := range accounts {
		m.Cards = append(m.Cards, balanceCard(w, a))
	}
	return m
}

// manyBalances are the totals of today, and lists.
func manyBalances(w *lang.Words, accounts []Account, whole bool) Message {
	all := make([]ReportAccount, len(accounts))
	for i, a := range accounts {
		all[i] = ReportAccount{Account: a, Used: Used{Spent: a.Today.Spent, AtLeast: a.Today.AtLeast}}
	}
	sum, crowd := totals(w, all), newCrowd(w, all, w.Balance.TodayShort, whole)
	card := Card{Title: w.Report.Totals, Text: sum.notes(w, all), Tone: ToneInfo}
	card.add(w.Report.Left, strings.Join(sum.leftParts(w, moka.Amount.String), " · "))
	if sum.spent.Spent.Known() {
		card.add(w.Balance.Today, soFar(w, sum.spent))
	}
	if at := oldestShown(accounts); !at.IsZero() {
		card.add(w.Balance.AsOf, Relative(at))
	}
	m := Message{Cards: append([]Card{card}, crowd.cards()...)}
	if crowd.listed[0]+crowd.listed[1] < len(all) {
		m.Cards[len(m.Cards)-1].Footer = w.Many.AskFor("/" + w.Command.Shown("balance"))
	}
	return m
}

// oldestShown is when the oldest reading of figures was that nothing else dates; zero where
// there is none.
func oldestShown(accounts []Account) (at time.Time) {
	for _, a := range accounts {
		if r := a.shown(); !a.Old() && r.Spendable().Known() && (at.IsZero() || r.At.Before(at)) {
			at = r.At
		}
	}
	return at
}

func balanceCard(w *lang.Words, a Account) Card {
	r := a.shown()
	var text []string
	if a.Old() {
		text = append(text, Failure(w, a.Reading.Err()), w.Balance.LastKnown(Relative(r.At)))
	}
	card := Card{Title: a.Name, Tone: a.tone(), At: r.At}
	text = append(text, toSpend(w, r))
	if r.Key != nil && r.Wallet != nil && walletEmpty(r) {
		text = append(text, w.Balance.WalletEmpty)
	}
	if r.Wallet != nil && r.Wallet.Locked() {
		text = append(text, w.Balance.WalletLocked)
	}
	card.Text = strings.Join(text, "\n")
	if r.Key != nil {
		addKey(w, &card, *r.Key, r.KeyErr)
	}
	if r.Wallet != nil {
		addWallet(w, &card, *r.Wallet, r.WalletErr)
	}
	if a.Today.Spent.Known() {
		card.add(w.Balance.Today, soFar(w, a.Today))
	}
	if a.Runway != nil {
		card.row(w.Balance.Runway, w.Runway(*a.Runway))
	}
	if !a.Old() && (r.OK() || r.Spendable().Known()) { // the text says how old the last known figures are
		card.add(w.Balance.AsOf, Relative(r.At))
	}
	return card
}

// nothing reports whether a reading holds no figure at all.
func nothing(r moka.Reading) bool {
	return (r.Key == nil || r.Key.State == "") && (r.Wallet == nil || !r.Wallet.Remaining.Known())
}

func walletEmpty(r moka.Reading) bool {
	wallet, known := r.Wallet.Remaining.Get()
	spendable, spendableKnown := r.Spendable().Get()
	key, keyKnown := r.Key.Remaining.Get()
	return known && wallet <= 0 && spendableKnown && spendable <= 0 && (r.Key.Unlimited || r.Key.AtLeast.Known() || keyKnown && key > 0)
}

// tone is the colour for what is left. Figures that are only the last known ones have
// no colour.
func (a Account) tone() Tone {
	if a.Old() {
		return ToneMuted
	}
	return balanceTone(a.Levels, a.shown())
}

func balanceTone(levels []alert.Level, r moka.Reading) Tone {
	left, known := r.Spendable().Get()
	if !known {
		if r.OK() {
			return ToneInfo
		}
		return ToneMuted
	}
	if left <= 0 {
		return ToneCritical
	}
	tone := ToneGood
	for i, level := range levels {
		if below, has := level.Below.Get(); has && left < below {
			tone = ToneWarn
			if i == len(levels)-1 {
				tone = ToneCritical
			}
		}
	}
	return tone
}

func toSpend(w *lang.Words, r moka.Reading) string {
	if left, known := r.Spendable().Get(); known {
		return w.Balance.ToSpend(left)
	}
	if r.OK() && r.Key != nil && r.Key.Unlimited && r.Wallet == nil {
		return w.Balance.ToSpendUnlimited
	}
	if r.OK() && r.Key != nil && r.Key.Scope == moka.ScopeAccount && r.Key.Remaining.Known() {
		return w.Balance.ToSpendShared
	}
	return w.Balance.ToSpendUnknown
}

func addKey(w *lang.Words, card *Card, k moka.Key, failed *moka.Error) {
	name := map[moka.Scope]string{
		moka.ScopeKey: w.Balance.Key, moka.ScopeAccount: w.Balance.KeyOfAccount,
	}[k.Scope]
	if name == "" {
		name = w.Balance.KeyUnsure
	}
	if k.State != moka.KeyOK {
		name = w.Balance.Key
	}
	total, left, expires := amount(w, w.Balance.Total, k.Total), amount(w, w.Balance.Remaining, k.Remaining), ""
	if least, ok := k.AtLeast.Get(); ok && least > 0 {
		left = lang.Unbroken(line(w, w.Balance.Remaining, w.Balance.AtLeast(least)))
	}
	if k.Unlimited {
		total, left = line(w, w.Balance.Total, w.Balance.Unlimited), ""
	}
	if k.State == moka.KeyOK && !k.ExpiresAt.IsZero() {
		expires = line(w, w.Balance.Expires, Moment(k.ExpiresAt))
	}
	addFigures(w, card, name, keyState(w, k, failed), beside(total, amount(w, w.Balance.Used, k.Used)), left, expires)
}

func addFigures(w *lang.Words, card *Card, name string, lines ...string) {
	card.row(name, cmp.Or(joinLines(lines...), w.Balance.Unknown))
}

// beside joins the texts that are not empty into one line, which has room for two figures.
func beside(figures ...string) string {
	return strings.Join(slices.DeleteFunc(figures, func(f string) bool { return f == "" }), " · ")
}

func keyState(w *lang.Words, k moka.Key, failed *moka.Error) string {
	switch {
	case k.State == moka.KeyExhausted:
		return w.Balance.Exhausted
	case k.State == moka.KeyExpired && k.ExpiresAt.IsZero():
		return w.Balance.ExpiredSometime
	case k.State == moka.KeyExpired:
		return w.Balance.Expired(Moment(k.ExpiresAt))
	case k.State == moka.KeyDisabled:
		return w.Balance.Disabled
	case k.State == moka.KeyRefused && failed != nil && failed.Kind == moka.Unauthorized:
		return w.Balance.Refused
	case failed != nil:
		return Failure(w, failed)
	}
	return ""
}

func addWallet(w *lang.Words, card *Card, wallet moka.Wallet, failed *moka.Error) {
	sentence := ""
	if failed != nil {
		sentence = Failure(w, failed)
	}
	requests, plans := "", ""
	if wallet.Remaining.Known() {
		requests = lang.Unbroken(line(w, w.Balance.Requests, moka.Grouped(uint64(max(0, wallet.Requests)))))
	}
	if inPlans, ok := wallet.Plans.Get(); wallet.PlansUnlimited {
		plans = line(w, w.Balance.Plans, w.Balance.PlansUnlimited)
	} else if ok && inPlans != 0 {
		plans = amount(w, w.Balance.Plans, wallet.Plans)
	}
	addFigures(w, card, w.Balance.Wallet, sentence, beside(amount(w, w.Balance.Used, wallet.Used), requests), beside(amount(w, w.Balance.Remaining, wallet.Remaining), plans))
}

// amount is an amount with its name, "" where it is unknown.
func amount(w *lang.Words, name string, a moka.Maybe) string {
	if known, ok := a.Get(); ok {
		return lang.Unbroken(line(w, name, known.String()))
	}
	return ""
}

func line(w *lang.Words, name, value string) string { return name + w.Colon + value }
