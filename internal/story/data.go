package story

import (
	"fmt"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

var at = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// At is the moment at which all examples play.
func At() time.Time { return at }

var levels = []alert.Level{
	{Name: "low", Below: dollars(20), Runway: 72 * time.Hour, RemindEvery: 24 * time.Hour},
	{Name: "critical", Below: dollars(5), RemindEvery: 6 * time.Hour, MentionRoles: []string{"7"}},
}

// perDay is what the examples' account spends on a day, in dollars.
const perDay = 6

// lasting is how long an amount lasts at the pace of the examples.
func lasting(left float64) spend.Runway {
	days := func(perDay float64) time.Duration {
		return time.Duration(left / perDay * 24 * float64(time.Hour)).Round(time.Minute)
	}
	return spend.Runway{Known: true, Low: days(perDay * 1.3), Mid: days(perDay), High: days(perDay * 0.75), From: at}
}

// used is what the week before cost by model: seven times perDay.
var used = []message.ModelUse{
	{Model: "anthropic/claude-sonnet-4-6", Spent: 26_970_000, Requests: 2_412, Tokens: 7_110_331},
	{Model: "gpt-4o", Spent: 10_280_000, Requests: 1_120, Tokens: 2_701_200},
	{Model: "deepseek/deepseek-chat", Spent: 4_740_000, Requests: 118, Tokens: 15_800_000},
	{Model: "a`b*c", Spent: 4_200, Requests: 3, Tokens: 900},
	{Model: "gpt-4o-mini", Spent: 3_100, Requests: 1, Tokens: 700},
	{Model: "qwen/qwen3-235b", Spent: 1_100, Requests: 1, Tokens: 300},
	{Model: "text-embedding-3-small", Spent: 800, Requests: 9, Tokens: 40_000},
	{Model: "whisper-1", Spent: 600, Requests: 2, Tokens: 0},
	{Model: "dall-e-3", Spent: 150, Requests: 1, Tokens: 0},
	{Model: "moka/auto", Spent: 50, Requests: 1, Tokens: 10},
}

// usedToday is what the last day cost by model.
var usedToday = []message.ModelUse{
	{Model: "anthropic/claude-sonnet-4-6", Spent: 3_850_000, Requests: 344, Tokens: 1_010_331},
	{Model: "gpt-4o", Spent: 1_470_000, Requests: 160, Tokens: 386_200},
	{Model: "deepseek/deepseek-chat", Spent: 680_000, Requests: 17, Tokens: 2_260_000},
}

// spentToday is what the day cost until the examples play.
var spentToday = spend.SoFar{Spent: dollars(2.1)}

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

func failed(kind moka.Kind, hint moka.Hint) moka.Reading {
	return moka.Reading{At: at, Key: &moka.Key{}, KeyErr: &moka.Error{Op: "subscription", Kind: kind, Hint: hint}}
}

// tokenRefused is an account whose access token the gateway does not accept.
func tokenRefused() moka.Reading {
	return moka.Reading{At: at, Wallet: &moka.Wallet{}, WalletErr: &moka.Error{Op: "user/self", Kind: moka.Unauthorized, Hint: moka.HintAccessToken}}
}

// refused is a key that the gateway refuses without a reason.
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

// full is an account with all figures.
func full() message.Account {
	a := account(reading(90.01))
	left := lasting(90.01)
	a.Today, a.Runway = spentToday, &left
	return a
}

// stale is an account that can no longer be read.
func stale() message.Account {
	good := reading(12.5)
	good.At = at.Add(-3 * time.Hour)
	a := account(failed(moka.Unavailable, moka.HintTimeout))
	a.Last = &good
	return a
}

// many are more accounts than a message has cards.
func many(count int) []message.Account {
	var all []message.Account
	for n := range count {
		a := full()
		a.Name = fmt.Sprintf("account-%02d", n)
		a.Reading = reading(float64(3 * n))
		left := lasting(float64(3 * n))
		a.Runway = &left
		a.Today = spend.SoFar{Spent: dollars(float64(n * n % 17))}
		if n%10 == 9 {
			a.Reading = failed(moka.Unavailable, moka.HintTimeout)
		}
		if n%40 == 38 {
			a.Reading = keyIn(moka.KeyOK, moka.Key{Unlimited: true, Scope: moka.ScopeKey})
			a.Runway = nil
		}
		all = append(all, a)
	}
	return all
}
