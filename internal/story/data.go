package story

import (
	"fmt"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// at is the moment at which all examples play.
var at = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

var levels = []alert.Level{
	{Name: "low", Below: dollars(20), Runway: 72 * time.Hour, RemindEvery: 24 * time.Hour},
	{Name: "critical", Below: dollars(5), RemindEvery: 6 * time.Hour, MentionRoles: []string{"7"}},
}

var runway = spend.Runway{Known: true, Low: 50 * time.Hour, Mid: 72 * time.Hour, High: 110 * time.Hour, From: at}

var used = []message.ModelUse{
	{Model: "anthropic/claude-sonnet-4-6", Spent: 9_120_000, Requests: 812, Tokens: 2_410_331},
	{Model: "gpt-4o", Spent: 3_480_000, Requests: 377, Tokens: 901_200},
	{Model: "deepseek/deepseek-chat", Spent: 1_590_000, Requests: 40, Tokens: 5_300_000},
	{Model: "a`b*c", Spent: 4_200, Requests: 3, Tokens: 900},
	{Model: "gpt-4o-mini", Spent: 3_100, Requests: 1, Tokens: 700},
	{Model: "qwen/qwen3-235b", Spent: 1_100, Requests: 1, Tokens: 300},
	{Model: "text-embedding-3-small", Spent: 800, Requests: 9, Tokens: 40_000},
	{Model: "whisper-1", Spent: 600, Requests: 2, Tokens: 0},
	{Model: "dall-e-3", Spent: 150, Requests: 1, Tokens: 0},
	{Model: "moka/auto", Spent: 50, Requests: 1, Tokens: 10},
}

func dollars(d float64) moka.Maybe {
	a, err := moka.FromUSD(d)
	if err != nil {
		return moka.Maybe{}
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

// refused is a key of which the gateway does not say what is wrong with it.
func refused() moka.Reading {
	r := keyIn(moka.KeyRefused, moka.Key{})
	r.KeyErr = &moka.Error{Op: "subscription", Kind: moka.Unauthorized, Hint: moka.HintAPIKey}
	return r
}

func keyIn(state moka.KeyState, k moka.Key) moka.Reading {
	k.State = state
	return moka.Reading{At: at, Key: &k}
}

func account(r moka.Reading) message.Account {
	return message.Account{Name: "team", Reading: r, Levels: levels}
}

// full is an account of which everything is known.
func full() message.Account {
	a := account(reading(90.01))
	a.Today, a.Runway = spend.SoFar{Spent: dollars(3.2)}, &runway
	return a
}

// stale is an account that cannot be read any more.
func stale() message.Account {
	good := reading(12.5)
	a := account(failed(moka.Unavailable, moka.HintTimeout, ""))
	a.Last = &good
	return a
}

// many are more accounts than a message has cards.
func many() []message.Account {
	var all []message.Account
	for n := range 30 {
		a := full()
		a.Name = fmt.Sprintf("account-%02d", n)
		a.Reading = reading(float64(3 * n))
		if n%10 == 9 {
			a.Reading = failed(moka.Unavailable, moka.HintTimeout, "")
		}
		all = append(all, a)
	}
	return all
}
