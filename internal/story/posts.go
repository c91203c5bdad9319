package story

import (
	"fmt"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

func alertOf(kind alert.Kind, c alert.Condition, level int, r moka.Reading) message.AlertDetails {
	e := alert.Event{Kind: kind, At: at, Facts: alert.Facts{At: at, Reading: r}, Incident: incident(c, level)}
	if left, known := r.Spendable().Get(); known {
		e.Facts.Runway = lasting(left.USD())
	}
	if kind != alert.Ended && (level >= 0 || c.CallsFail()) {
		e.MentionRoles = []string{"7"}
	}
	if level >= 0 {
		e.Level = &levels[level]
	}
	if kind == alert.Ended {
		e.Level, e.Incident.TopUp = nil, 50*moka.Dollar
	}
	return message.AlertDetails{Account: "team", Levels: len(levels), Event: e, Today: spentToday,
		Remind: remind(c), Page: "https://moka.example/topup"}
}

// remind is how often the examples' rules repeat a condition.
func remind(c alert.Condition) time.Duration {
	switch c {
	case alert.Balance, alert.Exhausted, alert.WalletEmpty:
		return 24 * time.Hour
	}
	return 0
}

func incident(c alert.Condition, level int) alert.Incident {
	i := alert.Incident{ID: string(c) + "-1", Condition: c, Level: level, Since: at.Add(-90 * time.Minute), Posts: 1}
	if level >= 0 {
		i.LevelName = levels[level].Name
	}
	return i
}

func alerts(w *lang.Words) map[string]message.Message {
	low := alertOf(alert.Raised, alert.Balance, 0, reading(18.2))
	low.Models = usedToday
	snoozed := alertOf(alert.Updated, alert.Balance, 0, reading(17.9))
	snoozed.Event.Incident.SnoozedUntil = at.Add(8 * time.Hour)
	untilTopUp := alertOf(alert.Updated, alert.Balance, 1, reading(4))
	untilTopUp.Event.Incident.UntilTopUp = true
	soon := alertOf(alert.Raised, alert.Balance, 0, reading(40)) // after a day that cost far more than usual
	soon.Event.Facts.Runway, soon.Today = lasting(40*6/14.5), spend.SoFar{Spent: dollars(6.3)}
	fast := alertOf(alert.Worsened, alert.Balance, 1, reading(4))
	fast.Event.Facts.Runway.AtThisPace, fast.Today = 3*time.Minute, spend.SoFar{Spent: dollars(31.4)}
	rising := alertOf(alert.Raised, alert.Balance, 1, reading(4))
	rising.Event.Facts.Runway.AtThisPace, rising.Event.Facts.Runway.Rising, rising.Today = 30*time.Minute, true, spend.SoFar{Spent: dollars(9.6)}
	ending := alertOf(alert.Raised, alert.Balance, 0, reading(15))
	ending.Event.Facts.Runway = spend.Runway{Known: true, Ends: true, Low: 36 * time.Hour, Mid: 36 * time.Hour, High: 36 * time.Hour}
	all := map[string]message.Message{
		"alert-fast":         message.Alert(w, fast),
		"alert-rising":       message.Alert(w, rising),
		"alert-plan-first":   message.Alert(w, ending),
		"alert-soon":         message.Alert(w, soon),
		"alert-low":          message.Alert(w, low),
		"alert-snoozed":      message.Alert(w, snoozed),
		"alert-until-top-up": message.Alert(w, untilTopUp),
		"alert-nearly-over":  message.Alert(w, alertOf(alert.Updated, alert.Balance, 0, reading(20.6))),
		"alert-worse":        message.Alert(w, alertOf(alert.Worsened, alert.Balance, 1, reading(4.2))),
		"alert-eased":        message.Alert(w, alertOf(alert.Eased, alert.Balance, 0, reading(12.5))),
		"alert-still":        message.Alert(w, alertOf(alert.Reminder, alert.Balance, 1, reading(4.2))),
		"alert-over":         message.Alert(w, alertOf(alert.Ended, alert.Balance, 0, reading(54.2))),
	}
	for _, c := range alert.Conditions() {
		if c == alert.Balance { // has levels, and its examples above
			continue
		}
		all["alert-"+string(c)] = message.Alert(w, trouble(c))
		over := alertOf(alert.Ended, c, -1, reading(54.2))
		if c != alert.Exhausted && c != alert.WalletEmpty {
			over.Event.Incident.TopUp = 0
		}
		all["alert-"+string(c)+"-over"] = message.Alert(w, over)
	}
	all["alert-plan-ended"] = message.Alert(w, planEnded())
	held := alertOf(alert.Raised, alert.Balance, 0, reading(12))
	held.Event.Late, held.Event.Incident.OwedAt, held.Event.Incident.OwedMoney = true, at.Add(-8*time.Hour), dollars(19.2)
	held.Event.Incident.Since, held.Today = at.Add(-8*time.Hour), spend.SoFar{Spent: dollars(7.2)}
	all["alert-held-back"] = message.Alert(w, held)
	disabled := trouble(alert.Refused)
	disabled.Event.Facts.Reading = keyIn(moka.KeyDisabled, moka.Key{})
	disabled.Event.Facts.Reading.KeyErr = &moka.Error{Op: "subscription", Kind: moka.Unauthorized, Hint: moka.HintAPIKey, Status: 401, Message: "Invalid token"}
	all["alert-refused-disabled"] = message.Alert(w, disabled)
	banned := trouble(alert.Refused)
	banned.Event.Facts.Reading.WalletErr = &moka.Error{Op: "user/self", Kind: moka.Banned}
	all["alert-refused-banned"] = message.Alert(w, banned)
	forbidden := trouble(alert.Refused)
	forbidden.Event.Facts.Reading.WalletErr = &moka.Error{Op: "user/self", Kind: moka.Forbidden}
	all["alert-refused-forbidden"] = message.Alert(w, forbidden)
	wrongKey := trouble(alert.Refused)
	wrongKey.Event.Facts.Reading = refused()
	all["alert-refused-key"] = message.Alert(w, wrongKey)
	byKey := trouble(alert.Spike)
	byKey.Key = message.KeyUse{Key: "ci", Spent: 4_100_000}
	all["alert-spike-key"] = message.Alert(w, byKey)
	later := trouble(alert.Spike)
	later.Event.Kind, later.Event.Facts.HourUsual = alert.Updated, moka.Maybe{}
	all["alert-spike-later"] = message.Alert(w, later)
	return all
}

// planEnded is the end of a warning before the end of a plan that nobody renewed.
func planEnded() message.AlertDetails {
	a := alertOf(alert.Ended, alert.PlanEnding, -1, reading(4.2))
	a.Event.Incident.Expires, a.Event.Incident.EndedAt, a.Event.Incident.TopUp = at.Add(-time.Minute), at, 0
	return a
}

// closed are earlier posts of an incident that is over.
func closed(w *lang.Words) map[string]message.Message {
	low := alertOf(alert.Raised, alert.Balance, 0, reading(18.2))
	posted := message.Alert(w, low)
	all := map[string]message.Message{}
	for name, e := range map[string]alert.Event{
		"alert-resolved": {Kind: alert.Ended},
		"alert-replaced": {Kind: alert.Withdrawn, By: alert.Exhausted},
		"alert-removed":  {Kind: alert.Withdrawn, Reason: alert.Removed},
		"alert-rules":    {Kind: alert.Withdrawn, Reason: alert.RulesChanged},
		"alert-clock":    {Kind: alert.Withdrawn, Reason: alert.Mistaken},
	} {
		e.At, e.Incident = at, low.Event.Incident
		e.Incident.EndedAt = at
		all[name] = message.Close(w, posted, e)
	}
	all["alert-plan-over"] = message.Close(w, message.Alert(w, trouble(alert.PlanEnding)), planEnded().Event)
	return all
}

// trouble is an alert of a condition that has no levels, with what is known
// of an account in that condition.
func trouble(c alert.Condition) message.AlertDetails {
	empty := reading(2.5)
	empty.Wallet.Remaining = dollars(0)
	soon := reading(60)
	soon.Key.ExpiresAt = at.AddDate(0, 0, 2)
	ending := lasting(60)
	a := alertOf(alert.Raised, c, -1, map[alert.Condition]moka.Reading{
		alert.Unreachable: failed(moka.Unavailable, moka.HintTimeout),
		alert.Refused:     tokenRefused(),
		alert.Expiring:    soon,
		alert.Expired:     keyIn(moka.KeyExpired, moka.Key{ExpiresAt: at.Add(-90 * time.Minute)}),
		alert.Exhausted:   keyIn(moka.KeyExhausted, moka.Key{Remaining: dollars(0)}),
		alert.WalletEmpty: empty,
		alert.Spike:       reading(60),
		alert.PlanEnding:  reading(60),
	}[c])
	switch c {
	case alert.Exhausted, alert.WalletEmpty:
		a.Event.Facts.Runway = spend.Runway{}
	case alert.Unreachable, alert.Refused:
		a.Last = dollars(18.2)
	case alert.PlanEnding:
		a.Event.Incident.Expires = at.AddDate(0, 0, 2)
		ending.Ends, ending.Low, ending.Mid, ending.High = true, 48*time.Hour, 48*time.Hour, 48*time.Hour
		a.Event.Facts.Runway = ending
	case alert.Expiring, alert.Expired:
		a.Event.Incident.Expires = a.Event.Facts.Reading.Key.ExpiresAt
	case alert.Spike:
		a.Event.Facts.HourSpent, a.Event.Facts.HourUsual = dollars(6.1), dollars(0.35)
		a.Event.Facts.Runway.AtThisPace, a.Today = 10*time.Hour, spend.SoFar{Spent: dollars(8.2)}
	}
	return a
}

func open() []message.OpenIncident {
	low := message.OpenIncident{Account: "team", Incident: incident(alert.Balance, 0), Levels: len(levels), Left: dollars(18.2), Remind: 24 * time.Hour}
	quiet := message.OpenIncident{Account: "other", Incident: incident(alert.Expiring, -1), Left: dollars(60)}
	quiet.Incident.SnoozedUntil = at.Add(time.Hour)
	away := message.OpenIncident{Account: "third", Incident: incident(alert.Unreachable, -1)}
	return []message.OpenIncident{low, quiet, away}
}

func incidents(w *lang.Words) map[string]message.Message {
	many := open()
	for range 4 {
		many = append(many, open()...)
	}
	warned := []budget.Standing{standing("monthly", budget.Month, 500, dollars(412.5), 115, 140, 175)}
	return map[string]message.Message{
		"incidents":        message.Incidents(w, open(), nil, at),
		"incidents-budget": message.Incidents(w, open()[:1], warned, at),
		"incidents-one":    message.Incidents(w, open()[:1], nil, at),
		"incidents-many":   message.Incidents(w, many, warned, at),
		"incidents-none":   message.Incidents(w, nil, nil, at),
	}
}

func details(w *lang.Words) map[string]message.Message {
	long := open()[0]
	long.Incident.Since = at.Add(-8 * time.Hour)
	story := []message.TimelineEntry{
		{At: long.Incident.Since, Kind: alert.Raised, Level: "low"},
		{At: at.Add(-470 * time.Minute), Kind: alert.Worsened, Level: "critical"},
		{At: at.Add(-110 * time.Minute), Kind: alert.Reminder, Level: "critical"},
		{At: at.Add(-20 * time.Minute), Kind: alert.Eased, Level: "low"},
	}
	return map[string]message.Message{"incident-details": message.IncidentDetails(w, long, story, at)}
}

func report(span budget.Span, days int, accounts ...message.ReportAccount) message.Report {
	from := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	if span == budget.Week {
		from = from.AddDate(0, 0, -6)
	}
	if span == budget.Month {
		from = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	}
	return message.Report{Span: span, From: from, To: from.AddDate(0, 0, days), Due: at, Accounts: accounts}
}

func reports(w *lang.Words) map[string]message.Message {
	changed := modelChanges()
	part := message.ReportAccount{Account: full(), Used: day(), Changes: &changed,
		Incidents: []string{message.IncidentLine(w, "team", alert.Spike, "", at.Add(-20*time.Hour), true, time.Hour)}}
	unread := message.ReportAccount{Account: account(failed(moka.Unavailable, moka.HintNoAddress)),
		Used: message.Used{ModelsErr: &moka.Error{Kind: moka.Unavailable, Hint: moka.HintNoAddress}}}
	unread.Name = "other"
	late := report(budget.Day, 1, part)
	late.Delayed, late.Due = true, at.Add(-3*time.Hour)
	one, two := message.ReportAccount{Account: full(), Used: day()}, message.ReportAccount{Account: full(), Used: day()}
	two.Name = "ci"
	one.Reading.Identity, two.Reading.Identity = "wallet", "wallet"
	illustrated := part
	illustrated.Picture = balanceChart(w)
	budgeted := report(budget.Day, 1, illustrated)
	budgeted.Budgets = []budget.Standing{standing("monthly", budget.Month, 500, dollars(212.4), 60, 73, 95)}
	weekly, monthly := part, part
	weekly.Used, monthly.Used = week(), month()
	monthly.Incidents = []string{message.IncidentLine(w, "team", alert.Spike, "", at.AddDate(0, -1, -5), true, time.Hour)}
	var parts []message.ReportAccount
	for i, a := range many(60) {
		used := day()
		used.Spent, used.TopUps = a.Today.Spent, moka.Amount(i%20/19)*50*moka.Dollar
		parts = append(parts, message.ReportAccount{Account: a, Used: used})
	}
	parts[3].Incidents = []string{message.IncidentLine(w, parts[3].Name, alert.Spike, "", at.Add(-20*time.Hour), true, time.Hour)}
	parts[4].Changes, parts[5].Changes = &changed, &changed
	return map[string]message.Message{
		"report-day":       message.Summary(w, budgeted),
		"report-day-late":  message.Summary(w, late),
		"report-week":      message.Summary(w, report(budget.Week, 7, weekly, unread)),
		"report-unknown":   message.Summary(w, report(budget.Day, 1, unread)),
		"report-many":      message.Summary(w, report(budget.Day, 1, parts[:20]...)),
		"report-very-many": message.Summary(w, report(budget.Day, 1, parts...)),
		"report-shared":    message.Summary(w, report(budget.Day, 1, one, two)),
		"report-month":     message.Summary(w, report(budget.Month, 31, monthly)),
	}
}

func modelChanges() message.ModelChanges {
	price := func(in, out float64) moka.Price {
		return moka.Price{InputPerMTok: dollars(in), OutputPerMTok: dollars(out)}
	}
	return message.ModelChanges{
		Account: "team", At: at,
		Added:   []moka.PricedModel{{Model: moka.Model{ID: "moka/opus-5"}, Price: price(5, 25)}, {Model: moka.Model{ID: "moka/unpriced"}}},
		Removed: []string{"gpt-3.5-turbo"},
		Repriced: []message.Repriced{
			{Model: "gpt-4o", Was: price(2.5, 10), Now: price(5, 20), PerWeek: dollars(10.28)},
			{Model: "deepseek/deepseek-chat", Was: price(0.3, 1.1), Now: price(0.2, 0.8), PerWeek: dollars(-1.45)},
			{Model: "whisper-1", Was: moka.Price{PerCall: dollars(0.01)}},
		},
	}
}

func changes(w *lang.Words) map[string]message.Message {
	many := message.ModelChanges{Account: "team", At: at}
	for n := range 40 {
		many.Removed = append(many.Removed, fmt.Sprintf("vendor/model-%02d", n))
	}
	return map[string]message.Message{
		"changes":      message.Changes(w, modelChanges()),
		"changes-many": message.Changes(w, many),
	}
}

func statuses(w *lang.Words) map[string]message.Message {
	fine := message.Health{
		Version: "v1.2.3", Uptime: 50 * time.Hour, Connected: true, Latency: 42 * time.Millisecond,
		Accounts: []message.LastPoll{{Account: "team", At: at.Add(-time.Minute), OK: true}, {Account: "new"}},
		Next:     []message.NextReport{{Name: "daily", At: at.Add(time.Hour), Channel: "123"}},
		Readings: []message.NextReading{
			{Account: "team", At: at.Add(20 * time.Second), Why: "level"}, {Account: "batch", At: at.Add(time.Minute), Why: "pace"},
			{Account: "prod", At: at.Add(2 * time.Minute), Why: "budget"}, {Account: "old", At: at.Add(4 * time.Minute), Why: "interval"}, {Account: "night", At: at.Add(9 * time.Minute), Why: "day"},
		},
	}
	crowded := fine
	for i := range 60 {
		crowded.Accounts = append(crowded.Accounts, message.LastPoll{Account: fmt.Sprintf("account-%02d", i), At: at.Add(-time.Duration(i) * time.Second), OK: i%5 > 1})
	}
	trouble := message.Health{
		Version: "v1.2.3", Uptime: 90 * time.Second, Waiting: 3, Dead: 1, DiskFull: true, Levels: []string{"team"},
		Accounts: []message.LastPoll{{Account: "team", At: at.Add(-time.Minute)}},
		Readings: []message.NextReading{{Account: "team", At: at.Add(2 * time.Second), Why: "confirm"}, {Account: "new", At: at.Add(5 * time.Second), Why: "first"}},
		Letters:  []message.DeadLetter{{Channel: "123", At: at.Add(-time.Hour), Cause: w.Delivery.NoSend}},
	}
	return map[string]message.Message{
		"status":         message.Status(w, fine, at),
		"status-trouble": message.Status(w, trouble, at),
		"status-many":    message.Status(w, crowded, at),
	}
}

func reloads(w *lang.Words) map[string]message.Message {
	return map[string]message.Message{
		"reload":         message.Reload(w, message.Reloaded{Accounts: 2, Reports: 1}),
		"reload-restart": message.Reload(w, message.Reloaded{Accounts: 2, Reports: 1, Restart: []string{"discord.token", "listen"}}),
		"reload-kept": message.Reload(w, message.Reloaded{Problems: func(w *lang.Words) []string {
			return []string{"config.yaml:3: poll_interval: " + w.Config.AtLeastSecond}
		}}),
	}
}

func backtests(w *lang.Words) map[string]message.Message {
	low := alertOf(alert.Raised, alert.Balance, 0, reading(18.2)).Event
	worse := alertOf(alert.Worsened, alert.Balance, 1, reading(4.2)).Event
	low.At, worse.At = at.AddDate(0, 0, -3), at.AddDate(0, 0, -3).Add(3*time.Hour)
	past := alert.History{
		Posts: []alert.Event{low, worse}, Incidents: 1, Edits: 12, Pings: 2, Readings: 8640, From: at.AddDate(0, 0, -30), To: at,
		Empties: []alert.Depletion{{At: at.AddDate(0, 0, -9)}, {At: low.At.Add(5 * time.Hour), WarnedAt: low.At, Lead: 5 * time.Hour}},
	}
	return map[string]message.Message{
		"backtest":      message.Backtest(w, "team", 30, past),
		"backtest-none": message.Backtest(w, "team", 30, alert.History{}),
	}
}

func backtestBudgets(w *lang.Words) map[string]message.Message {
	reached := budget.News{Kind: budget.Raised, Standing: standing("monthly", budget.Month, 500, dollars(412.5), 115, 140, 175), Threshold: 0.8}
	return map[string]message.Message{
		"backtest-budget": message.BacktestBudget(w, reached.Standing.Budget, 30, []budget.News{reached}),
		"backtest-keys":   message.BacktestBudget(w, budget.Budget{Name: "ci", Keys: []string{"ci"}}, 30, nil),
	}
}

func backtestsAgainst(w *lang.Words) map[string]message.Message {
	of := func(second message.Outcome, warns bool) message.Message {
		first := message.Outcome{Config: "config.yaml", Pings: 3, Posts: 5, First: at}
		if !warns {
			first.First, first.Pings, first.Posts = time.Time{}, 0, 0
		}
		second.Config = "other.yaml"
		return message.BacktestAgainst(w, w.CLI.Backtest.Title("team", 30), first, second)
	}
	return map[string]message.Message{
		"backtest-against":         of(message.Outcome{Pings: 1, Posts: 1, First: at.Add(-9 * time.Hour)}, true),
		"backtest-against-later":   of(message.Outcome{Pings: 1, Posts: 1, First: at.Add(time.Hour)}, true),
		"backtest-against-same":    of(message.Outcome{Pings: 1, Posts: 1, First: at}, true),
		"backtest-against-first":   of(message.Outcome{}, true),
		"backtest-against-second":  of(message.Outcome{Pings: 1, Posts: 1, First: at}, false),
		"backtest-against-neither": of(message.Outcome{}, false),
		"backtest-against-missing": of(message.Outcome{Missing: true}, true),
	}
}
