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

func reading(minute int) moka.Reading {
	return moka.Reading{At: start.Add(time.Duration(minute) * time.Minute), Units: units}
}

func wallet(minute int, remaining, used moka.Amount) moka.Reading {
	r := reading(minute)
	r.Wallet = &moka.Wallet{
		Remaining: moka.Known(remaining), Used: moka.Known(used),
		Raw: &moka.RawWallet{Quota: int64(remaining) / 2, Used: int64(used) / 2},
	}
	return r
}

func key(minute int, remaining, used moka.Amount) moka.Reading {
	r := reading(minute)
	r.Key = &moka.Key{State: moka.KeyOK, Scope: moka.ScopeUnknown, Remaining: moka.Known(remaining), Used: moka.Known(used), Total: moka.Known(remaining + used)}
	return r
}

// as changes a reading.
func as(r moka.Reading, changes ...func(*moka.Reading)) moka.Reading {
	for _, change := range changes {
		change(&r)
	}
	return r
}

// withPlan adds an active plan; a total of 0 is unlimited.
func withPlan(id int64, total, used moka.Amount, resets ...int) func(*moka.Reading) {
	return func(r *moka.Reading) {
		p := moka.Plan{ID: id, Total: total, Used: used, RawTotal: int64(total) / 2, RawUsed: int64(used) / 2, Unlimited: total == 0}
		for _, minute := range resets {
			p.ResetsAt = start.Add(time.Duration(minute) * time.Minute)
		}
		left, _ := r.Wallet.Plans.Get()
		r.Wallet.Plans = moka.Known(left + max(0, total-used))
		r.Wallet.ActivePlans = append(r.Wallet.ActivePlans, p)
		r.Wallet.PlansUnlimited = r.Wallet.PlansUnlimited || p.Unlimited
	}
}

func noPlans(r *moka.Reading) { r.Wallet.Plans, r.Wallet.ActivePlans = moka.Known(0), []moka.Plan{} }

// perDollar changes the unit of a reading and leaves its raw figures as they are.
func perDollar(quota float64) func(*moka.Reading) {
	return func(r *moka.Reading) {
		r.Units.QuotaPerUnit = quota
		if w := r.Wallet; w != nil {
			w.Remaining, w.Used = r.Units.Quota(w.Raw.Quota), r.Units.Quota(w.Raw.Used)
		}
	}
}

// pair is a key as the billing pair shows it, in the gateway's display unit.
func pair(minute int, limit, used float64, units moka.Units) moka.Reading {
	r := reading(minute)
	r.Units = units
	total, spent := units.Figure(limit), units.Figure(used)
	r.Key = &moka.Key{
		State: moka.KeyOK, Scope: moka.ScopeUnknown, Remaining: total.Minus(spent), Used: spent, Total: total,
		Raw: &moka.RawKey{Limit: limit, Used: used},
	}
	return r
}

func cny(rate float64) moka.Units {
	return moka.Units{Display: moka.DisplayCNY, QuotaPerUnit: 500_000, CNYPerUSD: rate}
}

func failed(r *moka.Reading) { r.WalletErr = &moka.Error{Kind: moka.Unavailable} }

func unlimited(r *moka.Reading) {
	r.Key.Unlimited, r.Key.Scope, r.Key.Remaining, r.Key.Total = true, moka.ScopeKey, moka.Maybe{}, moka.Maybe{}
}

func exhausted(r *moka.Reading) { r.Key.State, r.Key.Scope = moka.KeyExhausted, moka.ScopeKey }

func refused(r *moka.Reading) {
	r.Key = &moka.Key{State: moka.KeyRefused, Scope: moka.ScopeUnknown}
	r.KeyErr = &moka.Error{Kind: moka.Unauthorized}
}

func scope(s moka.Scope) func(*moka.Reading) { return func(r *moka.Reading) { r.Key.Scope = s } }

func in(d moka.Display, rate float64) func(*moka.Reading) {
	return func(r *moka.Reading) { r.Units.Display, r.Units.CNYPerUSD = d, rate }
}

func from(source string) func(*moka.Reading) { return func(r *moka.Reading) { r.Identity = source } }

func failing(minute int) moka.Reading {
	r := reading(minute)
	r.Wallet = &moka.Wallet{}
	return as(r, failed)
}

const days = 24 * 60 // in minutes

func TestWhatHappenedBetweenReadings(t *testing.T) {
	for _, c := range []struct {
		what         string
		readings     []moka.Reading
		spent, topUp moka.Amount // in all
		unknown      int         // readings that could not be compared, the first included
	}{
		{"money is spent", []moka.Reading{wallet(0, 10*usd, 0), wallet(5, 8*usd, 2*usd)}, 2 * usd, 0, 1},
		{"nothing happens", []moka.Reading{wallet(0, 10*usd, 0), wallet(5, 10*usd, 0)}, 0, 0, 1},

		{"a top-up is not negative spending", []moka.Reading{wallet(0, 10*usd, 0), wallet(5, 60*usd, 0)}, 0, 50 * usd, 1},
		{"a top-up between two calls", []moka.Reading{wallet(0, 10*usd, 0), wallet(5, 57*usd, 3*usd)}, 3 * usd, 50 * usd, 1},
		{"a top-up of an empty wallet, half of it spent at once", []moka.Reading{wallet(0, 0, 10*usd), wallet(5, 25*usd, 35*usd)}, 25 * usd, 50 * usd, 1},
		{"two top-ups", []moka.Reading{wallet(0, 1*usd, 0), wallet(5, 51*usd, 0), wallet(10, 61*usd, 0)}, 0, 60 * usd, 1},
		{"a top-up while calls are under way", []moka.Reading{
			wallet(0, 10*usd, 0), wallet(2*days, 10*usd, 0), wallet(2*days+5, 8*usd, 0), wallet(2*days+10, 58*usd, 0), wallet(2*days+15, 59*usd, 1*usd),
		}, 1 * usd, 50 * usd, 1},

		{"a call under way dips the wallet and gives back", []moka.Reading{wallet(0, 10*usd, 0), wallet(1, 8*usd, 0), wallet(2, 9*usd, 1*usd)}, 1 * usd, 0, 1},
		{"more and more calls under way for an hour", []moka.Reading{
			wallet(0, 100*usd, 0), wallet(5, 98*usd, 0), wallet(25, 95*usd, 1*usd), wallet(45, 93*usd, 2*usd), wallet(65, 90*usd, 3*usd), wallet(90, 96*usd, 4*usd),
		}, 4 * usd, 0, 1},
		{"a key's use dips when a call is corrected", []moka.Reading{key(0, 10*usd, 0), key(1, 8*usd, 2*usd), key(2, 9*usd, 1*usd), key(3, 8*usd, 2*usd)}, 2 * usd, 0, 1},
		{"a key's use dips while it is topped up", []moka.Reading{
			as(key(0, 10*usd, 0), from("a")), as(key(1, 8*usd, 2*usd), from("a")), as(key(2, 59*usd, 1*usd), from("a")), as(key(3, 57*usd, 3*usd), from("a")),
		}, 3 * usd, 50 * usd, 1},

		{"another key, used less", []moka.Reading{key(0, 10*usd, 50*usd), key(5, 5*usd, 1*usd), key(10, 4*usd, 2*usd)}, 1 * usd, 0, 2},
		{"another key, used more", []moka.Reading{as(key(0, 10*usd, 1*usd), from("a")), as(key(5, 5*usd, 40*usd), from("b")), as(key(10, 4*usd, 41*usd), from("b"))}, 1 * usd, 0, 2},
		{"another account, used more", []moka.Reading{as(wallet(0, 10*usd, 1*usd), from("a")), as(wallet(5, 5*usd, 40*usd), from("b"))}, 0, 0, 2},
		{"another account, used less", []moka.Reading{wallet(0, 10*usd, 9*usd), wallet(5, 10*usd, 1*usd), wallet(10, 9*usd, 2*usd)}, 1 * usd, 0, 2},
		{"a source that an earlier version did not note", []moka.Reading{wallet(0, 10*usd, 1*usd), as(wallet(5, 9*usd, 2*usd), from("a"))}, 1 * usd, 0, 1},
		{"a key that was set back", []moka.Reading{as(key(0, 1*usd, 9*usd), from("a")), as(key(5, 5*usd, 0), from("a")), as(key(10, 4*usd, 1*usd), from("a"))}, 1 * usd, 0, 2},

		{"a key's display changes", []moka.Reading{pair(0, 110, 10, units), pair(5, 803, 73, cny(7.3)), pair(10, 803, 80.3, cny(7.3))}, 1 * usd, 0, 1},
		{"a key's display changes and comes back", []moka.Reading{pair(0, 110, 10, units), pair(5, 803, 73, cny(7.3)), pair(10, 110, 11, units)}, 1 * usd, 0, 1},
		{"a key's exchange rate changes", []moka.Reading{pair(0, 7700, 7000, cny(7)), pair(5, 8030, 7300, cny(7.3))}, 0, 0, 1},
		{"a key's exchange rate changes while it is used and topped up", []moka.Reading{pair(0, 7700, 7000, cny(7)), pair(5, 8395, 7314.6, cny(7.3))}, 2 * usd, 50 * usd, 1},
		{"a key's quota in a dollar changes", []moka.Reading{
			pair(0, 100, 50, units), pair(5, 1000, 500, moka.Units{Display: moka.DisplayUSD, QuotaPerUnit: 50_000}),
		}, 0, 0, 1},
		{"a wallet's quota in a dollar changes", []moka.Reading{wallet(0, 10*usd, 10*usd), as(wallet(5, 10*usd, 10*usd), perDollar(50_000))}, 0, 0, 1},
		{"a wallet's quota in a dollar changes while money is spent", []moka.Reading{wallet(0, 10*usd, 10*usd), as(wallet(5, 9*usd, 11*usd), perDollar(50_000))}, 10 * usd, 0, 1},
		{"a quota in a dollar that is a fraction", []moka.Reading{
			as(wallet(0, 10*usd, 0), perDollar(68493.15)), as(wallet(5, 9*usd, 1*usd), perDollar(68493.15)),
		}, 7_300_000, 0, 1},
		{"another unit of display, which wallets do not have", []moka.Reading{wallet(0, 10*usd, 0), as(wallet(5, 9*usd, 1*usd), in(moka.DisplayCNY, 7.3))}, 1 * usd, 0, 1},
		{"another exchange rate, which wallets do not have", []moka.Reading{
			as(wallet(0, 10*usd, 0), in(moka.DisplayCNY, 7.3)), as(wallet(5, 9*usd, 1*usd), in(moka.DisplayCNY, 7.2)),
		}, 1 * usd, 0, 1},

		{"the account's figures instead of the key's", []moka.Reading{as(key(0, 10*usd, 0), scope(moka.ScopeKey)), as(key(5, 80*usd, 20*usd), scope(moka.ScopeAccount))}, 0, 0, 2},
		{"the same, but nobody says so", []moka.Reading{key(0, 10*usd, 1*usd), key(5, 80*usd, 20*usd), key(10, 79*usd, 21*usd)}, 1 * usd, 0, 2},
		{"and back", []moka.Reading{key(0, 80*usd, 20*usd), key(5, 10*usd, 1*usd), key(10, 9*usd, 2*usd)}, 1 * usd, 0, 2},
		{"a top-up of a key in need whose owner nobody names", []moka.Reading{key(0, 1*usd, 9*usd), key(5, 49*usd, 11*usd)}, 2 * usd, 50 * usd, 1},
		{"a key runs dry, which tells whose it is", []moka.Reading{key(0, 1*usd, 9*usd), as(key(5, 0, 10*usd), exhausted), key(60, 50*usd, 10*usd)}, 1 * usd, 50 * usd, 1},
		{"unlimited becomes limited", []moka.Reading{as(key(0, 0, 5*usd), unlimited), key(5, 10*usd, 5*usd), key(10, 9*usd, 6*usd)}, 1 * usd, 0, 1},
		{"limited becomes unlimited", []moka.Reading{as(key(0, 4*usd, 5*usd), scope(moka.ScopeKey)), as(key(5, 0, 6*usd), unlimited), as(key(10, 0, 7*usd), unlimited)}, 2 * usd, 0, 1},

		{"a failed reading loses nothing", []moka.Reading{wallet(0, 10*usd, 0), failing(5), wallet(10, 7*usd, 3*usd)}, 3 * usd, 0, 2},
		{"a refused key loses nothing", []moka.Reading{key(0, 10*usd, 0), as(reading(5), refused), key(10, 57*usd, 3*usd)}, 3 * usd, 50 * usd, 2},
		{"plans that could not be read lose nothing", []moka.Reading{
			as(wallet(0, 5*usd, 0), withPlan(1, 10*usd, 0)), as(wallet(5, 5*usd, 2*usd), failed), as(wallet(10, 55*usd, 4*usd), withPlan(1, 10*usd, 4*usd)),
		}, 4 * usd, 50 * usd, 1},
		{"days without readings", []moka.Reading{wallet(0, 10*usd, 0), wallet(3*days, 4*usd, 6*usd)}, 6 * usd, 0, 1},
		{"days without readings, and a top-up", []moka.Reading{key(0, 10*usd, 0), key(3*days, 44*usd, 16*usd)}, 16 * usd, 50 * usd, 1},
		{"an overdrawn key whose owner nobody names", []moka.Reading{key(0, 1*usd, 9*usd), key(5, -1*usd, 11*usd), key(10, 48*usd, 12*usd)}, 3 * usd, 50 * usd, 1},
		{"an overdrawn wallet", []moka.Reading{wallet(0, 1*usd, 0), wallet(5, -1*usd, 2*usd), wallet(10, 48*usd, 3*usd)}, 3 * usd, 50 * usd, 1},

		{"the clock steps back", []moka.Reading{wallet(10, 10*usd, 0), wallet(5, 9*usd, 1*usd), wallet(15, 8*usd, 2*usd)}, 2 * usd, 0, 1},
		{"the clock was ten years ahead", []moka.Reading{
			wallet(0, 10*usd, 0), wallet(3650*days, 9*usd, 1*usd), wallet(10, 8*usd, 2*usd), wallet(15, 57*usd, 3*usd),
		}, 3 * usd, 50 * usd, 1},
		{"two readings in one instant", []moka.Reading{wallet(0, 10*usd, 0), wallet(0, 9*usd, 1*usd), wallet(5, 8*usd, 2*usd)}, 2 * usd, 0, 2},

		{"a plan pays", []moka.Reading{as(wallet(0, 0, 0), withPlan(1, 10*usd, 0)), as(wallet(5, 0, 4*usd), withPlan(1, 10*usd, 4*usd))}, 4 * usd, 0, 1},
		{"a plan is bought", []moka.Reading{as(wallet(0, 3*usd, 0), noPlans), as(wallet(5, 3*usd, 0), withPlan(1, 10*usd, 0))}, 0, 10 * usd, 1},
		{"a plan is bought from the wallet", []moka.Reading{as(wallet(0, 30*usd, 0), noPlans), as(wallet(5, 20*usd, 0), withPlan(1, 10*usd, 0))}, 0, 0, 1},
		{"a plan of $50 is bought for $30 from the wallet", []moka.Reading{as(wallet(0, 90*usd, 0), noPlans), as(wallet(5, 60*usd, 0), withPlan(1, 50*usd, 0))}, 0, 20 * usd, 1},
		{"a plan is bought while a call is under way", []moka.Reading{as(wallet(0, 3*usd, 0), noPlans), as(wallet(5, 2_987_654, 0), withPlan(1, 10*usd, 0))}, 0, 10 * usd, 1},
		{"a plan without a limit is no top-up when it ends", []moka.Reading{
			as(wallet(0, 3*usd, 0), noPlans), as(wallet(5, 3*usd, 4*usd), withPlan(1, 0, 4*usd)), as(wallet(10, 2*usd, 5*usd), noPlans),
		}, 5 * usd, 0, 1},
		{"a gateway learns of plans", []moka.Reading{wallet(0, 3*usd, 0), as(wallet(5, 2*usd, 1*usd), withPlan(1, 10*usd, 0))}, 1 * usd, 0, 1},

		{"money is taken away for good, then added", []moka.Reading{
			wallet(0, 10*usd, 0), wallet(5, 4*usd, 0), wallet(1*days, 4*usd, 0), wallet(2*days+5, 4*usd, 0), wallet(2*days+10, 9*usd, 0),
		}, 0, 5 * usd, 1},
	} {
		t.Run(c.what, func(t *testing.T) {
			var s State
			var spent, topUp moka.Amount
			unknown := 0
			for _, r := range c.readings {
				var d Delta
				s, d = Step(throughJSON(t, s), r, Log{})
				spent, topUp = spent+d.Spent, topUp+d.TopUp
				if !d.Known {
					unknown++
				}
				if d.Refunds < 0 || d.Spent < -d.Refunds || d.TopUp < 0 || d.Covered < 0 || d.Known && d.From.After(d.To) || !d.Known && d.Spent+d.TopUp != 0 {
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
	s, _ := Step(State{}, wallet(0, 10*usd, 0), Log{})
	if _, d := Step(s, wallet(30, 9*usd, usd), Log{}); d.Covered != 30*time.Minute {
		t.Errorf("half an hour is covered for %v", d.Covered)
	}
	if _, d := Step(s, wallet(61, 9*usd, usd), Log{}); d.Covered != 61*time.Minute {
		t.Errorf("a reading an hour covers %v", d.Covered)
	}
	if _, d := Step(s, wallet(91, 9*usd, usd), Log{}); d.Covered != 0 || d.Spent != usd {
		t.Errorf("a gap is covered for %v, with %v spent", d.Covered, d.Spent)
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
