package message_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	at     = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	levels = []alert.Level{
		{Name: "low", Below: dollars(20), Runway: 72 * time.Hour, RemindEvery: 24 * time.Hour},
		{Name: "critical", Below: dollars(5), MentionRoles: []string{"7"}},
	}
	runway = spend.Runway{Known: true, Low: 50 * time.Hour, Mid: 72 * time.Hour, High: 110 * time.Hour}
)

func dollars(d float64) moka.Maybe {
	a, err := moka.FromUSD(d)
	if err != nil {
		panic(err)
	}
	return moka.Known(a)
}

func reading(left float64) moka.Reading {
	return moka.Reading{At: at,
		Key:    &moka.Key{State: moka.KeyOK, Scope: moka.ScopeKey, Remaining: dollars(left), Used: dollars(202.30), Total: dollars(202.30 + left)},
		Wallet: &moka.Wallet{Remaining: dollars(100), Used: dollars(2.469134), Requests: 1042},
	}
}

func failed(kind moka.Kind, hint moka.Hint, words string) moka.Reading {
	return moka.Reading{At: at, Key: &moka.Key{}, KeyErr: &moka.Error{Op: "subscription", Kind: kind, Hint: hint, Message: words}}
}

func keyIn(state moka.KeyState, k moka.Key) moka.Reading {
	k.State = state
	return moka.Reading{At: at, Key: &k}
}

func alarm(kind alert.Kind, c alert.Condition, level int, r moka.Reading) message.Alarm {
	e := alert.Event{Kind: kind, At: at, Facts: alert.Facts{At: at, Reading: r, Runway: runway}, MentionRoles: []string{"7"},
		Incident: alert.Incident{ID: "x", Condition: c, Level: level, Since: at.Add(-90 * time.Minute), Posts: 1}}
	if level >= 0 {
		e.Level, e.Incident.LevelName = &levels[level], levels[level].Name
	}
	if kind == alert.Ended {
		e.Level, e.Incident.TopUp = nil, 50*moka.Dollar
	}
	return message.Alarm{Account: "team", Levels: len(levels), Event: e, Today: dollars(3.2)}
}

func report(span message.Span, days int, accounts ...message.ReportAccount) message.Report {
	from := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	if span == message.SpanMonth {
		from = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	}
	return message.Report{Span: span, From: from, To: from.AddDate(0, 0, days), Due: at, Accounts: accounts}
}

// pages are all kinds of messages with made-up data.
func pages(w *lang.Words) map[string]message.Message {
	account := func(r moka.Reading) message.Account { return message.Account{Name: "team", Reading: r, Levels: levels} }
	balance := func(a message.Account) message.Message { return message.Balance(w, []message.Account{a}) }
	full := account(reading(90.01))
	full.Today, full.Runway = dollars(3.2), &runway
	good := reading(12.5)
	stale := account(failed(moka.Unavailable, moka.HintTimeout, ""))
	stale.Last = &good
	empty := reading(2.5)
	empty.Wallet.Remaining = dollars(0)
	part := message.ReportAccount{Account: full, Spent: dollars(14.2), Before: dollars(10), Requests: 1234, TopUps: 50 * moka.Dollar, Covered: 0.987,
		Incidents: []string{message.IncidentLine(w, "team", alert.Balance, "low", at, true, time.Hour)}}
	unread := message.ReportAccount{Account: account(failed(moka.Unavailable, moka.HintNoAddress, ""))}
	unread.Name = "other"
	late := report(message.SpanDay, 1, part)
	late.Delayed = true
	models := []moka.PricedModel{
		{Model: moka.Model{ID: "gpt-4o"}, Price: moka.Price{PerCall: dollars(0.0042)}},
		{Model: moka.Model{ID: "moka/claude-sonnet-4-6"}, Price: moka.Price{InputPerMTok: dollars(3), OutputPerMTok: dollars(15)}},
		{Model: moka.Model{ID: "moka/unpriced"}},
	}
	all := map[string]message.Message{
		"balance":           balance(full),
		"balance-stale":     balance(stale),
		"balance-wallet":    balance(account(empty)),
		"balance-unlimited": balance(account(keyIn(moka.KeyOK, moka.Key{Unlimited: true, Used: dollars(1.5), Scope: moka.ScopeKey}))),
		"balance-exhausted": balance(account(keyIn(moka.KeyExhausted, moka.Key{Remaining: dollars(0)}))),
		"balance-expired":   balance(account(keyIn(moka.KeyExpired, moka.Key{ExpiresAt: at}))),
		"balance-disabled":  balance(account(keyIn(moka.KeyDisabled, moka.Key{}))),
		"models":            message.Models(w, message.ModelList{Account: "team", Models: models, Priced: true}),
		"models-search":     message.Models(w, message.ModelList{Account: "team", Search: "@here*", Priced: true}),
		"help":              message.Help(w, []message.Usage{{Name: "balance", Options: []string{"account", "share"}}}, []string{"team"}, "123"),
		"report-day-late":   message.Summary(w, late),
		"report-week":       message.Summary(w, report(message.SpanWeek, 7, part, unread)),
		"report-month":      message.Summary(w, report(message.SpanMonth, 31, part)),
		"alert-low":         message.Alert(w, alarm(alert.Raised, alert.Balance, 0, reading(18.2))),
		"alert-worse":       message.Alert(w, alarm(alert.Worsened, alert.Balance, 1, reading(4.2))),
		"alert-still":       message.Alert(w, alarm(alert.Reminder, alert.Balance, 1, reading(4.2))),
		"alert-closed":      message.Alert(w, alarm(alert.Withdrawn, alert.Balance, 0, reading(18.2))),
		"alert-over":        message.Alert(w, alarm(alert.Ended, alert.Balance, 0, reading(54.2))),
	}
	for _, c := range []alert.Condition{alert.Unreachable, alert.Refused, alert.Expiring, alert.Expired, alert.Exhausted, alert.WalletEmpty, alert.Spike} {
		all["alert-"+string(c)] = message.Alert(w, alarm(alert.Raised, c, -1, failed(moka.Unavailable, moka.HintTimeout, "")))
		all["alert-"+string(c)+"-over"] = message.Alert(w, alarm(alert.Ended, c, -1, reading(54.2)))
	}
	return all
}

func TestMessagesReadAsTheyDid(t *testing.T) {
	for _, w := range lang.All() {
		for name, m := range pages(w) {
			t.Run(w.Tag+"/"+name, func(t *testing.T) {
				raw, err := json.MarshalIndent(m, "", "  ")
				if err != nil {
					t.Fatal(err)
				}
				golden(t, w.Tag+"-"+name, fmt.Sprintf("%s\n---\n%s\n", m, raw))
			})
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is now\n%s", file, got)
	}
}

func TestEveryFailureHasItsSentenceAndItsCure(t *testing.T) {
	kinds := []moka.Kind{moka.Unauthorized, moka.Banned, moka.Forbidden, moka.RateLimited, moka.Unavailable, moka.BadResponse, moka.Unsupported}
	hints := []moka.Hint{moka.HintWebPage, moka.HintRedirect, moka.HintUserID, moka.HintAccessToken, moka.HintAPIKey, moka.HintNotFound,
		moka.HintAddress, moka.HintTimeout, moka.HintNoAddress, moka.HintTLS, moka.HintProxy, moka.HintTooLarge}
	for _, w := range lang.All() {
		seen := map[string]bool{w.Failure.Unexpected: true}
		say := func(e *moka.Error) {
			text := message.Failure(w, fmt.Errorf("reading: %w", e))
			if seen[text] {
				t.Errorf("%s: %v has no sentence of its own: %s", w.Tag, e, text)
			}
			seen[text] = true
		}
		for _, k := range kinds {
			say(&moka.Error{Kind: k})
		}
		for _, h := range hints {
			say(&moka.Error{Kind: moka.Unavailable, Hint: h})
		}
		if message.Failure(w, errors.New("else")) != w.Failure.Unexpected {
			t.Error("another error is not unexpected")
		}
	}
}

func TestWordsFromOutsideAreHarmless(t *testing.T) {
	for _, c := range []struct{ from, want string }{
		{"@everyone", "@\u200beveryone"},
		{"<@123> **bold** [a](https://x.y)", "\\<@\u200b123\\> \\*\\*bold\\*\\* \\[a\\]\\(https:\u200b//x.y\\)"},
		{"right\u202eto\u0007left\nnew", "righttoleft new"},
	} {
		if got := message.Disarm(c.from); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.from, got, c.want)
		}
	}
	if got := message.Plain(message.Disarm("a_b@c [d]")); got != "a_b@c [d]" {
		t.Errorf("on a terminal: %q", got)
	}
}
