package mokatest

import (
	"cmp"
	"crypto/rand"
	"net/http"
)

// status is what the gateway tells anybody about itself: the same until an option
// changes.
func (s *Server) status(*http.Request) reply {
	if s.statusBody == nil || s.statusOf != s.state.Options {
		s.statusOf, s.statusBody = s.state.Options, s.describe().body
	}
	return bodyJSON(http.StatusOK, s.statusBody)
}

func (s *Server) describe() reply {
	o := s.state.Options
	d := obj{
		"version": s.version.release(), "start_time": s.started.Unix(), "system_name": "Moka",
		"quota_per_unit": o.QuotaPerUnit, "display_in_currency": o.Display != "TOKENS",
		"server_address": cmp.Or(o.ServerAddress, "http://localhost:3000"), "logo": "", "footer_html": "", "email_verification": false,
		"github_oauth": false, "github_client_id": "", "turnstile_check": false, "turnstile_site_key": "",
		"wechat_login": false, "wechat_qrcode": "",
	}
	if s.version == OneAPI {
		d["system_name"], d["chat_link"], d["top_up_link"], d["oidc"], d["lark_client_id"] = "One API", "", o.TopUpLink, false, ""
		if s.member.isHub() {
			d["system_name"], d["language"], d["PaymentUSDRate"], d["PaymentMinAmount"], d["UptimeEnabled"] = "One Hub", "zh_CN", 7.3, 1, false
		}
		return data(d)
	}
	d["price"], d["setup"], d["self_use_mode_enabled"], d["demo_site_enabled"] = 7.3, true, false, false
	d["enable_data_export"], d["enable_batch_update"], d["data_export_default_time"] = o.DataExport, o.BatchUpdate, "hour"
	d["enable_drawing"], d["enable_task"], d["mj_notify_enabled"] = true, true, false
	if !s.version.atLeast(V2026_07) {
		d["top_up_link"] = o.TopUpLink
	}
	if s.version.atLeast(V2025_12) {
		d["quota_display_type"], d["usd_exchange_rate"] = o.Display, o.USDExchangeRate
		d["custom_currency_symbol"], d["custom_currency_exchange_rate"] = cmp.Or(o.CustomSymbol, "¤"), cmp.Or(o.CustomRate, 1)
		d["announcements_enabled"], d["announcements"] = true, []obj{}
	}
	s.decorate(d)
	return data(d)
}

// decorate adds what only the console's own pages read.
func (s *Server) decorate(d obj) {
	for _, name := range []string{"docs_link", "linuxdo_client_id", "oidc_client_id", "oidc_authorization_endpoint", "telegram_bot_name"} {
		d[name] = ""
	}
	for _, name := range []string{"linuxdo_oauth", "oidc_enabled", "telegram_oauth", "default_collapse_sidebar"} {
		d[name] = false
	}
	d["chats"] = []obj{{"OpenCat": "opencat://team/join?domain={address}&token={key}"}}
	if s.version == V2025_04 {
		d["enable_online_topup"], d["min_topup"] = false, 1
		return
	}
	for _, name := range []string{"HeaderNavModules", "SidebarModulesAdmin", "discord_client_id", "passkey_attachment", "passkey_rp_id"} {
		d[name] = ""
	}
	for _, name := range []string{"discord_oauth", "passkey_login", "default_use_auto_group", "privacy_policy_enabled", "user_agreement_enabled"} {
		d[name] = false
	}
	d["api_info_enabled"], d["api_info"], d["faq_enabled"], d["faq"] = true, []obj{}, true, []obj{}
	d["uptime_kuma_enabled"], d["stripe_unit_price"], d["linuxdo_minimum_trust_level"] = true, 8, 0
	if s.version.atLeast(V2026_07) {
		d["theme"], d["checkin_enabled"], d["register_enabled"] = "default", false, true
		d["password_login_enabled"], d["password_register_enabled"] = true, true
	}
}

// topUpInfo is how a user can add money. Since 2026-07 it is the only place that
// names the operator's page.
func (s *Server) topUpInfo(*http.Request, *Account) reply {
	d := obj{
		"amount_options": []int{10, 20, 50, 100, 200, 500}, "creem_products": "[]", "discount": obj{}, "pay_methods": []obj{},
		"enable_creem_topup": false, "enable_online_topup": false, "enable_stripe_topup": false, "min_topup": 1, "stripe_min_topup": 1,
	}
	if s.version.atLeast(V2026_07) {
		d["topup_link"] = s.state.Options.TopUpLink
		d["enable_redemption"], d["enable_waffo_topup"], d["enable_waffo_pancake_topup"] = false, false, false
		d["payment_compliance_confirmed"], d["payment_compliance_terms_version"] = false, "v1"
		d["waffo_min_topup"], d["waffo_pancake_min_topup"], d["waffo_pay_methods"] = 1, 1, nil
		return data(d)
	}
	d["pay_methods"] = []obj{
		{"color": "rgba(var(--semi-blue-5), 1)", "name": "支付宝", "type": "alipay"},
		{"color": "rgba(var(--semi-green-5), 1)", "name": "微信", "type": "wxpay"},
		{"color": "black", "min_topup": "50", "name": "自定义1", "type": "custom1"},
	}
	return data(d)
}

func (s *Server) notice(*http.Request) reply { return data(s.state.Notice) }

// self is the account with its wallet.
func (s *Server) self(_ *http.Request, a *Account) reply {
	d := obj{
		"id": a.ID, "username": a.Username, "display_name": a.Username, "role": 1, "status": 1, "email": "",
		"quota": a.Quota, "used_quota": a.UsedQuota, "request_count": a.Requests, "group": a.Group,
		"github_id": "", "oidc_id": "", "wechat_id": "", "aff_code": "MWMq", "inviter_id": 0,
	}
	switch s.version {
	case OneAPI:
		d["password"], d["verification_code"], d["access_token"], d["lark_id"] = "", "", "", ""
		return data(d)
	case V2025_04:
		d["password"], d["verification_code"], d["access_token"], d["DeletedAt"] = "", "", a.AccessToken, nil
	default:
		d["discord_id"], d["stripe_customer"], d["sidebar_modules"] = "", "", ""
		may := obj{"sidebar_modules": obj{"admin": false}, "sidebar_settings": true}
		if s.version.atLeast(V2026_07) {
			may["admin_permissions"] = obj{"channel": obj{"operate": false, "read": false, "secret_view": false, "sensitive_write": false, "write": false}}
		}
		d["permissions"] = may
	}
	d["telegram_id"], d["linux_do_id"], d["setting"] = "", "", ""
	d["aff_count"], d["aff_quota"], d["aff_history_quota"] = 0, 0, 0
	return data(d)
}

// newAccessToken is a read in name only: the old access token is dead at once.
func (s *Server) newAccessToken(_ *http.Request, a *Account) reply {
	a.AccessToken = rand.Text() + "fake"
	return data(a.AccessToken)
}

func (s *Server) groups(_ *http.Request, a *Account) reply {
	d := obj{}
	for _, g := range s.state.Groups {
		d[g.Name] = obj{"desc": g.About, "ratio": a.ratio(g)}
	}
	return data(d)
}

// userModels has the models without a price too.
func (s *Server) userModels(_ *http.Request, a *Account) reply {
	ids := []string{}
	for _, m := range s.state.Models {
		if m.in(a.Group) {
			ids = append(ids, m.ID)
		}
	}
	return data(ids)
}

// ratio is what the account pays in a group; without an account, what everybody does.
func (a *Account) ratio(g Group) float64 {
	if a != nil {
		if special, ok := a.Ratios[g.Name]; ok {
			return special
		}
	}
	return g.Ratio
}

const priceVersion = "a42d372ccf0b5dd13ecf71203521f9d2"

// pricing is the price list, for anybody. Only the newest member looks at the
// access token, and takes an unknown one for none.
func (s *Server) pricing(r *http.Request) reply {
	var caller *Account
	if header := r.Header.Get("Authorization"); header != "" && s.version.atLeast(V2026_08) {
		caller = s.accountOf(header)
	}
	list := []obj{}
	for i, m := range s.state.Models {
		list = append(list, s.price(m))
		if i == 0 && s.version.atLeast(V2026_07) {
			list[0]["pricing_version"] = priceVersion
		}
	}
	ratios, usable := obj{}, obj{}
	for _, g := range s.state.Groups {
		ratios[g.Name], usable[g.Name] = caller.ratio(g), g.About
	}
	body := obj{"data": list, "group_ratio": ratios, "usable_group": usable, "success": true}
	if s.version == V2025_04 {
		usable[""] = "用户分组"
	} else {
		body["auto_groups"], body["vendors"] = []string{"default"}, []obj{{"id": 1, "name": "OpenAI", "icon": "OpenAI"}}
		body["supported_endpoint"] = obj{"openai": obj{"path": "/v1/chat/completions", "method": "POST"}}
	}
	if s.version.atLeast(V2026_07) {
		body["pricing_version"] = priceVersion
	}
	return asJSON(http.StatusOK, body)
}

func (s *Server) price(m Model) obj {
	o := obj{
		"model_name": m.ID, "quota_type": 0, "model_ratio": m.Ratio, "model_price": 0, "owner_by": "",
		"completion_ratio": m.Completion, "enable_groups": m.groups(),
	}
	if m.Tiered {
		o["billing_mode"], o["billing_expr"] = "tiered_expr", "tier(\"base\", p * 2 + c * 8)"
	}
	if m.Price != 0 {
		o["quota_type"], o["model_ratio"], o["model_price"], o["completion_ratio"] = 1, 0, m.Price, 0
	}
	if s.version.atLeast(V2025_12) {
		o["supported_endpoint_types"] = []string{"openai"}
	}
	return o
}
