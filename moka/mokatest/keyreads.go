package mokatest

import (
	"net/http"
	"slices"
	"strings"
)

const modelBirth = 1626777600

// models lists what a key may call.
func (s *Server) models(r *http.Request) reply {
	k, owner, no := s.checkKey(r)
	if no != nil {
		return *no
	}
	list := []obj{}
	for _, m := range s.callable(k, owner) {
		list = append(list, s.model(m))
	}
	body := obj{"data": list}
	if s.version != V2025_04 {
		body["object"] = "list"
	}
	if s.version != OneAPI {
		body["success"] = true
	}
	return asJSON(http.StatusOK, body)
}

// callable are the models of a key. The oldest member repeats the key's limits,
// whether or not the models are there.
func (s *Server) callable(k *Key, owner *Account) []Model {
	if len(k.Models) > 0 && s.version == V2025_04 {
		list := []Model{}
		for _, id := range k.Models {
			list = append(list, s.modelNamed(id))
		}
		return list
	}
	group := owner.Group
	if k.Group != "" {
		group = k.Group
	}
	return slices.DeleteFunc(slices.Clone(s.state.Models), func(m Model) bool {
		hidden := m.Unpriced && s.version.atLeast(V2025_12)
		limited := len(k.Models) > 0 && !slices.Contains(k.Models, m.ID)
		return hidden || limited || !m.in(group)
	})
}

func (m Model) groups() []string {
	if m.Groups == nil {
		return []string{"default"}
	}
	return m.Groups
}

func (m Model) in(group string) bool { return slices.Contains(m.groups(), group) }

func (s *Server) modelNamed(id string) Model {
	for _, m := range s.state.Models {
		if m.ID == id {
			return m
		}
	}
	return Model{ID: id, OwnedBy: "custom"}
}

// model is a model as /v1/models shows it.
func (s *Server) model(m Model) obj {
	o := obj{"id": m.ID, "object": "model", "created": modelBirth, "owned_by": m.OwnedBy}
	switch {
	case s.version.atLeast(V2026_07):
		o["owned_by"] = "openai"
		fallthrough
	case s.version.atLeast(V2025_12):
		o["supported_endpoint_types"] = []string{"openai"}
	default:
		o["root"], o["parent"] = m.ID, nil
		o["permission"] = []obj{{
			"id": "modelperm-LwHkVFn8AcMItP432fKKDIKJ", "object": "model_permission", "created": modelBirth,
			"allow_create_engine": true, "allow_sampling": true, "allow_logprobs": true, "allow_search_indices": false,
			"allow_view": true, "allow_fine_tuning": false, "organization": "*", "group": nil, "is_blocking": false,
		}}
	}
	return o
}

// oneModel shows one model; an unknown one is an error with status 200.
func (s *Server) oneModel(r *http.Request) reply {
	if _, _, no := s.checkKey(r); no != nil {
		return *no
	}
	name := strings.TrimPrefix(r.URL.Path, "/v1/models/")
	for _, m := range s.state.Models {
		if m.ID == name {
			return asJSON(http.StatusOK, s.model(m))
		}
	}
	return asJSON(http.StatusOK, obj{"error": obj{
		"message": "The model '" + name + "' does not exist", "type": "invalid_request_error",
		"param": "model", "code": "model_not_found",
	}})
}

const unlimitedUSD = 100_000_000

// shown converts raw quota to the unit of the billing endpoints.
func (s *Server) shown(quota int64) float64 {
	o := s.state.Options
	display := o.Display
	if display != "TOKENS" && !s.version.atLeast(V2025_12) {
		display = "USD"
	}
	usd := float64(quota) / o.QuotaPerUnit
	switch display {
	case "TOKENS":
		return float64(quota)
	case "CNY":
		return usd * o.USDExchangeRate
	}
	return usd
}

// subscription is the first of the billing pair: what was ever granted.
func (s *Server) subscription(r *http.Request) reply {
	k, owner, no := s.checkKey(r)
	switch {
	case no != nil:
		return *no
	case s.state.Options.NoBillingRow:
		return billingRowMissing("upstream_error")
	}
	limit, until := s.shown(k.Remain+k.Used), seconds(k.ExpiresAt, 0)
	switch {
	case s.showsAccount(k) && s.member.isHub():
		limit = s.shown(owner.Quota + owner.UsedQuota)
	case !s.state.Options.TokenStat && s.version == OneAPI:
		limit = s.shown(owner.Quota)
	case !s.state.Options.TokenStat:
		limit = s.shown(owner.Quota + owner.UsedQuota)
	case k.Unlimited:
		limit = unlimitedUSD
	}
	if !s.state.Options.TokenStat {
		until = 0
	}
	return asJSON(http.StatusOK, obj{
		"object": "billing_subscription", "has_payment_method": true, "soft_limit_usd": limit,
		"hard_limit_usd": limit, "system_hard_limit_usd": limit, "access_until": until,
	})
}

// usage is the second: what was ever used, in hundredths.
func (s *Server) usage(r *http.Request) reply {
	k, owner, no := s.checkKey(r)
	switch {
	case no != nil:
		return *no
	case s.state.Options.NoBillingRow:
		return billingRowMissing("new_api_error")
	}
	used := k.Used
	if s.showsAccount(k) {
		used = owner.UsedQuota
	}
	return asJSON(http.StatusOK, obj{"object": "list", "total_usage": s.shown(used) * 100})
}

// showsAccount reports whether the billing pair shows the account. The hubs do
// so for unlimited keys too.
func (s *Server) showsAccount(k *Key) bool {
	return !s.state.Options.TokenStat || k.Unlimited && s.member.isHub()
}

// billingRowMissing is an error with status 200.
func billingRowMissing(kind string) reply {
	return asJSON(http.StatusOK, obj{"error": obj{"message": "record not found", "type": kind, "param": "", "code": nil}})
}

// tokenUsage shows a key in raw quota, from 2026-02 on also one that is
// refused elsewhere.
func (s *Server) tokenUsage(r *http.Request) reply {
	k, no := s.keyToShow(r)
	if no != nil {
		return *no
	}
	scheme, key, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "bearer") || strings.Contains(key, " ") {
		return failed(http.StatusUnauthorized, "Invalid Bearer token")
	}
	if _, suffix := s.keyFor(r); suffix {
		return failed(http.StatusOK, s.inLanguage(r, "获取令牌信息失败，请稍后重试", "Failed to get token info, please try again later"))
	}
	limits := obj{}
	for _, id := range k.Models {
		limits[id] = true
	}
	return asJSON(http.StatusOK, obj{"code": true, "message": "ok", "data": obj{
		"object": "token_usage", "name": k.Name, "total_granted": k.Remain + k.Used, "total_used": k.Used,
		"total_available": k.Remain, "unlimited_quota": k.Unlimited, "model_limits": limits,
		"model_limits_enabled": len(k.Models) > 0, "expires_at": seconds(k.ExpiresAt, 0),
	}})
}

// keyToShow finds the key; the reply is the refusal.
func (s *Server) keyToShow(r *http.Request) (*Key, *reply) {
	if !s.version.atLeast(V2026_07) {
		k, _, no := s.checkKey(r)
		return k, no
	}
	no := func(status int, chinese, english string) (*Key, *reply) {
		answer := failed(status, s.inLanguage(r, chinese, english))
		return nil, &answer
	}
	if r.Header.Get("Authorization") == "" {
		return no(http.StatusUnauthorized, "未提供令牌", "Token not provided")
	}
	k, _ := s.keyFor(r)
	switch {
	case s.state.Options.DatabaseDown:
		return no(http.StatusInternalServerError, databaseTrouble, databaseTrouble)
	case k == nil:
		return no(http.StatusUnauthorized, wrongKey, "Invalid token")
	case k.Status == StatusDisabled:
		return no(http.StatusUnauthorized, "该令牌状态不可用", "This token status is unavailable")
	}
	owner := s.state.Account(k.AccountID)
	switch {
	case owner == nil:
		return no(http.StatusInternalServerError, databaseTrouble, databaseTrouble)
	case owner.Banned:
		return no(http.StatusForbidden, bannedChinese, bannedEnglish)
	}
	return k, nil
}
