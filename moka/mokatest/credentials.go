package mokatest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// States of a key as the server stores them.
const (
	Enabled   = 1
	Disabled  = 2
	Expired   = 3
	Exhausted = 4
)

// key is the API key of a request that may spend; otherwise the refusal is
// written, in the words of the server's version.
func (s *Server) key(w http.ResponseWriter, r *http.Request) *Key {
	k := s.find(r)
	if k == nil {
		return s.refuse(w, "无效的令牌")
	}
	if a := s.state.account(k.Account); a != nil && a.Banned {
		s.keyError(w, http.StatusForbidden, map[bool]string{true: "用户已被封禁", false: "User has been banned"}[s.version.before(V2026_07)])
		return nil
	}
	masked := k.Key[:6] + "***" + k.Key[len(k.Key)-3:]
	switch {
	case k.Status == Exhausted:
		return s.refuse(w, "该令牌额度已用尽 TokenStatusExhausted["+masked+"]")
	case k.Status == Expired || !k.ExpiresAt.IsZero() && k.ExpiresAt.Before(s.now()):
		return s.refuse(w, "该令牌已过期")
	case k.Status == Disabled:
		return s.refuse(w, "该令牌状态不可用")
	case k.Remain <= 0 && !k.Unlimited:
		k.Status = Exhausted // the first refusal writes it down
		return s.refuse(w, fmt.Sprintf("[%s] 该令牌额度已用尽 !token.UnlimitedQuota && token.RemainQuota = %d", masked, k.Remain))
	}
	return k
}

// find is the key that a request carries. The oldest version insists on how
// "Bearer" is written.
func (s *Server) find(r *http.Request) *Key {
	auth := r.Header.Get("Authorization")
	if s.version != V2025_04 && len(auth) > 7 && strings.EqualFold(auth[:7], "bearer ") {
		auth = strings.TrimSpace(auth[7:])
	}
	auth = strings.TrimPrefix(strings.TrimPrefix(auth, "Bearer "), "sk-")
	for _, k := range s.state.Keys {
		if auth != "" && strings.TrimPrefix(k.Key, "sk-") == strings.TrimSpace(auth) {
			return k
		}
	}
	return nil
}

// refuse says why, up to 2025; newer versions say the same of every key.
func (s *Server) refuse(w http.ResponseWriter, why string) *Key {
	if !s.version.before(V2026_07) {
		why = "Invalid token"
	}
	s.keyError(w, http.StatusUnauthorized, why)
	return nil
}

func (s *Server) keyError(w http.ResponseWriter, status int, text string) {
	e := object{"message": text + " (request id: " + s.requestID() + ")", "type": "new_api_error"}
	if s.version != V2025_04 {
		e["code"] = ""
	}
	writeJSON(w, status, object{"error": e})
}

// user is the account whose access token a request carries; otherwise the
// refusal is written: up to 2026-07 with status 200.
func (s *Server) user(w http.ResponseWriter, r *http.Request) *Account {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	var found *Account
	for _, a := range s.state.Accounts {
		if token != "" && a.AccessToken == token {
			found = a
		}
	}
	newest := s.version == V2026_08
	switch {
	case found == nil && newest:
		return failed(w, http.StatusUnauthorized, "AUTH_UNAUTHORIZED", "Unauthorized")
	case found == nil && token == "":
		return failed(w, http.StatusUnauthorized, "", s.say("无权进行此操作，未登录且未提供 access token", "not logged in and no access token provided"))
	case found == nil:
		return failed(w, http.StatusOK, "", s.say("无权进行此操作，access token 无效", "invalid access token"))
	case found.Banned && newest:
		return failed(w, http.StatusUnauthorized, "AUTH_USER_DISABLED", "User has been banned")
	case found.Banned:
		return failed(w, http.StatusOK, "", s.say("用户已被封禁", "User has been banned"))
	case newest:
		return found
	}
	id, err := strconv.ParseInt(strings.TrimSpace(r.Header.Get("New-Api-User")), 10, 64)
	switch {
	case r.Header.Get("New-Api-User") == "":
		return failed(w, http.StatusUnauthorized, "", s.say("无权进行此操作，未提供 New-Api-User", "New-Api-User not provided"))
	case err != nil:
		return failed(w, http.StatusUnauthorized, "", s.say("无权进行此操作，New-Api-User 格式错误", "New-Api-User format error"))
	case id != found.ID:
		return failed(w, http.StatusUnauthorized, "", s.say("无权进行此操作，New-Api-User 与登录用户不匹配", "New-Api-User does not match the logged-in user"))
	}
	return found
}

func (s *Server) say(chinese, english string) string {
	if s.version.before(V2026_07) {
		return chinese
	}
	return english
}

func failed(w http.ResponseWriter, status int, code, text string) *Account {
	e := object{"success": false, "message": text}
	if code != "" {
		e["code"] = code
	}
	writeJSON(w, status, e)
	return nil
}

// tokenUsage answers for exhausted and expired keys too, from 2026 on.
func (s *Server) tokenUsage(w http.ResponseWriter, r *http.Request) {
	k := s.find(r)
	if s.version == V2025_12 && k != nil {
		if k = s.key(w, r); k == nil {
			return
		}
	}
	switch {
	case k == nil:
		writeJSON(w, http.StatusUnauthorized, object{"success": false, "message": "Invalid token"})
		return
	case k.Status == Disabled:
		writeJSON(w, http.StatusUnauthorized, object{"success": false, "message": "This token status is unavailable"})
		return
	}
	granted, expires := k.Remain+k.Used, int64(0)
	if k.Unlimited {
		granted = 0
	}
	if !k.ExpiresAt.IsZero() {
		expires = k.ExpiresAt.Unix()
	}
	writeJSON(w, http.StatusOK, object{"code": true, "message": "ok", "data": object{
		"object": "token_usage", "name": k.Name, "total_granted": granted, "total_used": k.Used, "total_available": k.Remain,
		"unlimited_quota": k.Unlimited, "model_limits": object{}, "model_limits_enabled": false, "expires_at": expires,
	}})
}

// The credentials of the demonstration's account. They open nothing else.
const (
	DemoKey         = "sk-demoDEMOdemoDEMOdemoDEMOdemoDEMOdemoDEMOdemo1234"
	DemoAccessToken = "demo+access/token+of+nobody=="
	DemoUserID      = 1
)

// NewDemo is a gateway with one account, one key and a believable list of models.
func NewDemo(now func() time.Time) *Server {
	s := New(V2026_08)
	s.SetNow(now)
	s.AddAccount(Account{ID: DemoUserID, Username: "demo", AccessToken: DemoAccessToken, Quota: 45_005_000, UsedQuota: 101_150_000, Requests: 8412})
	s.AddKey(DemoUserID, Key{Key: DemoKey, Name: "production", Remain: 45_005_000, Used: 101_150_000})
	s.Update(func(st *State) { st.Models = demoModels() })
	return s
}

func demoModels() []Model {
	return []Model{
		{"anthropic/claude-haiku-4-5", "anthropic", 1, 5},
		{"anthropic/claude-opus-4-6", "anthropic", 5, 25},
		{"anthropic/claude-sonnet-4-6", "anthropic", 3, 15},
		{"deepseek/deepseek-chat", "deepseek", 0.28, 0.42},
		{"deepseek/deepseek-reasoner", "deepseek", 0.28, 0.42},
		{"google/gemini-2.5-flash", "google", 0.3, 2.5},
		{"google/gemini-2.5-pro", "google", 1.25, 10},
		{"google/gemini-3-pro", "google", 2, 12},
		{"moka/claude-opus-4-6", "moka", 4, 20},
		{"moka/claude-sonnet-4-6", "moka", 2.4, 12},
		{"moka/gpt-5.1", "moka", 1, 8},
		{"moka/gpt-5.1-codex", "moka", 1, 8},
		{"openai/gpt-4o", "openai", 2.5, 10},
		{"openai/gpt-4o-mini", "openai", 0.15, 0.6},
		{"openai/gpt-5.1", "openai", 1.25, 10},
		{"openai/gpt-5.1-codex", "openai", 1.25, 10},
		{"openai/gpt-5.1-mini", "openai", 0.25, 2},
		{"openai/o4-mini", "openai", 1.1, 4.4},
		{"qwen/qwen3-coder-plus", "qwen", 1, 5},
		{"qwen/qwen3-max", "qwen", 1.2, 6},
		{"qwen/qwen3-235b-a22b", "qwen", 0.7, 2.8},
		{"deepseek/deepseek-v3.2", "deepseek", 0.28, 0.42},
		{"google/gemini-3-flash", "google", 0.5, 3},
		{"anthropic/claude-opus-4-5", "anthropic", 5, 25},
		{"openai/gpt-image-1", "openai", 5, 40},
		{"moka/gemini-3-pro", "moka", 1.6, 9.6},
		{"qwen/qwen3-vl-plus", "qwen", 0.2, 1.6},
		{"openai/text-embedding-3-large", "openai", 0.13, 0.13},
	}
}
