package mokatest

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// said picks a text in the language of the call: before 2026-02 Chinese was the
// only one.
func (s *Server) inLanguage(r *http.Request, chinese, english string) string {
	if !s.version.atLeast(V2026_07) || strings.HasPrefix(r.Header.Get("Accept-Language"), "zh") {
		return chinese
	}
	return english
}

const (
	databaseTrouble = "Database error, please contact the administrator"
	bannedChinese   = "用户已被封禁"
	bannedEnglish   = "User has been banned"
	wrongKey        = "无效的令牌"
)

// keyText is the key of a call, without "Bearer " and "sk-".
func (s *Server) keyText(r *http.Request) string {
	header := r.Header.Get("Authorization")
	if len(header) >= 7 && strings.EqualFold(header[:7], "Bearer ") && (header[:6] == "Bearer" || s.version.atLeast(V2025_12)) {
		header = header[7:]
	}
	if s.version.atLeast(V2025_12) {
		header = strings.TrimSpace(header)
	}
	return strings.TrimPrefix(header, "sk-")
}

// keyFor finds the key of a call; suffix is set when the text names a channel
// behind the key.
func (s *Server) keyFor(r *http.Request) (k *Key, suffix bool) {
	text := s.keyText(r)
	if k = s.state.Key(text); k != nil || text == "" {
		return k, false
	}
	before, _, found := strings.Cut(text, "-")
	if !found || before == "" {
		return nil, false
	}
	return s.state.Key(before), true
}

// checkKey is what stands before every key endpoint. The reply is the refusal.
func (s *Server) checkKey(r *http.Request) (*Key, *Account, *reply) {
	if s.state.Options.DatabaseDown {
		return s.turnedAway(s.keyTableDown())
	}
	k, suffix := s.keyFor(r)
	if message := s.keyFault(r, k); message != "" {
		return s.turnedAway(s.refused(http.StatusUnauthorized, "", message))
	}
	k.accessed = s.now()
	if answer := s.wrongAddress(r, k); answer != nil {
		return nil, nil, answer
	}
	owner := s.state.Account(k.AccountID)
	switch {
	case owner == nil && s.version.atLeast(V2026_07):
		return s.turnedAway(s.refused(http.StatusInternalServerError, "", databaseTrouble))
	case owner == nil:
		return s.turnedAway(s.refused(http.StatusInternalServerError, "", "record not found"))
	case owner.Banned:
		return s.turnedAway(s.refused(http.StatusForbidden, "", s.inLanguage(r, bannedChinese, bannedEnglish)))
	case s.version.atLeast(V2025_12) && !s.hasGroup(k.Group):
		return s.turnedAway(s.refused(http.StatusForbidden, "", fmt.Sprintf("无权访问 %s 分组", k.Group)))
	case suffix:
		return s.turnedAway(s.refused(http.StatusForbidden, "", "普通用户不支持指定渠道"))
	}
	return k, owner, nil
}

func (s *Server) turnedAway(answer reply) (*Key, *Account, *reply) { return nil, nil, &answer }

// keyTableDown is what a database that does not answer looks like.
func (s *Server) keyTableDown() reply {
	switch {
	case s.version.atLeast(V2026_07):
		return s.refused(http.StatusInternalServerError, "", databaseTrouble)
	case s.version.atLeast(V2025_12):
		return s.refused(http.StatusUnauthorized, "", "无效的令牌，数据库查询出错，请联系管理员")
	}
	return s.refused(http.StatusUnauthorized, "", wrongKey)
}

// keyFault is why a key is refused, "" when it is not. From 2026-04 on all
// reasons are one text.
func (s *Server) keyFault(r *http.Request, k *Key) string {
	reason := s.keyReason(r, k)
	if reason != "" && s.version.atLeast(V2026_07) {
		return s.inLanguage(r, wrongKey, "Invalid token")
	}
	return reason
}

func (s *Server) keyReason(r *http.Request, k *Key) string {
	switch {
	case k == nil && r.Header.Get("Authorization") == "":
		return "未提供令牌"
	case k == nil:
		return wrongKey
	case k.Status == StatusExhausted && s.version == OneAPI:
		return fmt.Sprintf("令牌 %s（#%d）额度已用尽", k.Name, k.ID)
	case k.Status == StatusExhausted:
		return fmt.Sprintf("该令牌额度已用尽 TokenStatusExhausted[%s]", glimpse(k))
	case k.Status == StatusExpired:
		return "该令牌已过期"
	case k.Status != StatusEnabled:
		return "该令牌状态不可用"
	case !k.ExpiresAt.IsZero() && k.ExpiresAt.Before(s.now()):
		s.store(k, StatusExpired)
		return "该令牌已过期"
	case !k.Unlimited && k.Remain <= 0:
		s.store(k, StatusExhausted)
		if s.version == OneAPI {
			return "该令牌额度已用尽"
		}
		return fmt.Sprintf("[%s] 该令牌额度已用尽 !token.UnlimitedQuota && token.RemainQuota = %d", glimpse(k), k.Remain)
	}
	return ""
}

// store writes a refusal's reason into the database, which Redis prevents.
func (s *Server) store(k *Key, status int) {
	if !s.state.Options.Redis {
		k.Status = status
	}
}

// glimpse is the key as refusals show it.
func glimpse(k *Key) string {
	text := strings.TrimPrefix(k.Key, "sk-")
	return "sk-" + text[:min(3, len(text))] + "***" + text[max(0, len(text)-3):]
}

// wrongAddress is the refusal of a caller whose address the key does not allow.
func (s *Server) wrongAddress(r *http.Request, k *Key) *reply {
	caller, _ := netip.ParseAddrPort(r.RemoteAddr)
	if s.version == V2025_04 || allowed(k.AllowIPs, caller.Addr()) {
		return nil
	}
	code, message := "", "您的 IP 不在令牌允许访问的列表中"
	if s.version.atLeast(V2026_07) {
		code = "access_denied"
	}
	if s.version == OneAPI {
		message = fmt.Sprintf("该令牌只能在指定网段使用：%s，当前 ip：%s", k.AllowIPs, caller.Addr())
	}
	answer := s.refused(http.StatusForbidden, code, message)
	return &answer
}

// allowed reports whether an address is in a list of addresses and networks.
func allowed(list string, ip netip.Addr) bool {
	entries := strings.FieldsFunc(list, func(c rune) bool { return c == '\n' || c == ',' || c == ' ' })
	for _, entry := range entries {
		if network, err := netip.ParsePrefix(entry); err == nil && network.Contains(ip) {
			return true
		}
		if one, err := netip.ParseAddr(entry); err == nil && one == ip {
			return true
		}
	}
	return len(entries) == 0
}

// hasGroup reports whether accounts may use a group. "" is their own.
func (s *Server) hasGroup(name string) bool {
	for _, g := range s.state.Groups {
		if g.Name == name {
			return true
		}
	}
	return name == ""
}
