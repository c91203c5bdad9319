package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/store"
	"mokabot/moka"
)

func runBacktest(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("backtest").withConfig()
	asJSON := flags.withJSON()
	days := flags.Int("days", 30, "how many `days` of the past")
	names, err := flags.parse(args, 1)
	if err != nil {
		return err
	}
	if *days < 1 || *days > 3650 {
		return usageError{"--days is from 1 to 3650"}
	}
	a, done, err := ask(t, flags, true)
	defer done()
	if err != nil {
		return err
	}
	accounts, err := a.book.Some(names...)
	if err != nil {
		return usageError{err.Error()}
	}
	answer := backtestAnswer{Accounts: []backtestAccount{}}
	var texts []string
	for _, one := range accounts {
		past, err := a.replay(ctx, one, *days)
		if err != nil {
			return err
		}
		answer.Accounts = append(answer.Accounts, backtestJSON(one.Name, past))
		texts = append(texts, fmt.Sprint(message.Backtest(lang.For(a.config.Language), one.Name, *days, past)))
	}
	if *asJSON {
		return writeJSON(t.out, answer)
	}
	_, err = fmt.Fprint(t.out, strings.Join(texts, "\n"))
	return err
}

func (a asked) replay(ctx context.Context, one *account.Account, days int) (alert.History, error) {
	now := time.Now()
	facts, failed := a.history.Facts(ctx, one.Name, now.AddDate(0, 0, -days), now)
	past := alert.Replay(one.Rules, facts)
	return past, *failed
}

// The JSON of `backtest --json`; the README documents it.
type (
	backtestAnswer struct {
		Accounts []backtestAccount `json:"accounts"`
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

func backtestJSON(name string, h alert.History) backtestAccount {
	b := backtestAccount{
		Account: name, Readings: h.Readings, Pings: h.Pings, Edits: h.Edits, Flaps: h.Flaps,
		Events: []backtestEvent{}, Empties: []backtestEmpty{}, From: timeOrNull(h.From), To: timeOrNull(h.To),
	}
	for _, e := range h.Events {
		if e.Post() {
			b.Posts++
		}
		if e.Kind == alert.Raised {
			b.Incidents++
		}
		b.Events = append(b.Events, backtestEvent{
			rfc3339(e.At), e.Kind, e.Incident.Condition, e.Incident.LevelName, e.Facts.Reading.Spendable(),
			e.Post() && len(e.MentionRoles)+len(e.MentionUsers) > 0,
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
	a, done, err := ask(t, flags, true)
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

// known refuses a name that is neither configured nor remembered: accounts
// that left the configuration can still be exported.
func known(ctx context.Context, a asked, names []string) error {
	if len(names) == 0 {
		return nil
	}
	remembered, err := a.history.Store.Accounts(ctx)
	if err != nil {
		return err
	}
	for _, name := range remembered {
		if name == names[0] {
			return nil
		}
	}
	found, err := a.book.Get(names[0])
	if err != nil {
		return usageError{err.Error()}
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
