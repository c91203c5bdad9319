package moka

import (
	"testing"
)

// verdict is a reading in short; "?" is unknown.
type verdict struct {
	state              KeyState
	scope              Scope
	unlimited          bool
	left, used, total  string
	keyErr             string
	wallet, walletUsed string
	walletErr, spend   string
}

func verdictOf(r Reading) verdict {
	v := verdict{keyErr: kindOf(r.KeyErr), walletErr: kindOf(r.WalletErr), spend: r.Spendable().String()}
	if k := r.Key; k != nil {
		v.state, v.scope, v.unlimited = k.State, k.Scope, k.Unlimited
		v.left, v.used, v.total = k.Remaining.String(), k.Used.String(), k.Total.String()
	}
	if w := r.Wallet; w != nil {
		v.wallet, v.walletUsed = w.Remaining.String(), w.Used.String()
	}
	return v
}

// keyStates are what gateways answer for a key in each state, and what may be
// concluded. The releases are named by their month.
var keyStates = []struct {
	name    string
	billing reply // both billing endpoints, when set
	token   reply // /api/usage/token/, when offered
	want    verdict
}{
	{"2025-04 exhausted, stored (trap 2)", refusal(401, "该令牌额度已用尽 TokenStatusExhausted[sk-abc***xyz]", ""), reply{},
		verdict{KeyExhausted, ScopeKey, false, "$0.00", "?", "?", "", "", "", "", "$0.00"}},
	{"2025-12 exhausted, first request (trap 2)", refusal(401, `[sk-abc***xyz] 该令牌额度已用尽 !token.UnlimitedQuota \u0026\u0026 token.RemainQuota = -1200`, ""), refusal(401, "该令牌额度已用尽 TokenStatusExhausted[sk-abc***xyz]", ""),
		verdict{KeyExhausted, ScopeKey, false, "$0.00", "?", "?", "", "", "", "", "$0.00"}},
	{"one-api exhausted", refusal(401, "令牌 exhausted（#8）额度已用尽", ""), reply{},
		verdict{KeyExhausted, ScopeKey, false, "$0.00", "?", "?", "", "", "", "", "$0.00"}},
	{"2026 exhausted (trap 2, 3, 18)", refusal(401, "Invalid token", ""), reply{body: tokenEmpty},
		verdict{KeyExhausted, ScopeKey, false, "-$0.0024", "$1.00", "$1.00", "", "", "", "", "-$0.0024"}},
	{"2026 topped up, not enabled again (trap 24)", refusal(401, "Invalid token", ""), reply{body: tokenFine},
		verdict{KeyDisabled, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "", "", "", "$0.00"}},
	{"2025 expired", refusal(401, "该令牌已过期", ""), reply{},
		verdict{KeyExpired, ScopeUnknown, false, "?", "?", "?", "unauthorized/api_key", "", "", "", "$0.00"}},
	{"2026 expired (trap 3)", refusal(401, "Invalid token", ""), reply{body: tokenOld},
		verdict{KeyExpired, ScopeKey, false, "$0.80", "$0.20", "$1.00", "", "", "", "", "$0.00"}},
	{"2025 disabled", refusal(401, "该令牌状态不可用", ""), reply{},
		verdict{KeyDisabled, ScopeUnknown, false, "?", "?", "?", "unauthorized/api_key", "", "", "", "$0.00"}},
	{"2026 disabled (trap 3)", refusal(401, "Invalid token", ""), saidNo(401, "This token status is unavailable", ""),
		verdict{KeyDisabled, ScopeUnknown, false, "?", "?", "?", "unauthorized/api_key", "", "", "", "$0.00"}},
	{"2025 unknown key", refusal(401, "无效的令牌", ""), refusal(401, "无效的令牌", ""),
		verdict{KeyRefused, ScopeUnknown, false, "?", "?", "?", "unauthorized/api_key", "", "", "", "?"}},
	{"2026 unknown key (trap 3)", refusal(401, "Invalid token", ""), saidNo(401, "Invalid token", ""),
		verdict{KeyRefused, ScopeUnknown, false, "?", "?", "?", "unauthorized/api_key", "", "", "", "?"}},
	{"second look limited (trap 18)", refusal(401, "Invalid token", ""), reply{status: 429},
		verdict{KeyRefused, ScopeUnknown, false, "?", "?", "?", "unauthorized/api_key", "", "", "", "?"}},
	{"2025 owner banned", refusal(403, "用户已被封禁", ""), reply{},
		verdict{KeyRefused, ScopeUnknown, false, "?", "?", "?", "banned", "", "", "", "?"}},
	{"2026 owner banned (trap 30)", refusal(403, "User has been banned", ""), saidNo(403, "User has been banned", ""),
		verdict{KeyRefused, ScopeUnknown, false, "?", "?", "?", "banned", "", "", "", "?"}},
	{"2025-12 address not allowed", refusal(403, "您的 IP 不在令牌允许访问的列表中", ""), refusal(403, "您的 IP 不在令牌允许访问的列表中", ""),
		verdict{KeyRefused, ScopeUnknown, false, "?", "?", "?", "forbidden/address", "", "", "", "?"}},
	{"one-api address not allowed", refusal(403, "该令牌只能在指定网段使用：10.9.8.0/24，当前 ip：127.0.0.1", ""), reply{},
		verdict{KeyRefused, ScopeUnknown, false, "?", "?", "?", "forbidden/address", "", "", "", "?"}},
	{"2026 address not allowed", refusal(403, "您的 IP 不在令牌允许访问的列表中", "access_denied"), reply{body: tokenFine},
		verdict{KeyOK, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "", "", "", "$5.00"}},
	{"2025-12 group not allowed", refusal(403, "无权访问 vip 分组", ""), reply{},
		verdict{KeyRefused, ScopeUnknown, false, "?", "?", "?", "forbidden", "", "", "", "?"}},
	{"2025-12 database trouble as 401 (trap 4)", refusal(401, "无效的令牌，数据库查询出错，请联系管理员", ""), reply{},
		verdict{"", ScopeUnknown, false, "?", "?", "?", "unavailable", "", "", "", "?"}},
	{"2026 database trouble", refusal(500, "Database error, please contact the administrator", ""), reply{},
		verdict{"", ScopeUnknown, false, "?", "?", "?", "unavailable", "", "", "", "?"}},
	{"error object in HTTP 200 (trap 6)", reply{body: `{"error":{"message":"record not found","type":"upstream_error","param":"","code":null}}`}, reply{},
		verdict{"", ScopeUnknown, false, "?", "?", "?", "unavailable", "", "", "", "?"}},
	{"web page (trap 1)", webPage(), reply{},
		verdict{"", ScopeUnknown, false, "?", "?", "?", "bad_response/web_page", "", "", "", "?"}},
	{"no such path", reply{status: 404, body: `{"error":{"message":"Invalid URL","type":"x","code":""}}`}, reply{},
		verdict{"", ScopeUnknown, false, "?", "?", "?", "bad_response/not_found", "", "", "", "?"}},
	{"fields missing (trap 6)", reply{body: `{"object":"list"}`}, reply{},
		verdict{"", ScopeUnknown, false, "?", "?", "?", "bad_response", "", "", "", "?"}},
	{"rate limited, empty body (trap 19)", reply{status: 429, header: map[string]string{"Retry-After": "180"}}, reply{},
		verdict{"", ScopeUnknown, false, "?", "?", "?", "rate_limited", "", "", "", "?"}},
}

func TestKeyIsInTheStateTheAnswersAllow(t *testing.T) {
	for _, s := range keyStates {
		t.Run(s.name, func(t *testing.T) {
			g := healthy(map[string]reply{limitPath: s.billing, usedPath: s.billing})
			if s.token.status != 0 || s.token.body != "" {
				g.set(tokenPath, s.token)
			}
			r := dial(t, g, Credentials{APIKey: testKey}).Read(t.Context())
			if got := verdictOf(r); got != s.want {
				t.Errorf("\n got %+v\nwant %+v\nerror %v", got, s.want, r.KeyErr)
			}
			if r.KeyErr != nil {
				mustKind(t, r.KeyErr, s.want.keyErr)
			}
		})
	}
}

// accountStates are the same for the account, next to a key that is fine.
var accountStates = []struct {
	name  string
	edits map[string]reply
	want  verdict
}{
	{"fine", nil,
		verdict{KeyOK, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "$10.00", "$2.47", "", "$5.00"}},
	{"empty while the key shows money (trap 11)", map[string]reply{selfPath: selfOf("0", "3000000")},
		verdict{KeyOK, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "$0.00", "$6.00", "", "$0.00"}},
	{"overdrawn (trap 14)", map[string]reply{selfPath: selfOf("-2000000", "4000000")},
		verdict{KeyOK, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "-$4.00", "$8.00", "", "-$4.00"}},
	{"beyond 2^53 (trap 27)", map[string]reply{selfPath: selfOf("9007199254740993", "0")},
		verdict{KeyOK, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "$18,014,398,509.48", "$0.00", "", "$5.00"}},
	{"empty with an active plan (trap 12)", map[string]reply{selfPath: selfOf("0", "3000000"), plansPath: {body: onePlan}},
		verdict{KeyOK, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "$0.00", "$6.00", "", "$5.00"}},
	{"no plans here (trap 12)", map[string]reply{plansPath: noPath},
		verdict{KeyOK, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "$10.00", "$2.47", "", "$5.00"}},
	{"plans behind a 404 that is not the gateway's", map[string]reply{plansPath: {status: 404, body: page}},
		verdict{KeyOK, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "$10.00", "$2.47", "bad_response/not_found", "?"}},
	{"plans failing", map[string]reply{plansPath: saidNo(500, "x", "")},
		verdict{KeyOK, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "$10.00", "$2.47", "unavailable", "?"}},
	{"invalid token until 2026-07 (trap 5)", map[string]reply{selfPath: saidNo(200, "无权进行此操作，access token 无效", "")},
		verdict{KeyOK, ScopeUnknown, false, "$5.00", "$0.25", "$5.25", "", "?", "?", "unauthorized/access_token", "?"}},
	{"invalid token later (trap 5)", map[string]reply{selfPath: saidNo(401, "Unauthorized, invalid access token", "AUTH_UNAUTHORIZED")},
		verdict{KeyOK, ScopeUnknown, false, "$5.00", "$0.25", "$5.25", "", "?", "?", "unauthorized/access_token", "?"}},
	{"wrong user id (trap 23)", map[string]reply{selfPath: saidNo(401, "无权进行此操作，New-Api-User 与登录用户不匹配", "")},
		verdict{KeyOK, ScopeUnknown, false, "$5.00", "$0.25", "$5.25", "", "?", "?", "unauthorized/user_id", "?"}},
	{"banned until 2026-07", map[string]reply{selfPath: saidNo(200, "用户已被封禁", "")},
		verdict{KeyOK, ScopeUnknown, false, "$5.00", "$0.25", "$5.25", "", "?", "?", "banned", "?"}},
	{"banned later (trap 30)", map[string]reply{selfPath: saidNo(401, "User has been banned", "AUTH_USER_DISABLED")},
		verdict{KeyOK, ScopeUnknown, false, "$5.00", "$0.25", "$5.25", "", "?", "?", "banned", "?"}},
	{"not allowed (trap 30)", map[string]reply{selfPath: saidNo(403, "x", "AUTH_INSUFFICIENT_PRIVILEGE")},
		verdict{KeyOK, ScopeUnknown, false, "$5.00", "$0.25", "$5.25", "", "?", "?", "forbidden", "?"}},
	{"database trouble", map[string]reply{selfPath: saidNo(500, "Database error", "AUTH_INTERNAL_ERROR")},
		verdict{KeyOK, ScopeUnknown, false, "$5.00", "$0.25", "$5.25", "", "?", "?", "unavailable", "?"}},
	{"no units", map[string]reply{statusPath: {status: 500, body: "{}"}},
		verdict{KeyOK, ScopeUnknown, false, "?", "?", "?", "unavailable", "?", "?", "unavailable", "?"}},
	{"unlimited key (trap 7)", map[string]reply{limitPath: limitOf("100000000"), usedPath: usedOf("197.5308")},
		verdict{KeyOK, ScopeKey, true, "?", "$1.98", "?", "", "$10.00", "$2.47", "", "$10.00"}},
	{"account view, key with a limit of its own (trap 10)", map[string]reply{limitPath: limitOf("12.469134"), usedPath: usedOf("246.9134"), keysPath: keyList(goodKey)},
		verdict{KeyOK, ScopeAccount, false, "$10.00", "$2.47", "$12.47", "", "$10.00", "$2.47", "", "$2.00"}},
	{"account view, unlimited key (trap 10)", map[string]reply{limitPath: limitOf("12.469134"), usedPath: usedOf("246.9134"), keysPath: keyList(freeKey)},
		verdict{KeyOK, ScopeAccount, false, "$10.00", "$2.47", "$12.47", "", "$10.00", "$2.47", "", "$10.00"}},
	{"account view with a plan (trap 12)", map[string]reply{limitPath: limitOf("6"), usedPath: usedOf("600"), selfPath: selfOf("0", "3000000"), plansPath: {body: onePlan}, keysPath: keyList(freeKey)},
		verdict{KeyOK, ScopeAccount, false, "$0.00", "$6.00", "$6.00", "", "$0.00", "$6.00", "", "$15.00"}},
	{"a single key that spends the whole account", map[string]reply{limitPath: limitOf("3"), usedPath: usedOf("100"), selfPath: selfOf("1000000", "500000"), keysPath: keyList(goodKey)},
		verdict{KeyOK, ScopeKey, false, "$2.00", "$1.00", "$3.00", "", "$2.00", "$1.00", "", "$2.00"}},
	{"nothing spent yet", map[string]reply{limitPath: limitOf("10"), usedPath: usedOf("0"), selfPath: selfOf("5000000", "0")},
		verdict{KeyOK, ScopeUnknown, false, "$10.00", "$0.00", "$10.00", "", "$10.00", "$0.00", "", "$10.00"}},
	{"account view, keys unavailable", map[string]reply{limitPath: limitOf("12.469134"), usedPath: usedOf("246.9134")},
		verdict{KeyOK, ScopeAccount, false, "$10.00", "$2.47", "$12.47", "", "$10.00", "$2.47", "", "?"}},
	{"account view, a key that is not in the list", map[string]reply{limitPath: limitOf("12.469134"), usedPath: usedOf("246.9134"), keysPath: {body: `{"data":[]}`}},
		verdict{KeyOK, ScopeAccount, false, "$10.00", "$2.47", "$12.47", "", "$10.00", "$2.47", "", "$10.00"}},
	{"account view of one-api", map[string]reply{statusPath: {body: statusOne}, limitPath: limitOf("10"), usedPath: usedOf("246.9134"), plansPath: noPath, keysPath: keyList(freeKey)},
		verdict{KeyOK, ScopeAccount, false, "$10.00", "$2.47", "$12.47", "", "$10.00", "$2.47", "", "$10.00"}},
	{"key view of one-api", map[string]reply{statusPath: {body: statusOne}, plansPath: noPath},
		verdict{KeyOK, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "$10.00", "$2.47", "", "$5.00"}},
	{"account's figures with calls under way (trap 13)", map[string]reply{limitPath: limitOf("12.46"), usedPath: usedOf("246.8")},
		verdict{KeyOK, ScopeUnknown, false, "$9.99", "$2.47", "$12.46", "", "$10.00", "$2.47", "", "$9.99"}},
	{"raw units (trap 9)", map[string]reply{statusPath: statusWith(`"quota_display_type":"TOKENS"`), limitPath: limitOf("2623457"), usedPath: usedOf("12345700")},
		verdict{KeyOK, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "$10.00", "$2.47", "", "$5.00"}},
	{"raw units by the old option (trap 9)", map[string]reply{statusPath: statusWith(`"display_in_currency":false`), limitPath: limitOf("2623457"), usedPath: usedOf("12345700")},
		verdict{KeyOK, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "$10.00", "$2.47", "", "$5.00"}},
	{"yuan (trap 9)", map[string]reply{statusPath: statusWith(`"quota_display_type":"CNY","usd_exchange_rate":7.3`), limitPath: limitOf("38.302472200000004"), usedPath: usedOf("180.24722")},
		verdict{KeyOK, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "$10.00", "$2.47", "", "$5.00"}},
	{"custom currency is dollars (trap 9)", map[string]reply{statusPath: statusWith(`"quota_display_type":"CUSTOM","custom_currency_exchange_rate":0.92`)},
		verdict{KeyOK, ScopeKey, false, "$5.00", "$0.25", "$5.25", "", "$10.00", "$2.47", "", "$5.00"}},
	{"a unit of a later release", map[string]reply{statusPath: statusWith(`"quota_display_type":"EUR"`)},
		verdict{KeyOK, ScopeUnknown, false, "?", "?", "?", "bad_response", "$10.00", "$2.47", "", "?"}},
	{"a round limit in raw units is not unlimited", map[string]reply{statusPath: statusWith(`"quota_display_type":"TOKENS"`), limitPath: limitOf("100000000"), usedPath: usedOf("12345700"),
		tokenPath: {body: `{"code":true,"data":{"total_granted":100000000,"total_used":123457,"total_available":99876543,"unlimited_quota":false,"expires_at":0}}`}},
		verdict{KeyOK, ScopeKey, false, "$199.75", "$0.25", "$200.00", "", "$10.00", "$2.47", "", "$10.00"}},
	{"exponents and noise (trap 8, 27)", map[string]reply{limitPath: limitOf("3.9999980000000003"), usedPath: usedOf("2.0000000000000002e-7")},
		verdict{KeyOK, ScopeKey, false, "$4.00", "$0.00", "$4.00", "", "$10.00", "$2.47", "", "$4.00"}},
}

func TestAccountIsInTheStateTheAnswersAllow(t *testing.T) {
	for _, s := range accountStates {
		t.Run(s.name, func(t *testing.T) {
			r := dial(t, healthy(s.edits), bothCredentials).Read(t.Context())
			if got := verdictOf(r); got != s.want {
				t.Errorf("\n got %+v\nwant %+v\nerrors %v, %v", got, s.want, r.KeyErr, r.WalletErr)
			}
		})
	}
}

func TestKeyAloneNeverClaimsAViewItCannotKnow(t *testing.T) {
	for name, c := range map[string]struct {
		limit reply
		want  Scope
	}{
		"nothing to tell by": {limitOf("5.246914"), ScopeUnknown},
		"has an expiry":      {reply{body: `{"hard_limit_usd":5.2,"access_until":4102444800}`}, ScopeKey},
		"unlimited":          {limitOf("100000000"), ScopeKey},
	} {
		t.Run(name, func(t *testing.T) {
			r := dial(t, healthy(map[string]reply{limitPath: c.limit}), Credentials{APIKey: testKey}).Read(t.Context())
			if r.Key.Scope != c.want || r.Wallet != nil || !r.OK() {
				t.Errorf("scope %s, want %s (%+v)", r.Key.Scope, c.want, r)
			}
		})
	}
}

// Trap 13: a call under way between two answers does not change the view.
func TestViewIsKeptWhileFiguresMove(t *testing.T) {
	g := healthy(map[string]reply{limitPath: limitOf("12.469134"), usedPath: usedOf("246.9134"), keysPath: keyList(freeKey)})
	c := dial(t, g, bothCredentials)
	c.Read(t.Context())
	g.set(limitPath, limitOf("12.46"))
	r := c.Read(t.Context())
	if r.Key.Scope != ScopeAccount || !r.Key.OwnUnlimited || r.Spendable() != Known(10*Dollar) {
		t.Errorf("%+v, spendable %v", *r.Key, r.Spendable())
	}
	if calls := c.CallsPerReading(); calls != 6 {
		t.Errorf("%d calls a reading", calls)
	}
	g.set(limitPath, reply{body: keyLimit}) // the operator switched the view
	g.set(usedPath, reply{body: keyUsed})
	if r := c.Read(t.Context()); r.Key.Scope != ScopeKey || r.Spendable() != Known(5*Dollar) {
		t.Errorf("%+v, spendable %v", *r.Key, r.Spendable())
	}
}
