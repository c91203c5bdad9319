package mokatest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sort"
	"strings"
)

// answer routes as the family's server does: exact paths only, GET only, JSON
// 404s below the API's prefixes and the web app everywhere else.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	w.Header().Set("X-Oneapi-Request-Id", s.requestID())
	if !s.version.before(V2026_07) {
		w.Header().Set("X-New-Api-Version", "v"+string(s.version))
	}
	routes := map[string]func(http.ResponseWriter, *http.Request){
		"/v1/models":                         s.models,
		"/v1/dashboard/billing/subscription": s.subscription, "/dashboard/billing/subscription": s.subscription,
		"/v1/dashboard/billing/usage": s.usage, "/dashboard/billing/usage": s.usage,
		"/api/user/self": s.self, "/api/status": s.status, "/api/pricing": s.pricing, "/api/token/": s.tokens,
	}
	if !s.version.before(V2025_12) {
		routes["/api/usage/token/"] = s.tokenUsage
	}
	switch route, found := routes[r.URL.Path]; {
	case found && r.Method == http.MethodGet:
		route(w, r)
	case strings.HasPrefix(r.URL.Path, "/v1"), strings.HasPrefix(r.URL.Path, "/api"), strings.HasPrefix(r.URL.Path, "/assets"), found:
		writeJSON(w, http.StatusNotFound, object{"error": object{
			"message": fmt.Sprintf("Invalid URL (%s %s)", r.Method, r.URL.Path), "type": "invalid_request_error", "param": "", "code": "",
		}})
	default:
		webPage(w)
	}
}

type object = map[string]any

func (s *Server) requestID() string { return fmt.Sprintf("20261123072625%08d", s.serial) }

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func webPage(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, `<!doctype html><html><head><title>New API</title></head><body><div id="root"></div></body></html>`)
}

func (s *Server) models(w http.ResponseWriter, r *http.Request) {
	if s.key(w, r) == nil {
		return
	}
	list := []object{}
	for _, m := range s.state.Models {
		entry := object{"id": m.ID, "object": "model", "created": 1626777600, "owned_by": m.Owner}
		if s.version == V2025_04 {
			entry["permission"], entry["root"], entry["parent"] = []object{}, m.ID, nil
		} else {
			entry["supported_endpoint_types"] = []string{"openai"}
		}
		list = append(list, entry)
	}
	answer := object{"data": list, "success": true}
	if s.version != V2025_04 {
		answer["object"] = "list"
	}
	writeJSON(w, http.StatusOK, answer)
}

// unlimitedLimit is what the billing endpoint says of a key without a limit.
const unlimitedLimit = 100_000_000

func (s *Server) subscription(w http.ResponseWriter, r *http.Request) {
	k := s.key(w, r)
	if k == nil {
		return
	}
	remain, used, expires := s.seen(k)
	limit, until := s.displayed(remain+used), int64(0)
	if k.Unlimited && s.state.Options.TokenStat {
		limit = unlimitedLimit
	}
	if expires && !k.ExpiresAt.IsZero() {
		until = k.ExpiresAt.Unix()
	}
	writeJSON(w, http.StatusOK, object{
		"object": "billing_subscription", "has_payment_method": true,
		"soft_limit_usd": limit, "hard_limit_usd": limit, "system_hard_limit_usd": limit, "access_until": until,
	})
}

func (s *Server) usage(w http.ResponseWriter, r *http.Request) {
	k := s.key(w, r)
	if k == nil {
		return
	}
	_, used, _ := s.seen(k)
	writeJSON(w, http.StatusOK, object{"object": "list", "total_usage": s.displayed(used) * 100})
}

// seen are the figures that the billing endpoints show with a key.
func (s *Server) seen(k *Key) (remain, used int64, ofKey bool) {
	if s.state.Options.TokenStat {
		return k.Remain, k.Used, true
	}
	a := s.state.account(k.Account)
	return a.Quota, a.UsedQuota, false
}

func (s *Server) displayed(quota int64) float64 {
	o := s.state.Options
	switch o.Display {
	case "TOKENS":
		return float64(quota)
	case "CNY":
		return float64(quota) / float64(o.QuotaPerUnit) * o.ExchangeRate
	}
	return float64(quota) / float64(o.QuotaPerUnit)
}

func (s *Server) self(w http.ResponseWriter, r *http.Request) {
	a := s.user(w, r)
	if a == nil {
		return
	}
	data := object{
		"id": a.ID, "username": a.Username, "role": 1, "status": 1, "quota": a.Quota, "used_quota": a.UsedQuota,
		"request_count": a.Requests, "group": "default", "setting": "",
	}
	if s.version == V2025_04 {
		data["access_token"], data["password"] = a.AccessToken, ""
	} else {
		data["permissions"], data["sidebar_modules"] = object{}, ""
	}
	writeJSON(w, http.StatusOK, object{"success": true, "message": "", "data": data})
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	o := s.state.Options
	data := object{
		"version": "v" + string(s.version), "system_name": "Moka AI", "start_time": 1795418535,
		"quota_per_unit": o.QuotaPerUnit, "display_in_currency": o.Display != "TOKENS",
		"enable_data_export": true, "enable_batch_update": false, "server_address": "http://localhost:3000",
	}
	if s.version != V2025_04 {
		data["quota_display_type"], data["usd_exchange_rate"] = o.Display, o.ExchangeRate
	}
	writeJSON(w, http.StatusOK, object{"success": true, "message": "", "data": data})
}

// pricing is per model a ratio of which 1 means two dollars for a million
// prompt tokens, and what a completion token costs in prompt tokens.
func (s *Server) pricing(w http.ResponseWriter, _ *http.Request) {
	list := []object{}
	for _, m := range s.state.Models {
		list = append(list, object{
			"model_name": m.ID, "quota_type": 0, "model_ratio": m.Input / 2, "model_price": 0,
			"completion_ratio": m.Output / m.Input, "enable_groups": []string{"default"},
		})
	}
	writeJSON(w, http.StatusOK, object{
		"success": true, "data": list, "group_ratio": object{"default": 1}, "usable_group": object{"default": "默认分组"},
	})
}

func (s *Server) tokens(w http.ResponseWriter, r *http.Request) {
	a := s.user(w, r)
	if a == nil {
		return
	}
	items := []object{}
	for i, k := range s.state.Keys {
		if k.Account != a.ID {
			continue
		}
		shown := strings.TrimPrefix(k.Key, "sk-")
		if !s.version.before(V2026_07) {
			shown = shown[:4] + "**********" + shown[len(shown)-4:]
		}
		expires := int64(-1)
		if !k.ExpiresAt.IsZero() {
			expires = k.ExpiresAt.Unix()
		}
		items = append(items, object{
			"id": i + 1, "user_id": a.ID, "key": shown, "status": max(1, k.Status), "name": k.Name, "expired_time": expires,
			"remain_quota": k.Remain, "used_quota": k.Used, "unlimited_quota": k.Unlimited, "group": "",
		})
	}
	sort.SliceStable(items, func(i, j int) bool { return items[i]["id"].(int) > items[j]["id"].(int) })
	q := r.URL.Query()
	first := map[bool]string{true: "0", false: "1"}[s.version == V2025_04]
	if p := q.Get("p"); p != first && p != "" && p != "0" {
		items = []object{}
	}
	if s.version == V2025_04 {
		writeJSON(w, http.StatusOK, object{"success": true, "message": "", "data": items})
		return
	}
	writeJSON(w, http.StatusOK, object{"success": true, "message": "", "data": object{
		"page": 1, "page_size": 100, "total": len(items), "items": items,
	}})
}
