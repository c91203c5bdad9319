package moka

import "testing"

// priceList has a model for each way in which a price can be told, or not.
const priceList = `{"data":[
	{"model_name":"claude","quota_type":0,"model_ratio":1.5,"model_price":0,"completion_ratio":5,"enable_groups":["default","vip"]},
	{"model_name":"picture","quota_type":1,"model_ratio":0,"model_price":0.04,"completion_ratio":0,"enable_groups":["all"]},
	{"model_name":"default only","quota_type":0,"model_ratio":1,"completion_ratio":1,"enable_groups":["default"]},
	{"model_name":"nobody's","quota_type":0,"model_ratio":1,"completion_ratio":1,"enable_groups":["svip"]},
	{"model_name":"tiered","quota_type":0,"model_ratio":1,"completion_ratio":1,"billing_mode":"tiered_expr"},
	{"model_name":"unpriced","quota_type":0,"model_ratio":37.5,"model_price":0,"completion_ratio":1,"enable_groups":["default","vip"]},
	{"model_name":"bare"}
],"group_ratio":{"default":1,"vip":0.5,"auto":"自动"},"usable_group":{"default":"x"},"success":true}`

func groupsOf(fields string) reply {
	return reply{body: `{"data":{` + fields + `},"message":"","success":true}`}
}

// Fault M19 and trap 35: the group of the key decides, with the account's own
// ratio for it; what cannot be known is unknown.
func TestPricesAreThoseOfTheKeysGroup(t *testing.T) {
	account := func(group string) reply {
		return reply{body: `{"data":{"id":2,"quota":1,"used_quota":1,"group":"` + group + `"},"success":true}`}
	}
	keyIn := func(group string) reply {
		return keyList(goodKey + `,"group":"` + group + `"`)
	}
	one, half, third := Price{InputPerMTok: Known(3 * Dollar), OutputPerMTok: Known(15 * Dollar)}, Price{InputPerMTok: Known(1500000), OutputPerMTok: Known(7500000)}, Price{InputPerMTok: Known(900000), OutputPerMTok: Known(4500000)}
	for _, c := range []struct {
		name                  string
		cred                  Credentials
		account, keys, groups reply
		claude, picture       Price
	}{
		{"the key's own group", bothCredentials, account("default"), keyIn("vip"), noPath, half, Price{PerCall: Known(20000)}},
		{"no group of its own", bothCredentials, account("vip"), keyIn(""), noPath, half, Price{PerCall: Known(20000)}},
		{"auto", bothCredentials, account("default"), keyIn("auto"), noPath, one, Price{PerCall: Known(40000)}},
		{"a special ratio", bothCredentials, account("default"), keyIn("vip"), groupsOf(`"vip":{"ratio":0.3},"auto":{"ratio":"自动"}`), third, Price{PerCall: Known(12000)}},
		{"a special ratio of 0", bothCredentials, account("default"), keyIn("vip"), groupsOf(`"vip":{"ratio":0}`), Price{InputPerMTok: Known(0), OutputPerMTok: Known(0)}, Price{PerCall: Known(0)}},
		{"a special ratio of another group", bothCredentials, account("default"), keyIn("vip"), groupsOf(`"default":{"ratio":0.3}`), half, Price{PerCall: Known(20000)}},
		{"a group without a ratio", bothCredentials, account("secret"), keyIn(""), noPath, Price{}, Price{}},
		{"a key that the list does not name", bothCredentials, account("vip"), reply{body: `{"data":[]}`}, noPath, Price{}, Price{}},
		{"no key", Credentials{AccessToken: testToken, UserID: 2}, account("vip"), noPath, noPath, half, Price{PerCall: Known(20000)}},
		{"the key alone, groups that differ", Credentials{APIKey: testKey}, noPath, noPath, noPath, Price{}, Price{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := healthy(map[string]reply{pricePath: {body: priceList}, selfPath: c.account, keysPath: c.keys, "/api/user/self/groups": c.groups})
			got, err := dial(t, g, c.cred).Prices(t.Context())
			if err != nil || len(got) != 7 {
				t.Fatalf("%v, %v", got, err)
			}
			for id, want := range map[string]Price{"claude": c.claude, "picture": c.picture, "nobody's": {}, "tiered": {}, "unpriced": {}, "bare": {}} {
				if got[id] != want {
					t.Errorf("%s costs %v, want %v", id, got[id], want)
				}
			}
		})
	}
}

func TestPriceOfAKeyAloneIsKnownWhereAllGroupsPayTheSame(t *testing.T) {
	got, err := dial(t, healthy(map[string]reply{pricePath: {body: priceList}}), Credentials{APIKey: testKey}).Prices(t.Context())
	if want := (Price{InputPerMTok: Known(2 * Dollar), OutputPerMTok: Known(2 * Dollar)}); err != nil || got["default only"] != want {
		t.Errorf("%v, %v", got["default only"], err)
	}
}

// What decides on the price and cannot be read makes the prices unknown, not the account's.
func TestPricesFailWhereTheGroupCannotBeRead(t *testing.T) {
	for _, path := range []string{selfPath, keysPath, "/api/user/self/groups"} {
		g := healthy(map[string]reply{pricePath: {body: priceList}, keysPath: keyList(goodKey), "/api/user/self/groups": groupsOf(`"default":{"ratio":1}`)})
		g.set(path, reply{status: 500})
		_, err := dial(t, g, bothCredentials).Prices(t.Context())
		mustKind(t, err, "unavailable")
	}
}

// Fault M20: a list that is not what it should be is an error, never an empty list.
func TestMalformedModelListsAreErrors(t *testing.T) {
	for name, body := range map[string]string{
		"no ids":             `{"object":"list","data":[{"name":"gpt-4o"},{"name":"claude"}]}`,
		"one without":        `{"object":"list","data":[{"id":"gpt-4o"},{"object":"model"}]}`,
		"an empty id":        `{"data":[{"id":""}]}`,
		"a blank id":         `{"data":[{"id":" \u200b "}]}`,
		"a null id":          `{"data":[{"id":null}]}`,
		"a number":           `{"data":[{"id":5}]}`,
		"an object":          `{"data":[{"id":{"name":"gpt-4o"}}]}`,
		"names only":         `{"data":["gpt-4o","claude"]}`,
		"null entries":       `{"data":[null]}`,
		"data null":          `{"object":"list","data":null}`,
		"data missing":       `{"object":"list","success":true}`,
		"data an object":     `{"object":"list","data":{"gpt-4o":{}}}`,
		"data a text":        `{"object":"list","data":"gpt-4o"}`,
		"models elsewhere":   `{"models":[{"id":"gpt-4o"}]}`,
		"another object":     `{"object":"error","data":[{"id":"gpt-4o"}]}`,
		"a bare list":        `[{"id":"gpt-4o"}]`,
		"cut off":            `{"object":"list","data":[{"id":"gpt-4o"}`,
		"an object too many": `{"object":"list","data":[{"id":"a"}]}{"data":[]}`,
	} {
		models, err := dial(t, healthy(map[string]reply{modelsPath: {body: body}}), bothCredentials).Models(t.Context())
		if err == nil || kindOf(asError(err)) != "bad_response" || models != nil {
			t.Errorf("%s: %v, %v", name, models, err)
		}
	}
	got, err := dial(t, healthy(map[string]reply{modelsPath: {body: `{"data":[{"id":"b","owned_by":7},{"id":"a"},{"id":"b"}]}`}}), bothCredentials).Models(t.Context())
	if err != nil || len(got) != 2 || got[0].ID != "a" || got[1].ID != "b" {
		t.Errorf("%v, %v", got, err)
	}
}
