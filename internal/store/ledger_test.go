package store

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// oldRelease are readings as a release before the ledger stored them: a key shown
// in yuan whose exchange rate changed, a gap of two days, and plain spending.
func oldRelease() []Sample {
	at := func(minute int) time.Time { return t0.Add(time.Duration(minute) * time.Minute) }
	key := func(minute, since int, left, used float64, spent, topUp moka.Amount) Sample {
		usd := func(f float64) moka.Maybe { return moka.Known(moka.Amount(f * 1e6)) }
		return Sample{At: at(minute), Spendable: usd(left), KeyRemaining: usd(left), KeyUsed: usd(used), KeyState: moka.KeyOK, Delta: spend.Delta{
			From: at(since), To: at(minute), Known: true, Spent: spent, TopUp: topUp, Covered: covered(minute - since),
		}}
	}
	return []Sample{
		key(10, 0, 102, 998, 2*moka.Dollar, 0),
		key(20, 10, 100, 1000, 2*moka.Dollar, 0),
		key(30, 20, 104.285714, 1042.857143, 42_857_143, 4_285_714), // 7.0 → 7.3, nothing was spent
		key(40, 30, 99.285714, 1047.857143, 5*moka.Dollar, 0),
		key(40+2*24*60, 40, 39.285714, 1107.857143, 60*moka.Dollar, 0),
		key(50+2*24*60, 40+2*24*60, 88.285714, 1108.857143, 1*moka.Dollar, 50*moka.Dollar),
	}
}

func covered(minutes int) time.Duration {
	if d := time.Duration(minutes) * time.Minute; d <= spend.LongestCovered {
		return d
	}
	return 0
}

// What an earlier release stored wrongly through a change of unit is not carried
// into sums, and what it spread over a gap is put together again.
func TestLedgerOfAnEarlierRelease(t *testing.T) {
	for version := 1; version <= ledgerVersion; version++ {
		path := filepath.Join(t.TempDir(), "old.db")
		older(t, path, version, oldRelease())
		db := reopen(t, path)
		total, err := db.Spent(t.Context(), "a", t0.Add(-time.Hour), t0.Add(72*time.Hour))
		check(t, err)
		equal(t, "spent and dated", total.Spent, 10*moka.Dollar) // 112.857143 before: 42.857143 of a unit, 60 of a gap
		equal(t, "topped up", total.TopUps, 50*moka.Dollar)      // 54.285714 before
		first, err := db.Spent(t.Context(), "a", t0, t0.Add(24*time.Hour))
		check(t, err)
		equal(t, "the first day", first.Spent, 9*moka.Dollar)
		gaps, err := db.Gaps(t.Context(), "a", t0.Add(time.Hour), t0.Add(72*time.Hour))
		check(t, err)
		if len(gaps) != 1 || !gaps[0].Known || gaps[0].Spent != 60*moka.Dollar {
			t.Errorf("version %d: gaps %+v", version, gaps)
		}
		check(t, db.Close())
	}
}

// A top-up that is read while the disk is full is counted once, when there is room
// again.
func TestFullDiskCountsMoneyOnce(t *testing.T) {
	db := temp(t)
	minute := 0
	poll := func(left, used moka.Amount) spend.Delta {
		t.Helper()
		minute++
		r := moka.Reading{At: t0.Add(time.Duration(minute) * time.Minute), Units: moka.Units{Display: moka.DisplayUSD, QuotaPerUnit: 500_000}, Wallet: &moka.Wallet{
			Remaining: moka.Known(left), Used: moka.Known(used), Raw: &moka.RawWallet{Quota: int64(left) / 2, Used: int64(used) / 2},
		}}
		var d spend.Delta
		check(t, db.Poll(t.Context(), "a", func(state, _ json.RawMessage) (Poll, error) {
			var before spend.State
			if state != nil {
				check(t, json.Unmarshal(state, &before))
			}
			var after spend.State
			after, d = spend.Step(before, r, spend.Log{})
			after.Unstored = nil
			owed := d.After(before.Unstored)
			p := Poll{Sample: Sample{At: r.At, Spendable: r.Spendable(), Delta: owed}}
			p.Spend, _ = json.Marshal(after)
			after.Unstored = &owed
			p.Owing, _ = json.Marshal(after)
			return p, nil
		}))
		return d
	}
	told := moka.Amount(0)
	poll(10*moka.Dollar, 0)
	db.reserve.mu.Lock()
	db.reserve.full, db.reserve.tried = true, time.Now()
	db.reserve.mu.Unlock()
	for _, left := range []moka.Amount{51, 50, 49} {
		told += poll(left*moka.Dollar, (51-left)*moka.Dollar).TopUp
	}
	equal(t, "told", told, 41*moka.Dollar)
	equal(t, "readings", number(t, db.read, "SELECT COUNT(*) FROM readings"), 1)
	db.reserve.mu.Lock()
	db.reserve.full = false
	db.reserve.mu.Unlock()
	poll(48*moka.Dollar, 3*moka.Dollar)
	total, err := db.Spent(t.Context(), "a", t0, t0.Add(time.Hour))
	check(t, err)
	equal(t, "topped up", total.TopUps, 41*moka.Dollar)
	equal(t, "spent", total.Spent, 3*moka.Dollar)
}
