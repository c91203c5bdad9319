package message_test

import (
	"strings"
	"testing"
	"time"

	"mokabot/internal/budget"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/moka"
)

// TestOldFiguresAreNeverShownAsNewOnes is of accounts that cannot be read: what
// was known of them last is shown with its age, in lists and in totals too.
func TestOldFiguresAreNeverShownAsNewOnes(t *testing.T) {
	w := lang.For("en")
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	read := func(at time.Time) moka.Reading {
		return moka.Reading{At: at, Wallet: &moka.Wallet{Remaining: moka.Known(10 * moka.Dollar)}}
	}
	failed := moka.Reading{At: now, Wallet: &moka.Wallet{}, WalletErr: &moka.Error{Kind: moka.Unavailable}}
	last := read(now.Add(-72 * time.Hour))
	report := message.Report{Span: budget.Day, From: now.Add(-24 * time.Hour), To: now, Due: now}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"} {
		one := message.Account{Name: name, Reading: read(now)}
		if name == "c" {
			one.Reading, one.Last = failed, &last
		}
		report.Accounts = append(report.Accounts, message.ReportAccount{Account: one})
	}
	age := message.Relative(last.At)

	totals := message.Summary(w, report).Cards[0]
	if want := "c: " + w.Balance.LastKnown(age); totals.Text != want {
		t.Errorf("the totals of $100.00 say %q, want %q", totals.Text, want)
	}
	var accounts []message.Account
	for _, a := range report.Accounts {
		accounts = append(accounts, a.Account)
	}
	for what, text := range map[string]string{"report": message.Summary(w, report).Cards[1].Text, "balance": message.Balance(w, accounts).Cards[1].Text} {
		for line := range strings.Lines(text) {
			if old := strings.Contains(line, "**c** $10.00 left · "+age); old != strings.Contains(line, "**c**") {
				t.Errorf("the line of the %s is %q", what, line)
			}
		}
	}
}

// TestFiguresOfNowAreNotCalledOld is about an account that was read in part.
func TestFiguresOfNowAreNotCalledOld(t *testing.T) {
	w := lang.For("en")
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	last := moka.Reading{At: now.Add(-time.Hour), Wallet: &moka.Wallet{Remaining: moka.Known(10 * moka.Dollar)}}
	half := moka.Reading{
		At: now, Key: &moka.Key{State: moka.KeyOK, Remaining: moka.Known(5 * moka.Dollar)},
		Wallet: &moka.Wallet{}, WalletErr: &moka.Error{Kind: moka.Unavailable},
	}
	one := message.ReportAccount{Account: message.Account{Name: "a", Reading: half, Last: &last}}
	m := message.Summary(w, message.Report{Span: budget.Day, From: now.Add(-24 * time.Hour), To: now, Due: now, Accounts: []message.ReportAccount{one}})
	if said := w.Balance.LastKnown(message.Relative(last.At)); strings.Contains(m.Cards[0].Text, said) {
		t.Errorf("%q stands above %+v", said, m.Cards[0].Fields)
	}
}
