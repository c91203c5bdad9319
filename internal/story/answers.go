package story

import (
	"fmt"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

func balances(w *lang.Words) map[string]message.Message {
	of := func(a message.Account) message.Message { return message.Balance(w, []message.Account{a}) }
	empty := reading(2.5)
	empty.Wallet.Remaining = dollars(0)
	locked := reading(40)
	locked.Wallet.Plans, locked.Wallet.Preference = dollars(0), moka.SubscriptionOnly
	return map[string]message.Message{
		"balance":           of(full()),
		"balance-stale":     of(stale()),
		"balance-failed":    of(account(failed(moka.RateLimited, ""))),
		"balance-wallet":    of(account(empty)),
		"balance-locked":    of(account(locked)),
		"balance-unlimited": of(account(keyIn(moka.KeyOK, moka.Key{Unlimited: true, Used: dollars(1.5), Scope: moka.ScopeKey}))),
		"balance-exhausted": of(account(keyIn(moka.KeyExhausted, moka.Key{Remaining: dollars(0)}))),
		"balance-expired":   of(account(keyIn(moka.KeyExpired, moka.Key{ExpiresAt: at}))),
		"balance-disabled":  of(account(keyIn(moka.KeyDisabled, moka.Key{}))),
		"balance-refused":   of(account(refused())),
		"balance-many":      message.Balance(w, many(12)),
		"balance-very-many": message.Balance(w, many(200)),
		"balance-views":     message.Balance(w, views()),
		"balance-several":   message.Balance(w, []message.Account{full(), stale()}),
	}
}

func allBalances(w *lang.Words) map[string]message.Message {
	return map[string]message.Message{"balance-all": message.Balances(w, many(27))}
}

// views are accounts whose figures are not simply those of the key.
func views() []message.Account {
	figures := moka.Key{Total: dollars(50), Used: dollars(10), Remaining: dollars(40)}
	ofAccount, unsure, plans, unlimited := figures, figures, reading(40), reading(40)
	ofAccount.Scope, ofAccount.ExpiresAt = moka.ScopeAccount, at.AddDate(0, 1, 0)
	unsure.Scope = moka.ScopeUnknown
	plans.Wallet.Plans = dollars(25)
	unlimited.Wallet.PlansUnlimited = true
	refused := keyIn(moka.KeyRefused, moka.Key{})
	refused.KeyErr = &moka.Error{Op: "subscription", Kind: moka.Unauthorized}
	return []message.Account{
		account(keyIn(moka.KeyOK, ofAccount)), account(keyIn(moka.KeyOK, unsure)), account(plans), account(unlimited),
		account(refused), account(keyIn(moka.KeyExpired, moka.Key{})),
	}
}

func models(w *lang.Words) map[string]message.Message {
	list := []moka.PricedModel{
		{Model: moka.Model{ID: "gpt-4o"}, Price: moka.Price{PerCall: dollars(0.0042)}},
		{Model: moka.Model{ID: "moka/claude-sonnet-4-6"}, Price: moka.Price{InputPerMTok: dollars(3), OutputPerMTok: dollars(15)}},
		{Model: moka.Model{ID: "moka/unpriced"}},
	}
	many := list
	for n := range 40 {
		many = append(many, moka.PricedModel{Model: moka.Model{ID: fmt.Sprintf("vendor/model-%02d", n)}, Price: moka.Price{InputPerMTok: dollars(0.5), OutputPerMTok: dollars(2)}})
	}
	return map[string]message.Message{
		"models":          message.Models(w, message.ModelList{Account: "team", Models: list, Priced: true, New: map[string]bool{"gpt-4o": true}}),
		"models-first":    message.Models(w, message.ModelList{Account: "team", Models: list, Priced: true}).OfFirst(w, "team", 3),
		"models-paged":    message.Models(w, message.ModelList{Account: "team", Models: many, Priced: true, Page: 1}),
		"models-unpriced": message.Models(w, message.ModelList{Account: "team", Models: []moka.PricedModel{{Model: list[0].Model}, {Model: list[1].Model}}}),
		"models-search":   message.Models(w, message.ModelList{Account: "team", Search: "@here*", Priced: true}),
		"models-none":     message.Models(w, message.ModelList{Account: "team", Priced: true}),
	}
}

// week is what an account used in the week before the examples play.
func week() message.Used {
	return message.Used{
		From: at.AddDate(0, 0, -7), To: at, Spent: dollars(42), Before: dollars(29.6), Requests: 3_669,
		TopUps: 50 * moka.Dollar, Covered: 0.987, Models: used,
	}
}

// day and month are what it used on the day before, and in the month before.
func day() message.Used {
	return message.Used{From: at.Add(-32 * time.Hour), To: at.Add(-8 * time.Hour), Spent: dollars(6), Before: dollars(4.2), Requests: 521, Covered: 1, Models: usedToday}
}

func month() message.Used {
	u := week()
	u.Spent, u.Before, u.Requests, u.TopUps, u.Models = dollars(186), dollars(131), 16_248, 150*moka.Dollar, nil
	for _, m := range used[:3] {
		m.Spent, m.Requests, m.Tokens = m.Spent*186/42, m.Requests*4, m.Tokens*4
		u.Models = append(u.Models, m)
	}
	u.Models = append(u.Models, message.ModelUse{Model: message.Others, Spent: 186*moka.Dollar - sum(u.Models)})
	return u
}

func sum(models []message.ModelUse) (all moka.Amount) {
	for _, m := range models {
		all += m.Spent
	}
	return all
}

func usages(w *lang.Words) map[string]message.Message {
	of := func(a message.Account, period string, u message.Used) message.Message {
		return message.Usage(w, []message.UsageAnswer{{Account: a, Used: u, Period: period}})
	}
	shown := week()
	shown.Picture = balanceChart(w)
	filled := month()
	filled.Filled, filled.Covered = true, 0.98
	differs := month()
	differs.Recorded = dollars(203.9)
	dated := week()
	dated.Undated, dated.Refunds = 60*moka.Dollar, 3*moka.Dollar
	dated.Spent, dated.AtLeast, dated.Before = dollars(39), true, moka.Maybe{}
	dated.Models = append(dated.Models[:len(dated.Models):len(dated.Models)], message.ModelUse{Model: message.Returned, Spent: 39*moka.Dollar - sum(used)})
	dated.Keys = []message.KeyUse{{Key: "ci", Spent: 29 * moka.Dollar, Requests: 2_900}, {Key: "laptop", Spent: 9 * moka.Dollar}, {Key: message.Others, Spent: 4 * moka.Dollar}, {Key: message.Returned, Spent: -3 * moka.Dollar}}
	manyKeys := week()
	for i := range 12 {
		manyKeys.Keys = append(manyKeys.Keys, message.KeyUse{Key: fmt.Sprintf("key %d", i), Spent: 3_500_000})
	}
	noKeys := week()
	noKeys.KeysErr = &moka.Error{Kind: moka.Unsupported}
	byKey := func(u message.Used) message.Message {
		return message.Usage(w, []message.UsageAnswer{{Account: full(), Used: u, Period: "7d", ByKey: true}})
	}
	unrecorded := message.Used{From: at.Add(-8 * time.Hour), To: at, Spent: dollars(2.1), ModelsErr: &moka.Error{Kind: moka.Unsupported}, Covered: 1}
	young := message.Used{From: at.Add(-8 * time.Hour), To: at, Spent: dollars(1.5), AtLeast: true, Began: at.Add(-2 * time.Hour), Covered: 0.25, ModelsErr: &moka.Error{Kind: moka.Unsupported, Hint: moka.HintCredential}}
	firstDay := account(keyIn(moka.KeyOK, moka.Key{Scope: moka.ScopeKey, Remaining: dollars(40), Used: dollars(10), Total: dollars(50)}))
	firstDay.Today = spend.SoFar{Spent: dollars(1.5), AtLeast: true}
	inGap := message.Used{From: at.Add(-32 * time.Hour), To: at.Add(-8 * time.Hour), Undated: 60 * moka.Dollar, ModelsErr: &moka.Error{Kind: moka.Unsupported}, KeysErr: &moka.Error{Kind: moka.Unsupported}}
	keyOnly := message.Used{From: at.Add(-32 * time.Hour), To: at.Add(-8 * time.Hour), ModelsErr: &moka.Error{Kind: moka.Unsupported, Hint: moka.HintCredential}}
	return map[string]message.Message{
		"usage":            of(full(), "7d", shown),
		"usage-filled":     of(full(), "30d", filled),
		"usage-differs":    of(full(), "month", differs),
		"usage-unrecorded": of(full(), "today", unrecorded),
		"usage-undated":    of(full(), "7d", dated),
		"usage-keys":       byKey(dated),
		"usage-keys-many":  byKey(manyKeys),
		"usage-keys-none":  byKey(noKeys),
		"usage-young":      of(firstDay, "today", young),
		"usage-in-gap":     of(full(), "yesterday", inGap),
		"usage-unknown":    of(stale(), "yesterday", keyOnly),
	}
}

func keys(w *lang.Words) map[string]message.Message {
	list := []moka.APIKeyInfo{
		{Name: "laptop", Key: "abcd…wxyz", State: moka.KeyOK, Remaining: dollars(12), Used: 3 * moka.Dollar, AccessedAt: at.Add(-time.Hour)},
		{Name: "ci", Key: "efgh…stuv", State: moka.KeyOK, Unlimited: true, Used: 812 * moka.Dollar, AccessedAt: at.Add(-time.Minute), Models: []string{"gpt-4o", "whisper-1"}},
		{Name: "old", Key: "ijkl…opqr", State: moka.KeyExpired, Remaining: dollars(2), Used: 8 * moka.Dollar, ExpiresAt: at.AddDate(0, -1, 0), AccessedAt: at.AddDate(0, -1, 0)},
		{Name: "empty *", Key: "mnop…klmn", State: moka.KeyExhausted, Remaining: dollars(0), Used: 50 * moka.Dollar, AccessedAt: at},
		{Name: "raised", Key: "qrst…ghij", State: moka.KeyExhausted, Remaining: dollars(5), Used: 50 * moka.Dollar, AccessedAt: at, NeedsEnabling: true},
		{Name: "soon", Key: "uvwx…cdef", State: moka.KeyOK, Remaining: dollars(40), ExpiresAt: at.AddDate(0, 0, 3), AccessedAt: at},
		{Name: "off", Key: "yzab…yzab", State: moka.KeyDisabled, Remaining: dollars(7)},
		{ID: 1, Name: "twin", Key: "gklm…nopq", State: moka.KeyOK, Remaining: dollars(3), Used: 4 * moka.Dollar, AccessedAt: at},
		{ID: 2, Name: "twin", Key: "rstu…vwxy", State: moka.KeyOK, Remaining: dollars(4), Used: 5 * moka.Dollar, AccessedAt: at},
		{ID: 3, Key: "ghij…klmn", State: moka.KeyOK, Remaining: dollars(6), AccessedAt: at},
		{Name: "odd", Key: "cdef…ghij", State: moka.KeyRefused, Remaining: dollars(8)},
	}
	many := list
	for n := range 20 {
		many = append(many, moka.APIKeyInfo{Name: fmt.Sprintf("key %d", n), Key: "abcd…wxyz", State: moka.KeyOK, Remaining: dollars(float64(20 + n))})
	}
	return map[string]message.Message{
		"keys":       message.Keys(w, message.KeyList{Account: "team", Keys: list, Now: at}),
		"keys-paged": message.Keys(w, message.KeyList{Account: "team", Keys: many, Now: at}),
		"keys-none":  message.Keys(w, message.KeyList{Account: "team", Now: at}),
	}
}

var commands = []message.Command{{Name: "balance", Options: []string{"account", "share"}}, {Name: "usage", Options: []string{"period", "by", "account", "share"}}}

func helps(w *lang.Words) map[string]message.Message {
	return map[string]message.Message{"help": message.Help(w, message.Guide{Commands: commands, Accounts: []string{"team"}, AlertChannel: "123", Shares: true})}
}

func welcomes(w *lang.Words) map[string]message.Message {
	return map[string]message.Message{"welcome": message.Welcome(w, "mokabot", message.Guide{Commands: commands, Accounts: []string{"team"}, AlertChannel: "123", Shares: true})}
}

func testAlerts(w *lang.Words) map[string]message.Message {
	return map[string]message.Message{"test-alert": message.TestAlert(w, []string{"777"}, nil)}
}

func levelLists(w *lang.Words) map[string]message.Message {
	var many []message.AccountLevels
	for i := range 60 {
		of := message.AccountLevels{Account: fmt.Sprintf("account-%02d", i), Levels: levels}
		if i%20 == 7 {
			of.Levels = levels[:1]
		}
		many = append(many, of)
	}
	return map[string]message.Message{"levels-many": message.Levels(w, many), "levels": message.Levels(w, []message.AccountLevels{
		{Account: "team", Levels: []alert.Level{
			{Name: "low", Below: moka.Known(20 * moka.Dollar), Runway: 72 * time.Hour}, {Name: "critical", Below: moka.Known(5 * moka.Dollar)},
		}, Changed: map[string]bool{"low": true}},
		{Account: "other"},
	})}
}

func tested(w *lang.Words) map[string]message.Message {
	return map[string]message.Message{"test-answer": message.Tested(w, []message.TestPing{
		{Channel: "123", Posted: true, Pinged: []string{"<@&777>"}, Unpinged: []string{"<@&778>"}}, {Channel: "124"}, {Channel: "125", Posted: true},
	})}
}

// notes are the answers that are one sentence.
func notes(w *lang.Words) map[string]message.Message {
	note := func(text string) message.Message { return message.Note(text, message.ToneMuted) }
	return map[string]message.Message{
		"note-stranger":     note(w.Command.NotAllowed),
		"note-not-viewer":   note(w.Command.NotViewer),
		"note-no-home":      note(w.Command.HomeUnknown),
		"note-user-install": note(w.Command.UserInstalled),
		"note-no-channels":  note(w.Command.NoChannels),
		"note-no-level":     note(w.Command.NoLevel([]string{"low", "critical"})),
		"note-level-order":  note(w.Command.LevelOrder),
		"note-level-limit":  note(w.Command.LevelLimit),
		"note-not-shared":   note(w.Command.NotShared),
		"note-snooze-time":  note(w.Incident.NoSnoozeTime(time.Minute, 30*24*time.Hour)),
		"note-too-fast":     note(w.Command.TooFast(42 * time.Second)),
		"note-elsewhere":    note(w.Command.NotFromHere),
		"note-not-operator": note(w.Command.NotOperator),
		"note-too-old":      note(w.Command.TooOld),
		"note-busy":         note(w.Command.Busy),
		"note-panicked":     note(w.Command.Panicked),
		"note-no-account":   note(w.Command.NoSuch("x", []string{"team", "other"})),
		"note-no-report":    note(w.Command.NoReport("x", []string{"daily"})),
		"note-no-reports":   note(w.Command.NoReport("", nil)),
		"note-no-period":    note(w.Command.NoPeriod("x", []string{"today", "7d"})),
		"note-posted":       note(w.Report.Posted("daily", "<#123>")),
		"note-snoozed":      note(w.Incident.SnoozedUntil("team", message.Moment(at.Add(time.Hour)))),
		"note-until-top-up": note(w.Incident.SnoozedUntilTopUp("team")),
		"note-unsnoozed":    note(w.Incident.Unsnoozed("team")),
		"note-not-snoozed":  note(w.Incident.NotSnoozed("team")),
		"note-over":         note(w.Incident.Over),
		"note-needs-token":  note(w.Keys.NeedsToken),
		"note-gateway":      note(message.Failure(w, &moka.Error{Kind: moka.Unavailable, Message: "upstream @everyone says **no**"})),
	}
}
