package spend

import (
	"testing"
	"time"

	"mokabot/moka"
)

func TestCallsUnderWayShowInTheWallet(t *testing.T) {
	begin := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	type look struct {
		after      time.Duration
		left, used int64 // dollars
	}
	for _, c := range []struct {
		what  string
		looks []look
		want  moka.Maybe
	}{
		{"a first reading does not tell", []look{{0, 100, 50}}, moka.Maybe{}},
		{"nor do two within a minute", []look{{0, 100, 50}, {30 * time.Second, 90, 50}}, moka.Maybe{}},
		{"nothing under way", []look{{0, 100, 50}, {2 * time.Minute, 90, 60}}, moka.Known(0)},
		{"what fell and was not used", []look{{0, 100, 50}, {2 * time.Minute, 85, 60}}, moka.Known(5 * moka.Dollar)},
		{"after it came back", []look{{0, 100, 50}, {2 * time.Minute, 85, 60}, {3 * time.Minute, 90, 60}}, moka.Known(0)},
		{"a little money taken away counts, for it looks the same", []look{{0, 100, 50}, {2 * time.Minute, 91, 50}}, moka.Known(9 * moka.Dollar)},
		{"more than calls can hold was taken away", []look{{0, 100, 50}, {2 * time.Minute, 30, 50}, {4 * time.Minute, 30, 50}}, moka.Known(0)},
	} {
		var s State
		for _, l := range c.looks {
			s, _ = Step(s, walletAt(begin.Add(l.after), l.left, l.used), Log{})
		}
		if got := s.InFlight(); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

func walletAt(at time.Time, left, used int64) moka.Reading {
	u := moka.Units{Display: moka.DisplayUSD, QuotaPerUnit: 500_000}
	return moka.Reading{At: at, Units: u, Wallet: &moka.Wallet{
		Remaining: u.Quota(left * 500_000), Used: u.Quota(used * 500_000), Raw: &moka.RawWallet{Quota: left * 500_000, Used: used * 500_000},
	}}
}
