package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/store"
	"mokabot/moka"
)

// maxDays is the longest past that `backtest` replays.
const maxDays = 3650

func runBacktest(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("backtest").withConfig()
	asJSON := flags.withJSON()
	days := flags.Int("days", 30, "how many `days` of the past")
	against := flags.String("against", "", "compare with the rules of this configuration `FILE`")
	names, err := flags.parse(args, 1)
	if err != nil {
		return err
	}
	if *days < 1 || *days > maxDays {
		return wrongArguments(func(w lang.ArgumentWords) string { return w.Between("--days", 1, maxDays) })
	}
	a, done, err := openPast(t, flags, true, names...)
	defer done()
	if err != nil {
		return err
	}
	if _, err := a.book.Select(names...); err != nil {
		return wrongSetup(err)
	}
	b := backtest{past: a, days: *days, names: names, to: time.Now()}
	first, err := b.replay(ctx)
	if err != nil {
		return err
	}
	var second *replayed
	if *against != "" {
		if second, err = b.against(ctx, t, *against); err != nil {
			return err
		}
	}
	words := lang.For(a.config.Language)
	if *asJSON {
		return writeJSON(t.out, first.json(second, *against))
	}
	texts := first.texts(words, *days, a.config.Timezone)
	if second != nil {
		texts = append(texts, first.compared(words, second, *days, flags.configName(), *against)...)
	}
	_, err = fmt.Fprint(t.out, strings.Join(texts, "\n"))
	return err
}

// backtest is a replay of the past by the rules of a configuration.
type backtest struct {
	past
	days  int
	names []string // of accounts; none: all
	to    time.Time
}

// replayed is what the rules would have said.
type replayed struct {
	accounts []replayedAccount
	budgets  []replayedBudget
}

type replayedAccount struct {
	name string
	past alert.History
}

type replayedBudget struct {
	of   budget.Budget
	news []budget.News
}

// against is the same past by the rules of another configuration. Accounts that it
// does not have are left out.
func (b backtest) against(ctx context.Context, t terminal, file string) (*replayed, error) {
	c, err := config.LoadWith(file, t.lookup)
	if err != nil {
		return nil, err
	}
	secrets.Add(c.Secrets()...)
	book, err := account.New(c)
	if err != nil {
		return nil, wrongSetup(err)
	}
	of := b.accounts()
	b.config, b.book, b.names = c, book, nil
	for _, a := range of {
		if _, err := book.Get(a.Name); err == nil {
			b.names = append(b.names, a.Name)
		}
	}
	if len(b.names) == 0 {
		return &replayed{}, nil
	}
	return b.replay(ctx)
}

func (b backtest) accounts() []*account.Account {
	accounts, _ := b.book.Select(b.names...)
	return accounts
}

func (b backtest) replay(ctx context.Context) (*replayed, error) {
	var r replayed
	from := b.to.AddDate(0, 0, -b.days)
	for _, one := range b.accounts() {
		facts, failed := b.history.Facts(ctx, one.Name, from, b.to)
		past := alert.Replay(one.Rules, facts)
		if *failed != nil {
			return nil, *failed
		}
		r.accounts = append(r.accounts, replayedAccount{one.Name, past})
	}
	for _, one := range b.config.Budgets {
		if len(b.names) > 0 && !slices.ContainsFunc(one.Accounts, func(name string) bool { return slices.Contains(b.names, name) }) {
			continue
		}
		news, err := b.history.ReplayBudget(ctx, one, b.book, from, b.to)
		if err != nil {
			return nil, err
		}
		r.budgets = append(r.budgets, replayedBudget{one, news})
	}
	return &r, nil
}

// texts are the answers for a terminal.
func (r replayed) texts(w *lang.Words, days int, zone *time.Location) (texts []string) {
	for _, a := range r.accounts {
		texts = append(texts, message.Backtest(w, a.name, days, a.past).In(zone))
	}
	for _, b := range r.budgets {
		texts = append(texts, message.BacktestBudget(w, b.of, days, b.news).In(zone))
	}
	return texts
}

// compared is how the second configuration differs.
func (r replayed) compared(w *lang.Words, second *replayed, days int, first, other string) (texts []string) {
	for _, a := range r.accounts {
		texts = append(texts, message.BacktestAgainst(w, w.CLI.Backtest.Title(a.name, days), a.outcome(first), second.account(a.name, other)).String())
	}
	for _, b := range r.budgets {
		if len(b.of.Keys) == 0 {
			texts = append(texts, message.BacktestAgainst(w, w.CLI.Backtest.Budget(b.of.Name, days), b.outcome(first), second.budget(b.of.Name, other)).String())
		}
	}
	return texts
}

func (r replayed) account(name, config string) message.Outcome {
	for _, a := range r.accounts {
		if a.name == name {
			return a.outcome(config)
		}
	}
	return message.Outcome{Config: config, Missing: true}
}

func (r replayed) budget(name, config string) message.Outcome {
	for _, b := range r.budgets {
		if b.of.Name == name && len(b.of.Keys) == 0 {
			return b.outcome(config)
		}
	}
	return message.Outcome{Config: config, Missing: true}
}

func (a replayedAccount) outcome(config string) message.Outcome {
	o := message.Outcome{Config: config, Pings: a.past.Pings, Posts: len(a.past.Posts)}
	if i := slices.IndexFunc(a.past.Posts, func(e alert.Event) bool { return e.Kind == alert.Raised }); i >= 0 {
		o.First = a.past.Posts[i].At
	}
	return o
}

func (b replayedBudget) outcome(config string) message.Outcome {
	o := message.Outcome{Config: config, Posts: len(b.news)}
	if b.pings() {
		o.Pings = len(b.news)
	}
	if len(b.news) > 0 {
		o.First = b.news[0].Standing.At
	}
	return o
}

func (b replayedBudget) pings() bool { return len(b.of.MentionRoles)+len(b.of.MentionUsers) > 0 }

// The JSON of `backtest --json`; the README documents it.
type (
	backtestAnswer struct {
		Accounts []backtestAccount `json:"accounts"`
		Budgets  []backtestBudget  `json:"budgets"`
		Against  *backtestAgainst  `json:"against,omitempty"`
	}
	backtestAgainst struct {
		Config   string            `json:"config"`
		Accounts []backtestAccount `json:"accounts"`
		Budgets  []backtestBudget  `json:"budgets"`
	}
	backtestBudget struct {
		Budget string                `json:"budget"`
		Pings  int                   `json:"pings"`
		Posts  int                   `json:"posts"`
		Events []backtestBudgetEvent `json:"events"`
	}
	backtestBudgetEvent struct {
		At        string     `json:"at"`
		Kind      string     `json:"kind"` // threshold or forecast
		Threshold *float64   `json:"threshold_percent"`
		Spent     moka.Maybe `json:"spent_usd"`
		Pings     bool       `json:"pings"`
	}
	backtestAccount struct {
		Account   string          `json:"account"`
		From      *string         `json:"from"`
		To        *string         `json:"to"`
		Readings  int             `json:"readings"`
		Pings     int             `json:"pings"`
		Posts     int             `json:"posts"`
		Incidents int             `json:"incidents"`
		Edits     int             `json:"edits"`
		Flaps     int             `json:"flaps"`
		Events    []backtestEvent `json:"events"`
		Empties   []backtestEmpty `json:"empties"`
	}
	backtestEvent struct {
		At        string          `json:"at"`
		Kind      alert.Kind      `json:"kind"`
		Condition alert.Condition `json:"condition"`
		Level     string          `json:"level,omitempty"`
		Spendable moka.Maybe      `json:"spendable_usd"`
		Pings     bool            `json:"pings"`
	}
	backtestEmpty struct {
		At     string  `json:"at"`
		Warned *string `json:"first_warning_at"`
		Lead   float64 `json:"lead_hours"`
	}
)

// json is the answer for programs, together with that of a second configuration.
func (r replayed) json(second *replayed, config string) backtestAnswer {
	answer := backtestAnswer{Accounts: r.accountsJSON(), Budgets: r.budgetsJSON()}
	if second != nil {
		answer.Against = &backtestAgainst{config, second.accountsJSON(), second.budgetsJSON()}
	}
	return answer
}

func (r replayed) accountsJSON() []backtestAccount {
	all := []backtestAccount{}
	for _, a := range r.accounts {
		all = append(all, backtestJSON(a.name, a.past))
	}
	return all
}

func (r replayed) budgetsJSON() []backtestBudget {
	all := []backtestBudget{}
	for _, b := range r.budgets {
		o := b.outcome("")
		one := backtestBudget{Budget: b.of.Name, Pings: o.Pings, Posts: o.Posts, Events: []backtestBudgetEvent{}}
		for _, n := range b.news {
			event := backtestBudgetEvent{At: rfc3339(n.Standing.At), Kind: "forecast", Spent: n.Standing.Spent, Pings: b.pings()}
			if percent := math.Round(n.Threshold*1e6) / 1e4; percent > 0 {
				event.Kind, event.Threshold = "threshold", &percent
			}
			one.Events = append(one.Events, event)
		}
		all = append(all, one)
	}
	return all
}

func backtestJSON(name string, h alert.History) backtestAccount {
	b := backtestAccount{
		Account: name, Readings: h.Readings, Pings: h.Pings, Posts: len(h.Posts), Incidents: h.Incidents, Edits: h.Edits, Flaps: h.Flaps,
		Events: []backtestEvent{}, Empties: []backtestEmpty{}, From: timeOrNull(h.From), To: timeOrNull(h.To),
	}
	for _, e := range h.Posts {
		b.Events = append(b.Events, backtestEvent{
			rfc3339(e.At), e.Kind, e.Incident.Condition, e.Incident.LevelName, e.Facts.Reading.Spendable(),
			len(e.MentionRoles)+len(e.MentionUsers) > 0,
		})
	}
	for _, e := range h.Empties {
		b.Empties = append(b.Empties, backtestEmpty{rfc3339(e.At), timeOrNull(e.WarnedAt), e.Lead.Hours()})
	}
	return b
}

func timeOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := rfc3339(t)
	return &text
}

func runExport(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("export").withConfig()
	since := flags.String("since", "", "begin at this `TIME`: 2026-11-01, 2026-11-01T09:00:00Z, 30d or 12h; everything when it is left out")
	names, err := flags.parse(args, 1)
	if err != nil {
		return err
	}
	now := time.Now()
	if _, err := exportFrom(*since, now, time.UTC); err != nil {
		return err // also where nothing is remembered yet
	}
	a, done, err := openPast(t, flags, true, names...)
	defer done()
	if err != nil {
		return err
	}
	from, err := exportFrom(*since, now, a.config.Timezone)
	if err != nil {
		return err
	}
	if err := known(ctx, a, names); err != nil {
		return err
	}
	rows := csv.NewWriter(t.out)
	if err := rows.Write(exportHeader); err != nil {
		return err
	}
	for r, err := range a.history.Store.Export(ctx, from, now.Add(time.Second), names...) {
		if err != nil {
			return err
		}
		if err := rows.Write(exportRow(r)); err != nil {
			return err
		}
	}
	rows.Flush()
	return rows.Error()
}

// exportFrom is where an export begins: at since, or with the first reading.
func exportFrom(since string, now time.Time, zone *time.Location) (time.Time, error) {
	if since == "" {
		return time.UnixMilli(0), nil
	}
	return moment(since, now, zone)
}

// known refuses a name that is neither configured nor stored. Accounts that left the
// configuration can still be exported.
func known(ctx context.Context, a past, names []string) error {
	if len(names) == 0 {
		return nil
	}
	remembered, err := a.history.Store.Accounts(ctx)
	if err != nil {
		return err
	}
	if slices.Contains(remembered, names[0]) {
		return nil
	}
	found, err := a.book.Get(names[0])
	if err != nil {
		return wrongSetup(err)
	}
	names[0] = found.Name
	return nil
}

// exportHeader names the columns; the README documents them.
var exportHeader = []string{"account", "at", "seconds", "spendable_usd", "spent_usd", "top_ups_usd", "requests", "covered_seconds", "readings", "failed"}

func exportRow(r store.Record) []string {
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	return []string{
		r.Account, r.At.UTC().Format("2006-01-02T15:04:05.000Z07:00"), whole(int64(r.Width / time.Second)), maybeUSD(r.Balance), usd(r.Spent), usd(r.TopUps),
		whole(r.Requests), whole(int64(r.Covered / time.Second)), whole(r.Readings), whole(r.Fails),
	}
}

// usd is an amount with all its digits and no sign of the currency.
func usd(a moka.Amount) string { return strconv.FormatFloat(a.USD(), 'f', -1, 64) }

func maybeUSD(a moka.Maybe) string {
	if amount, ok := a.Get(); ok {
		return usd(amount)
	}
	return ""
}
