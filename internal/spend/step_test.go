package spend

import (
	"encoding/json"
	"testing"
	"time"

	"mokabot/moka"
)

const usd = moka.Dollar

var (
	start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	units = moka.Units{Display: moka.DisplayUSD, QuotaPerUnit: 500_000}
)

func wallet(minute int, remaining, used moka.Amount) moka.Reading {
	return moka.Reading{At: start.Add(time.Duration(minute) * time.Minute), Units: units,
		Wallet: &moka.Wallet{Remaining: moka.Known(remaining), Used: moka.Known(used)}}
}

func key(minute int, remaining, used moka.Amount) moka.Reading {
	return moka.Reading{At: start.Add(time.Duration(minute) * time.Minute), Units: units,
		Key: &moka.Key{State: moka.KeyOK, Scope: moka.ScopeKey, Remaining: moka.Known(remaining), Used: moka.Known(used), Total: moka.Known(remaining + used)}}
}

func withPlans(r moka.Reading, plans moka.Amount) moka.Reading {
	r.Wallet.Plans = moka.Known(plans)
	return r
}

func failing(minute int) moka.Reading {
	return moka.Reading{At: start.Add(time.Duration(minute) * time.Minute), Units: units,
		Wallet: &moka.Wallet{}, WalletErr: &moka.Error{Kind: moka.Unavailable}}
}

func TestWhatHappenedBetweenReadings(t *testing.T) {
	inYuan := key(5, 73*usd, 0)
	inYuan.Units.Display = moka.DisplayCNY
	asAccount := key(5, 80*usd, 20*usd)
	asAccount.Key.Scope = moka.ScopeAccount
	for _, c := range []struct {
		what         string
		readings     []moka.Reading
		spent, topUp moka.Amount // in all
		unknown      int         // readings that could not be compared, the first included
	}{
		{"money is spent", []moka.Reading{wallet(0, 10*usd, 0), wallet(5, 8*usd, 2*usd)}, 2 * usd, 0, 1},
		{"a top-up is not negative spending", []moka.Reading{wallet(0, 10*usd, 0), wallet(5, 60*usd, 0)}, 0, 50 * usd, 1},
		{"a top-up between two calls", []moka.Reading{wallet(0, 10*usd, 0), wallet(5, 57*usd, 3*usd)}, 3 * usd, 50 * usd, 1},
		{"a call under way dips the wallet and gives back", []moka.Reading{wallet(0, 10*usd, 0), wallet(1, 8*usd, 0), wallet(2, 9*usd, 1*usd)}, 1 * usd, 0, 1},
		{"a key's use dips when a call is corrected", []moka.Reading{key(0, 10*usd, 0), key(1, 8*usd, 2*usd), key(2, 9*usd, 1*usd), key(3, 8*usd, 2*usd)}, 2 * usd, 0, 1},
		{"another key", []moka.Reading{key(0, 10*usd, 50*usd), key(5, 5*usd, 1*usd), key(10, 4*usd, 2*usd)}, 1 * usd, 0, 2},
		{"another unit", []moka.Reading{key(0, 10*usd, 0), inYuan}, 0, 0, 2},
		{"the account's figures instead of the key's", []moka.Reading{key(0, 10*usd, 0), asAccount}, 0, 0, 2},
		{"a failed reading loses nothing", []moka.Reading{wallet(0, 10*usd, 0), failing(5), wallet(10, 7*usd, 3*usd)}, 3 * usd, 0, 2},
		{"days without readings", []moka.Reading{wallet(0, 10*usd, 0), wallet(3*24*60, 4*usd, 6*usd)}, 6 * usd, 0, 1},
		{"an overdrawn wallet", []moka.Reading{wallet(0, 1*usd, 0), wallet(5, -1*usd, 2*usd)}, 2 * usd, 0, 1},
		{"the clock steps back", []moka.Reading{wallet(10, 10*usd, 0), wallet(5, 9*usd, 1*usd), wallet(15, 8*usd, 2*usd)}, 2 * usd, 0, 2},
		{"a plan pays", []moka.Reading{withPlans(wallet(0, 0, 0), 10*usd), withPlans(wallet(5, 0, 4*usd), 6*usd)}, 4 * usd, 0, 1},
		{"money is taken away for good, then added", []moka.Reading{wallet(0, 10*usd, 0), wallet(5, 4*usd, 0), wallet(30, 4*usd, 0), wallet(35, 9*usd, 0)}, 0, 5 * usd, 1},
	} {
		t.Run(c.what, func(t *testing.T) {
			var s State
			var spent, topUp moka.Amount
			unknown := 0
			for _, r := range c.readings {
				var d Delta
				s, d = Step(throughJSON(t, s), r)
				spent, topUp = spent+d.Spent, topUp+d.TopUp
				if !d.Known {
					unknown++
				}
				if d.Spent < 0 || d.TopUp < 0 || d.Covered < 0 || !d.Known && d.Spent+d.TopUp != 0 {
					t.Errorf("impossible: %+v", d)
				}
			}
			if spent != c.spent || topUp != c.topUp || unknown != c.unknown {
				t.Errorf("spent %v, topped up %v, %d unknown; want %v, %v, %d", spent, topUp, unknown, c.spent, c.topUp, c.unknown)
			}
		})
	}
}

func throughJSON(t *testing.T, s State) (back State) {
	t.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func TestAGapIsSpentButNotCovered(t *testing.T) {
	s, _ := Step(State{}, wallet(0, 10*usd, 0))
	if _, d := Step(s, wallet(30, 9*usd, usd)); d.Covered != 30*time.Minute {
		t.Errorf("half an hour is covered for %v", d.Covered)
	}
	if _, d := Step(s, wallet(61, 9*usd, usd)); d.Covered != 0 || d.Spent != usd {
		t.Errorf("a gap of an hour is covered for %v, with %v spent", d.Covered, d.Spent)
	}
}

func TestDaysOfTheReader(t *testing.T) {
	for _, c := range []struct {
		zone, at string
		hours    float64
	}{
		{"Asia/Shanghai", "2026-11-23T23:30:00+08:00", 24},
		{"America/New_York", "2026-03-08T12:00:00-04:00", 23},
		{"America/New_York", "2026-11-01T12:00:00-05:00", 25},
		{"Asia/Beirut", "2026-03-29T12:00:00+03:00", 23},
		{"America/Havana", "2026-11-01T12:00:00-05:00", 25},
		{"Australia/Lord_Howe", "2026-10-04T12:00:00+11:00", 23.5},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		p := Day(at, loc)
		if p.To.Sub(p.From).Hours() != c.hours || at.Before(p.From) || !at.Before(p.To) {
			t.Errorf("%s in %s: %v to %v, want %v hours", c.at, c.zone, p.From, p.To, c.hours)
		}
		if before := Day(p.From.Add(-time.Second), loc); !before.To.Equal(p.From) {
			t.Errorf("%s: the day before ends at %v, this one begins at %v", c.zone, before.To, p.From)
		}
	}
}

func TestWeeksAndMonths(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) // a Sunday
	if p := Week(at, time.UTC, time.Monday); p.From.Format(time.DateOnly) != "2026-11-16" || p.To.Format(time.DateOnly) != "2026-11-23" {
		t.Errorf("the week is %v", p)
	}
	if p := Week(at, time.UTC, time.Sunday); p.From.Format(time.DateOnly) != "2026-11-22" {
		t.Errorf("the week from Sunday is %v", p)
	}
	if p := Month(at, time.UTC); p.From.Format(time.DateOnly) != "2026-11-01" || p.To.Format(time.DateOnly) != "2026-12-01" {
		t.Errorf("the month is %v", p)
	}
}
