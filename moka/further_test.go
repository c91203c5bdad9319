package moka

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// Trap 28: the order of an answer means nothing.
func TestModelsAreASortedSet(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want []Model
	}{
		"2025-04": {`{"data":[{"id":"gpt-4o","object":"model","owned_by":"vertex-ai","permission":[{}]},{"id":"Zeta"},{"id":"gpt-4o","owned_by":"x"}],"success":true}`,
			[]Model{{"Zeta", ""}, {"gpt-4o", "vertex-ai"}}},
		"2026":    {`{"data":[{"id":"moka/b","owned_by":"m"},{"id":"moka/a","owned_by":"m"}],"object":"list","success":true}`, []Model{{"moka/a", "m"}, {"moka/b", "m"}}},
		"one-api": {`{"object":"list","data":[{"id":"a"}]}`, []Model{{"a", ""}}},
		"none":    {`{"data":[]}`, []Model{}},
	} {
		got, err := dial(t, healthy(map[string]reply{modelsPath: {body: c.body}}), bothCredentials).Models(t.Context())
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	_, err := dial(t, healthy(map[string]reply{modelsPath: {body: `{"error":{"message":"The model does not exist","code":"model_not_found"}}`}}), bothCredentials).Models(t.Context())
	mustKind(t, err, "unavailable")
}

func TestStatusIsReadInEveryShape(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want Units
		err  string
	}{
		"2025-04":          {`{"data":{"quota_per_unit":500000,"display_in_currency":true,"enable_data_export":true}}`, Units{Display: DisplayUSD, QuotaPerUnit: 500000}, ""},
		"2025-04 raw":      {`{"data":{"quota_per_unit":500000,"display_in_currency":false}}`, Units{Display: DisplayRaw, QuotaPerUnit: 500000}, ""},
		"yuan":             {`{"data":{"quota_per_unit":500000.0,"quota_display_type":"CNY","usd_exchange_rate":7.3}}`, Units{Display: DisplayCNY, QuotaPerUnit: 500000, CNYPerUSD: 7.3}, ""},
		"type before flag": {`{"data":{"quota_per_unit":5e5,"quota_display_type":"USD","display_in_currency":false}}`, Units{Display: DisplayUSD, QuotaPerUnit: 500000}, ""},
		"no unit":          {`{"data":{"display_in_currency":true}}`, Units{}, "bad_response"},
		"unit of nothing":  {`{"data":{"quota_per_unit":0}}`, Units{}, "bad_response"},
		"broken unit":      {`{"data":{"quota_per_unit":68493.15}}`, Units{Display: DisplayUSD, QuotaPerUnit: 68493.15}, ""},
		"unit below zero":  {`{"data":{"quota_per_unit":-0.5}}`, Units{}, "bad_response"},
		"yuan, no rate":    {`{"data":{"quota_per_unit":500000,"quota_display_type":"CNY"}}`, Units{}, "bad_response"},
		"yuan for nothing": {`{"data":{"quota_per_unit":500000,"quota_display_type":"CNY","usd_exchange_rate":0}}`, Units{}, "bad_response"},
		"no data":          {`{"success":true}`, Units{}, "bad_response"},
	} {
		s, err := dial(t, healthy(map[string]reply{statusPath: {body: c.body}}), bothCredentials).Status(t.Context())
		if s.Units != c.want || kindOf(asError(err)) != c.err {
			t.Errorf("%s: %+v, %v", name, s.Units, err)
		}
	}
	s, err := dial(t, healthy(nil), bothCredentials).Status(t.Context())
	if err != nil || s.Version != "v1" || s.SystemName != "moka" || !s.DataExport || s.BatchUpdate || s.StartedAt.Unix() != 1795418535 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestPlansAreConverted(t *testing.T) {
	body := `{"data":{"subscriptions":[
		{"subscription":{"id":1,"amount_total":10000000,"amount_used":2500000,"end_time":1797925036,"status":"active","next_reset_time":1796000000}},
		{"subscription":{"id":2,"amount_total":0,"amount_used":5,"end_time":0,"status":"active"}},
		{"subscription":{"id":3,"amount_total":1000,"amount_used":5000,"end_time":0,"status":"active","allow_wallet_overflow":false}},
		{"subscription":{"id":4,"amount_total":1000,"amount_used":0,"end_time":1,"status":"active"}},
		{"subscription":{"id":5,"amount_total":1000,"amount_used":0,"end_time":0,"status":"cancelled"}}
	]}}`
	c := dial(t, healthy(map[string]reply{plansPath: {body: body}}), bothCredentials, WithNow(func() time.Time { return time.Unix(1795000000, 0) }))
	got, err := c.Plans(t.Context())
	want := []Plan{
		{ID: 1, Total: 20 * Dollar, Used: 5 * Dollar, Left: 15 * Dollar, EndsAt: time.Unix(1797925036, 0).UTC(), ResetsAt: time.Unix(1796000000, 0).UTC(), AllowOverflow: true, RawTotal: 10000000, RawUsed: 2500000},
		{ID: 2, Unlimited: true, Used: 10, AllowOverflow: true, RawUsed: 5},
		{ID: 3, Total: 2000, Used: 10000, RawTotal: 1000, RawUsed: 5000},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("\n got %+v\nwant %+v\n%v", got, want, err)
	}
	if w := c.Read(t.Context()).Wallet; !w.PlansUnlimited || w.Plans != Known(15*Dollar) {
		t.Errorf("wallet %+v", w)
	}
}

func TestNoticeIsTextOrNothing(t *testing.T) {
	for body, want := range map[string]string{
		`{"data":"","success":true}`:                          "",
		`{"data":" ## Maintenance\nSunday 02:00 UTC\u0007 "}`: "## Maintenance\nSunday 02:00 UTC",
		`{"data":"\u001b[31mred\u001b[0m\nnext"}`:             "red\nnext",
		`{"data":"` + strings.Repeat("x", 5000) + `"}`:        strings.Repeat("x", maxNotice-1) + "…",
	} {
		got, err := dial(t, healthy(map[string]reply{noticePath: {body: body}}), Credentials{}).Notice(t.Context())
		if err != nil || got != want {
			t.Errorf("%.40s: %q, %v", body, got, err)
		}
	}
	_, err := dial(t, healthy(nil), Credentials{}).Notice(t.Context())
	mustKind(t, err, "not_supported/not_found")
}

func TestProbeTellsWhatIsToBeHad(t *testing.T) {
	for name, c := range map[string]struct {
		edits map[string]reply
		cred  Credentials
		view  Scope
		calls int
	}{
		"key's view by its own figures": {map[string]reply{tokenPath: {body: tokenFine}}, Credentials{APIKey: testKey}, ScopeKey, 3},
		"account's view by the key's":   {map[string]reply{tokenPath: {body: tokenFine}, limitPath: limitOf("12.469134"), usedPath: usedOf("246.9134")}, Credentials{APIKey: testKey}, ScopeAccount, 3},
		"nothing to tell by":            {nil, Credentials{APIKey: testKey}, ScopeUnknown, 3},
		"account's view by the wallet":  {map[string]reply{limitPath: limitOf("12.469134"), usedPath: usedOf("246.9134")}, bothCredentials, ScopeAccount, 6},
	} {
		t.Run(name, func(t *testing.T) {
			edits := map[string]reply{modelsPath: {body: `{"data":[{"id":"a"},{"id":"b"}]}`}, noticePath: {body: `{"data":""}`}}
			maps.Copy(edits, c.edits)
			p := dial(t, healthy(edits), c.cred).Probe(t.Context())
			if p.View != c.view || p.CallsPerReading != c.calls || p.Models != 2 || p.StatusErr != nil || p.Budget != defaultRequests {
				t.Errorf("%+v", p)
			}
			offered := map[string]bool{}
			for _, o := range p.Offers {
				offered[o.Op] = o.Err == nil
			}
			if len(offered) != 7 || !offered["notice"] || offered["pricing"] || offered["token"] {
				t.Errorf("offers %v", offered)
			}
		})
	}
}
