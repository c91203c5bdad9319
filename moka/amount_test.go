package moka

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
)

func TestQuotaConvertsExactly(t *testing.T) {
	for _, c := range []struct {
		quota  int64
		perUSD float64
		want   Amount
		bad    bool
	}{
		{5000000, 500000, 10 * Dollar, false},
		{1234567, 500000, 2469134, false},
		{-1200, 500000, -2400, false},
		{0, 500000, 0, false},
		{9007199254740993, 500000, 18014398509481986, false},
		{-9007199254740993, 500000, -18014398509481986, false},
		{1, 3, 333333, false},
		{2, 3, 666667, false},
		{-2, 3, -666667, false},
		{1, 2_000_000, 1, false}, // half a millionth rounds up
		{math.MaxInt64, 1_000_000, math.MaxInt64, false},
		{math.MinInt64, 2_000_000, -(1 << 62), false},
		{math.MaxInt64, 1, 0, true},
		{math.MinInt64, 1, 0, true},
		{1, 0, 0, true},
		{1, -5, 0, true},
		{1, math.NaN(), 0, true},
		{1, math.Inf(1), 0, true},
		{6849315, 68493.15, 100 * Dollar, false},
		{-6849315, 68493.15, -100 * Dollar, false},
		{1, 68493.15, 15, false},
		{9007199254740993, 0.5, 0, true},
	} {
		got, err := FromQuota(c.quota, c.perUSD)
		if got != c.want || (err != nil) != c.bad {
			t.Errorf("FromQuota(%d, %v) = %d, %v; want %d", c.quota, c.perUSD, got, err, c.want)
		}
	}
}

func TestDollarsRoundToTheNearestMillionth(t *testing.T) {
	for _, c := range []struct {
		usd  float64
		want Amount
		bad  bool
	}{
		{24.691399999999998 / 100, 246914, false},
		{2.0000000000000002e-7, 0, false},
		{-3, -3 * Dollar, false},
		{100000000, 100000000 * Dollar, false},
		{math.NaN(), 0, true},
		{math.Inf(1), 0, true},
		{1e13, 0, true},
	} {
		got, err := FromUSD(c.usd)
		if got != c.want || (err != nil) != c.bad {
			t.Errorf("FromUSD(%v) = %d, %v; want %d", c.usd, got, err, c.want)
		}
	}
}

func TestAmountReadsAsPeopleWriteIt(t *testing.T) {
	for amount, want := range map[Amount]string{
		0: "$0.00", 1: "$0.000001", 4200: "$0.0042", -2400: "-$0.0024", 9999: "$0.009999", 10000: "$0.01",
		-3 * Dollar: "-$3.00", 1234*Dollar + 500000: "$1,234.50", 999999: "$1.00", 12345678 * Dollar: "$12,345,678.00",
		math.MinInt64: "-$9,223,372,036,854.78", math.MaxInt64: "$9,223,372,036,854.78",
	} {
		if got := amount.String(); got != want {
			t.Errorf("%d reads %q, want %q", int64(amount), got, want)
		}
	}
	for amount, want := range map[Amount]string{
		0: "$0.00", 1: "$0.000001", 22400: "$0.0224", -1234*Dollar - 500000: "-$1,234.50", math.MinInt64: "-$9,223,372,036,854.775808",
	} {
		if got := amount.Exact(); got != want {
			t.Errorf("%d is exactly %q, want %q", int64(amount), got, want)
		}
	}
	if got := (Maybe{}).Exact(); got != "?" {
		t.Errorf("unknown is exactly %q", got)
	}
	if got := (Maybe{}).String(); got != "?" {
		t.Errorf("unknown reads %q", got)
	}
}

func TestAmountSurvivesJSON(t *testing.T) {
	for _, m := range []Maybe{{}, Known(0), Known(90010000), Known(2469134), Known(-1), Known(-5 * Dollar), Known(18014398509481986)} {
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var back Maybe
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		a, _ := m.Get()
		b, _ := back.Get()
		if m.Known() != back.Known() || !exact(a, b) {
			t.Errorf("%v became %s became %v", m, data, back)
		}
	}
	for text, want := range map[string]Amount{"90.01": 90010000, "-0.0000014": -1, "1e2": 100 * Dollar} {
		var a Amount
		if err := json.Unmarshal([]byte(text), &a); err != nil || a != want {
			t.Errorf("%s became %d, %v", text, a, err)
		}
	}
	for _, text := range []string{`"5"`, "true", "1e300", "{}"} {
		var a Amount
		if err := json.Unmarshal([]byte(text), &a); !errors.Is(err, ErrAmount) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestUnknownStaysUnknown(t *testing.T) {
	if (Maybe{}).Plus(Known(1)).Known() || Known(1).Minus(Maybe{}).Known() {
		t.Error("a sum with an unknown side is known")
	}
	if Known(3).Minus(Known(5)) != Known(-2) || Known(3).Plus(Known(5)) != Known(8) {
		t.Error("wrong sum")
	}
}
