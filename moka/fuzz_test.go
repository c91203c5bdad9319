package moka

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var fuzzUnits = Units{Display: DisplayUSD, QuotaPerUnit: 500000}

// seeds are the documented shapes and their likely mutilations.
func seeds(f *testing.F, bodies ...string) {
	f.Helper()
	for _, body := range append(bodies, ``, `{}`, `null`, `[]`, `{"data":null}`, `{"data":{}}`, `{"data":[]}`, `{"data":[{}]}`, page,
		`{"error":{"message":"Invalid token","type":"new_api_error","code":""}}`, `{"message":"x","success":false}`) {
		f.Add([]byte(body))
	}
}

func plausible(t *testing.T, amounts ...Maybe) {
	t.Helper()
	for _, m := range amounts {
		if a, ok := m.Get(); ok && (a > 2*maxMoney || a < -2*maxMoney) {
			t.Errorf("amount %d is out of bounds", a)
		}
	}
}

func FuzzSubscription(f *testing.F) {
	seeds(f, keyLimit, `{"hard_limit_usd":100000000}`, `{"hard_limit_usd":1e308,"access_until":-1}`, `{"hard_limit_usd":"5"}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		sub, err := decodeSubscription(body)
		if err != nil {
			return
		}
		for _, display := range []Display{DisplayUSD, DisplayCNY, DisplayRaw, DisplayCustom, "EUR"} {
			key, err := Units{Display: display, QuotaPerUnit: 500000, CNYPerUSD: 7.3}.viewed(sub, 1)
			if err == nil {
				plausible(t, key.Remaining, key.Total, key.Used)
			}
		}
	})
}

func FuzzUsed(f *testing.F) {
	seeds(f, keyUsed, `{"total_usage":2.0000000000000002e-7}`, `{"total_usage":-1}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		if used, err := decodeUsed(body); err == nil && (math.IsNaN(used) || math.IsInf(used, 0)) {
			t.Errorf("used %v", used)
		}
	})
}

func FuzzModels(f *testing.F) {
	seeds(f, `{"data":[{"id":"a","owned_by":"b"},{"id":"a"}],"object":"list","success":true}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		models, err := decodeModels(body)
		if err == nil && models == nil {
			t.Error("neither models nor an error")
		}
		for i, m := range models {
			if m.ID == "" || i > 0 && models[i-1].ID >= m.ID {
				t.Errorf("not a sorted set: %q", models)
			}
		}
	})
}

func FuzzSelf(f *testing.F) {
	seeds(f, account, `{"data":{"quota":9007199254740993,"used_quota":-9223372036854775808}}`, `{"data":{"quota":1.5,"used_quota":1e3}}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		if s, err := decodeSelf(body); err == nil {
			w, _ := fuzzUnits.wallet(s)
			plausible(t, w.Remaining, w.Used)
		}
	})
}

func FuzzStatus(f *testing.F) {
	seeds(f, statusUSD, statusOne, `{"data":{"quota_per_unit":1e300}}`, `{"data":{"quota_per_unit":500000,"quota_display_type":"CNY","usd_exchange_rate":1e-300}}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := decodeStatus(body)
		if err != nil {
			return
		}
		if s.Units.QuotaPerUnit <= 0 || s.Units.Display == DisplayCNY && s.Units.CNYPerUSD <= 0 {
			t.Errorf("units %+v", s.Units)
		}
		if a, err := s.Units.amount(5.25); err == nil {
			plausible(t, Known(a))
		}
	})
}

func FuzzTokenUsage(f *testing.F) {
	seeds(f, tokenFine, tokenEmpty, tokenOld)
	f.Fuzz(func(t *testing.T, body []byte) {
		if u, err := decodeTokenUsage(body); err == nil {
			key, _ := fuzzUnits.key(u)
			plausible(t, key.Remaining, key.Used, key.Total)
			u.state(time.Unix(0, 0))
		}
	})
}

func FuzzPlans(f *testing.F) {
	seeds(f, noPlans, onePlan)
	f.Fuzz(func(t *testing.T, body []byte) {
		raw, err := decodePlans(body, time.Unix(0, 0))
		if err != nil {
			return
		}
		if plans, err := fuzzUnits.plans(raw.active, time.Unix(0, 0)); err == nil {
			w := Wallet{}
			w.addPlans(plans)
			plausible(t, w.Plans)
		}
	})
}

func FuzzUsage(f *testing.F) {
	seeds(f, `{"data":[{"id":0,"model_name":"gpt-4o","created_at":1795341600,"token_used":4500,"count":3,"quota":22501}],"success":true}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		sums := newUsageSums()
		w := window{1795000000, 1796000000}
		if sums.add(body, w) != nil {
			return
		}
		rows, err := sums.list(fuzzUnits)
		for i, row := range rows {
			plausible(t, Known(row.Spent))
			if err != nil || row.Hour.Unix()%3600 != 0 || i > 0 && row.Hour.Before(rows[i-1].Hour) {
				t.Errorf("row %+v", row)
			}
		}
	})
}

func FuzzStat(f *testing.F) {
	seeds(f, `{"data":{"quota":13155,"rpm":0,"tpm":0},"success":true}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		if spent, err := decodeStat(body); err == nil {
			plausible(t, Known(Amount(spent)))
		}
	})
}

func FuzzKeys(f *testing.F) {
	seeds(f, keyPageJSON("array", 0, 2), keyPageJSON("object", 1, 2), `{"data":[{"id":1,"key":"\u0000\u0000aaaaaaaaaaaa","status":1,"remain_quota":1,"used_quota":1}]}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeKeys(body)
		if err != nil {
			return
		}
		for _, raw := range got.keys {
			info, err := raw.info(fuzzUnits, time.Unix(0, 0))
			if err == nil {
				plausible(t, info.Remaining, Known(info.Used))
			}
			if utf8.RuneCountInString(info.Key) > 9 {
				t.Errorf("too much of a key: %q", info.Key)
			}
		}
	})
}

func FuzzPrices(f *testing.F) {
	seeds(f, `{"data":[{"model_name":"m","quota_type":0,"model_ratio":1.5,"model_price":0,"completion_ratio":5,"enable_groups":["default"]}],"group_ratio":{"default":1,"auto":"x"}}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := decodePrices(body)
		if err != nil {
			return
		}
		prices := list.of(payingGroup{name: "default"}, fuzzUnits)
		for _, p := range prices {
			plausible(t, p.InputPerMTok, p.OutputPerMTok, p.PerCall)
		}
	})
}

func FuzzNotice(f *testing.F) {
	seeds(f, `{"data":"## Maintenance\nSunday"}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		if text, err := decodeNotice(body); err == nil && !utf8.ValidString(text) {
			t.Errorf("%q", text)
		}
	})
}

func FuzzFailure(f *testing.F) {
	seeds(f, `{"error":"x"}`, `{"error":{"message":5,"code":null}}`, `{"success":false,"code":"AUTH_UNAUTHORIZED","message":"no"}`)
	c, err := New("https://x.test", bothCredentials)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		words, _ := decodeFailure(body)
		text := c.clean(words.message)
		if utf8.RuneCountInString(text) > maxMessage || !utf8.ValidString(text) {
			t.Errorf("%q", text)
		}
	})
}

// FuzzRead gives the same answer to every call of a reading: whatever it is,
// a figure is there or an error says why not, and nothing leaks.
func FuzzRead(f *testing.F) {
	for _, body := range []string{statusUSD, statusOne, keyLimit, keyUsed, account, noPlans, onePlan, tokenFine, page, ``, `{}`, `{"error":{"message":"` + testKey + `"}}`,
		`{"data":{"quota_per_unit":500000,"quota":5,"used_quota":1,"subscriptions":[],"total_granted":1,"total_used":1,"total_available":0},"hard_limit_usd":7,"total_usage":500}`} {
		for _, status := range []int{200, 301, 401, 403, 404, 500} {
			f.Add([]byte(body), status)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		if status < 200 || status > 599 || status >= 502 && status <= 504 {
			return // those are repeated, which takes time
		}
		g := &gateway{replies: map[string]reply{}}
		for _, path := range []string{statusPath, limitPath, usedPath, selfPath, plansPath, tokenPath, keysPath} {
			g.replies[path] = reply{status: status, body: string(body)}
		}
		r := dial(t, g, bothCredentials).Read(t.Context())
		plausible(t, r.Spendable(), r.Key.Remaining, r.Key.Total, r.Wallet.Remaining)
		if r.KeyErr == nil && (r.Key.State == "" || !r.Key.Unlimited && !r.Key.Remaining.Known()) {
			t.Errorf("no figure and no reason: %+v", *r.Key)
		}
		if r.WalletErr == nil && !r.Wallet.Remaining.Known() {
			t.Errorf("no figure and no reason: %+v", *r.Wallet)
		}
		if status != 200 && r.Key.Remaining.Known() && r.Key.State != KeyExhausted {
			t.Errorf("HTTP %d gave figures: %+v", status, *r.Key)
		}
		for _, e := range []*Error{r.KeyErr, r.WalletErr} {
			if e != nil && (strings.Contains(e.Error(), testKey[3:]) || strings.Contains(e.Error(), testToken)) {
				t.Errorf("leak: %v", e)
			}
		}
	})
}
