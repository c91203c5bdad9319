package message_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

var manyNow = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// crowdOf are accounts with names as long as they may be. Every sixth is low, every seventh
// cannot be read, and of those half have older figures.
func crowdOf(n int) []message.ReportAccount {
	levels := []alert.Level{{Name: "low", Below: moka.Known(20 * moka.Dollar)}}
	wallet := func(left moka.Amount) moka.Reading {
		return moka.Reading{At: manyNow, Wallet: &moka.Wallet{Remaining: moka.Known(left)}}
	}
	var all []message.ReportAccount
	for i := range n {
		a := message.ReportAccount{Account: message.Account{
			Name: fmt.Sprintf("account-of-the-team-number-%05d", i), Levels: levels, Reading: wallet(moka.Amount(100+i)*moka.Dollar + moka.Dollar/4),
		}}
		a.Spent = moka.Known(moka.Amount(i*37%101) * moka.Dollar / 4)
		if i%6 == 5 {
			a.Reading = wallet(moka.Amount(i) * moka.Dollar / 10)
		}
		if i%7 == 6 {
			good := a.Reading
			a.Reading = moka.Reading{At: manyNow, Wallet: &moka.Wallet{}, WalletErr: &moka.Error{Kind: moka.Unavailable, Hint: moka.HintTLS}}
			a.Spent = moka.Maybe{}
			if i%2 == 0 {
				a.Last = &good
			}
		}
		a.Today = spend.SoFar{Spent: a.Spent}
		all = append(all, a)
	}
	return all
}

func dayReport(accounts []message.ReportAccount) message.Report {
	return message.Report{Span: budget.Day, From: manyNow.Add(-24 * time.Hour), To: manyNow, Due: manyNow, Accounts: accounts}
}

func balancesOf(all []message.ReportAccount) (accounts []message.Account) {
	for _, a := range all {
		accounts = append(accounts, a.Account)
	}
	return accounts
}

var (
	leftInLine  = regexp.MustCompile(`(-?)\$([0-9,.]+) left`)
	spentInLine = regexp.MustCompile(`(-?)\$([0-9,.]+) (?:spent|today)`)
	amountField = regexp.MustCompile(`(-?)\$([0-9,.]+)`)
)

// cents adds up the amounts that a pattern finds.
func cents(t *testing.T, text string, pattern *regexp.Regexp) (sum int64) {
	t.Helper()
	for _, m := range pattern.FindAllStringSubmatch(lang.PlainSpaces(text), -1) {
		whole, err := strconv.ParseFloat(strings.ReplaceAll(m[2], ",", ""), 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += int64(whole*100 + 0.5)
	}
	return sum
}

func field(c message.Card, name string) string {
	for _, f := range c.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// However many accounts there are, the lines add up to the totals, and one message holds them.
func TestManyAccountsAddUpAndFit(t *testing.T) {
	w := lang.English()
	for _, n := range []int{10, 25, 26, 60, 200} {
		all := crowdOf(n)
		for name, m := range map[string]message.Message{
			"report": message.Summary(w, dayReport(all)), "balance": message.Balance(w, balancesOf(all)), "balances": message.Balances(w, balancesOf(all)),
		} {
			var lists string
			for _, c := range m.Cards[1:] {
				lists += c.Text + "\n"
			}
			if lines, want := cents(t, lists, leftInLine), cents(t, field(m.Cards[0], w.Report.Left), amountField); lines != want {
				t.Errorf("%s of %d: %d cents are left by the lines, %d in all", name, n, lines, want)
			}
			spent := field(m.Cards[0], w.Report.Spent) + field(m.Cards[0], w.Balance.Today)
			if lines, want := cents(t, lists, spentInLine), cents(t, spent, amountField); lines != want {
				t.Errorf("%s of %d: %d cents were spent by the lines, %d in all", name, n, lines, want)
			}
			if shown := strings.Count(lists, "\n"); name != "balances" && shown > 28 {
				t.Errorf("%s of %d: %d lines", name, n, shown)
			}
			if named := strings.Count(lists, "account-of"); name == "balances" && named != n {
				t.Errorf("balances of %d: %d accounts are named", n, named)
			}
		}
		for _, w := range lang.All() {
			mustFit(t, fmt.Sprintf("%s: report of %d", w.Tag, n), message.Summary(w, dayReport(all)))
			mustFit(t, fmt.Sprintf("%s: balance of %d", w.Tag, n), message.Balance(w, balancesOf(all)))
		}
	}
}

// mustFit holds a message to what Discord takes.
// https://docs.discord.com/developers/resources/message#embed-object-embed-limits
func mustFit(t *testing.T, name string, m message.Message) {
	t.Helper()
	units := func(text string) int { return len(utf16.Encode([]rune(text))) }
	total := 0
	for _, c := range m.Cards {
		size := units(c.Title) + units(c.Text) + units(c.Footer)
		for _, f := range c.Fields {
			size += units(f.Name) + units(f.Value)
		}
		if units(c.Text) > 4096 || len(c.Fields) > 25 {
			t.Errorf("%s: a card has %d characters and %d fields", name, units(c.Text), len(c.Fields))
		}
		total += size
	}
	if total > 5900 || len(m.Cards) > 10 {
		t.Errorf("%s: %d characters in %d cards", name, total, len(m.Cards))
	}
}

// What needs attention comes first, then what spends most.
func TestOfManyAccountsTheUrgentComeFirst(t *testing.T) {
	w := lang.English()
	all := crowdOf(60)
	for i := range all {
		all[i].Reading = moka.Reading{At: manyNow, Wallet: &moka.Wallet{Remaining: moka.Known(100 * moka.Dollar)}}
		all[i].Last, all[i].Spent = nil, moka.Known(moka.Dollar)
		all[i].Levels = []alert.Level{{Name: "low", Below: moka.Known(20 * moka.Dollar), Runway: 72 * time.Hour}, {Name: "critical", Below: moka.Known(5 * moka.Dollar)}}
	}
	all[50].Reading.Wallet.Remaining = moka.Known(19 * moka.Dollar)
	all[51].Reading.Wallet.Remaining = moka.Known(0)
	all[52].Reading = moka.Reading{At: manyNow, Wallet: &moka.Wallet{}, WalletErr: &moka.Error{Kind: moka.Unauthorized, Hint: moka.HintAccessToken}}
	all[53].Runway = &spend.Runway{Known: true, Low: 20 * time.Hour, Mid: 30 * time.Hour, High: 50 * time.Hour}
	all[54].Spent = moka.Known(40 * moka.Dollar)
	m := message.Summary(w, dayReport(all))
	var got []string
	for _, c := range m.Cards[1:] {
		got = append(got, c.Title)
		for line := range strings.Lines(c.Text) {
			name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(line, "**"), "account-of-the-team-number-"), "**")
			got = append(got, name)
		}
	}
	want := "[Need attention 00051 00050 00052 00053 Spend most 00054 00000 00001 00002 00003 … and 51 other accounts]"
	if text := strings.ReplaceAll(fmt.Sprint(got), "**", ""); text != want {
		t.Errorf("got %s, want %s", text, want)
	}
}

// A wallet that accounts share is counted once, also where some of them have no line.
func TestManyAccountsOfOneWalletAddUp(t *testing.T) {
	w := lang.English()
	all := crowdOf(60)
	for i := range all {
		all[i].Reading = moka.Reading{At: manyNow, Wallet: &moka.Wallet{Remaining: moka.Known(100 * moka.Dollar)}}
		all[i].Last, all[i].Spent = nil, moka.Known(moka.Amount(60-i)*moka.Dollar/60)
		if i%2 == 0 {
			all[i].Reading.Identity = "wallet"
			all[i].Spent = moka.Known(moka.Dollar)
		}
	}
	m := message.Summary(w, dayReport(all))
	if left := field(m.Cards[0], w.Report.Left); left != "$3,100.00" {
		t.Errorf("%s is left in all", left)
	}
	rest := lang.PlainSpaces(m.Cards[len(m.Cards)-1].Text)
	if want := "**… and 55 other accounts** · $3,000.00 left · $15.00 spent"; !strings.HasSuffix(rest, want) {
		t.Errorf("got %s, want %s at the end", rest, want)
	}
	if m.Cards[0].Text == "" || strings.Count(m.Cards[0].Text, "\n") > 1 {
		t.Errorf("the totals say %q of the shared wallet", m.Cards[0].Text)
	}
}

// The totals say when the oldest of their figures is of: some may have been read earlier.
func TestBalancesOfManyAccountsSayOfWhen(t *testing.T) {
	w := lang.English()
	accounts := balancesOf(crowdOf(12))
	accounts[3].Reading.At = manyNow.Add(-7 * time.Minute)
	if of, want := field(message.Balance(w, accounts).Cards[0], w.Balance.AsOf), message.Relative(manyNow.Add(-7*time.Minute)); of != want {
		t.Errorf("the totals are of %q, want %q", of, want)
	}
}
