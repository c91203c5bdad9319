package alert

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

func storyTime(word string) (time.Time, error) {
	days, clock, found := strings.Cut(word, "d")
	if !found {
		days, clock = "0", word
	}
	n, err := strconv.Atoi(days)
	if err != nil {
		return time.Time{}, err
	}
	layout := time.TimeOnly
	if len(clock) == 5 {
		layout = "15:04"
	}
	t, err := time.Parse(layout, clock)
	return time.Date(2026, 8, 3+n, t.Hour(), t.Minute(), t.Second(), 0, time.UTC), err
}

// words are what a reading can be told with. Those with an argument take the next word.
var words = map[string]func(f *Facts, arg string) error{
	"unsure":       func(f *Facts, _ string) error { f.ClockUnsure = true; return nil },
	"account-view": func(f *Facts, _ string) error { f.Reading.Key.Scope = moka.ScopeAccount; return nil },
	"unlimited":    func(f *Facts, _ string) error { f.Reading.Key.Unlimited = true; return nil },
	"ample": func(f *Facts, _ string) error { // not asked about, as the wallet ends first
		f.Reading.Key.AtLeast, f.Reading.Key.Remaining = f.Reading.Key.Remaining, moka.Maybe{}
		return nil
	},
	"exhausted": func(f *Facts, _ string) error { return keyState(f, moka.KeyExhausted) },
	"expired":   func(f *Facts, _ string) error { return keyState(f, moka.KeyExpired) },
	"disabled":  func(f *Facts, _ string) error { return keyState(f, moka.KeyDisabled) },
	"401":       func(f *Facts, _ string) error { return keyFails(f, moka.Unauthorized) },
	"503":       func(f *Facts, _ string) error { return keyFails(f, moka.Unavailable) },
	"429":       func(f *Facts, _ string) error { return keyFails(f, moka.RateLimited) },
	"no-key":    func(f *Facts, _ string) error { f.Reading.Key = nil; return nil },
	"idle":      func(f *Facts, _ string) error { f.Runway.Idle = true; return nil },
	"wallet-401": func(f *Facts, _ string) error {
		f.Reading.WalletErr = &moka.Error{Kind: moka.Unauthorized}
		f.Reading.Wallet = &moka.Wallet{}
		return nil
	},
	"wallet": func(f *Facts, arg string) error {
		return money(arg, func(a moka.Amount) { f.Reading.Wallet = &moka.Wallet{Remaining: moka.Known(a)} })
	},
	"plans": func(f *Facts, arg string) error {
		return money(arg, func(a moka.Amount) { f.Reading.Wallet.Plans = moka.Known(a) })
	},
	"plan-ends": func(f *Facts, arg string) error {
		ends, err := storyTime(arg)
		f.Reading.Wallet.ActivePlans = []moka.Plan{{Left: 25 * moka.Dollar, EndsAt: ends, AllowOverflow: true}}
		return err
	},
	"spent": func(f *Facts, arg string) error {
		return money(arg, func(a moka.Amount) { f.HourSpent = moka.Known(a) })
	},
	"part": func(f *Facts, _ string) error { f.HourPart = true; return nil },
	"quarter": func(f *Facts, arg string) error {
		return money(arg, func(a moka.Amount) { f.QuarterSpent = moka.Known(a) })
	},
	"usual": func(f *Facts, arg string) error {
		return money(arg, func(a moka.Amount) { f.HourUsual = moka.Known(a) })
	},
	"top-up": func(f *Facts, arg string) error { return money(arg, func(a moka.Amount) { f.TopUp = a }) },
	"runway": func(f *Facts, arg string) error {
		d, err := time.ParseDuration(arg)
		f.Runway = spend.Runway{Known: true, Low: d / 2, Mid: d, High: 2 * d}
		return err
	},
	"expires": func(f *Facts, arg string) (err error) {
		f.Reading.Key.ExpiresAt, err = storyTime(arg)
		return err
	},
}

func keyState(f *Facts, s moka.KeyState) error {
	f.Reading.Key = &moka.Key{State: s}
	return nil
}

func keyFails(f *Facts, k moka.Kind) error {
	f.Reading.Key, f.Reading.KeyErr = &moka.Key{}, &moka.Error{Kind: k}
	return nil
}

func money(word string, set func(moka.Amount)) error {
	dollars, err := strconv.ParseFloat(strings.Replace(word, "$", "", 1), 64)
	set(usd(dollars))
	return err
}

func takesArgument(word string) bool {
	return strings.Contains(" wallet plans plan-ends spent quarter usual top-up runway expires ", " "+word+" ")
}

func storyFacts(at time.Time, text []string) (Facts, error) {
	f := Facts{At: at, Reading: moka.Reading{At: at, Key: &moka.Key{State: moka.KeyOK, Scope: moka.ScopeKey}}}
	for n := 0; n < len(text); n++ {
		word, arg := text[n], ""
		if strings.Contains(word, "$") {
			if err := money(word, func(a moka.Amount) { f.Reading.Key.Remaining = moka.Known(a) }); err != nil {
				return f, err
			}
			continue
		}
		if takesArgument(word) {
			n++
			arg = text[n]
		}
		read, known := words[word]
		if !known {
			return f, fmt.Errorf("no such word: %s", word)
		}
		if err := read(&f, arg); err != nil {
			return f, err
		}
	}
	return f, nil
}
