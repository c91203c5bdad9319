package mokatest

import (
	"net/http"
	"strconv"
	"strings"
)

// asUser puts the check of the access token before a read of the console.
func asUser(read func(*Server, *http.Request, *Account) reply) func(*Server, *http.Request) reply {
	return func(s *Server, r *http.Request) reply {
		account, no := s.checkUser(r)
		if no != nil {
			return *no
		}
		answer := read(s, r, account)
		if s.version.atLeast(V2026_07) {
			answer.header.Set("Auth-Version", "864b7076dbcd0a3c01b5520316720ebf")
		}
		return answer
	}
}

// checkUser finds the account of a call. The reply is the refusal.
func (s *Server) checkUser(r *http.Request) (*Account, *reply) {
	header := r.Header.Get("Authorization")
	switch {
	case header == "":
		return s.noUser(r, http.StatusUnauthorized, "未登录且未提供 access token", "not logged in and no access token provided")
	case s.state.Options.DatabaseDown && s.version.atLeast(V2026_07):
		return s.denied(http.StatusInternalServerError, "AUTH_INTERNAL_ERROR", databaseTrouble)
	}
	account := s.accountOf(header)
	switch {
	case account == nil || s.state.Options.DatabaseDown:
		return s.noUser(r, http.StatusOK, "access token 无效", "invalid access token")
	case s.version.atLeast(V2026_08) || s.version == OneAPI: // the id is ignored
	default:
		if no := s.wrongID(r, account); no != nil {
			return nil, no
		}
	}
	if account.Banned {
		return s.denied(http.StatusOK, "AUTH_USER_DISABLED", s.inLanguage(r, bannedChinese, bannedEnglish))
	}
	return account, nil
}

// accountOf finds the account of an Authorization header.
func (s *Server) accountOf(header string) *Account {
	token := strings.TrimPrefix(header, "Bearer ")
	if s.version.atLeast(V2026_08) && len(header) >= 7 && strings.EqualFold(header[:7], "Bearer ") {
		token = header[7:]
	}
	for _, a := range s.state.Accounts {
		if a.AccessToken != "" && a.AccessToken == token {
			return a
		}
	}
	return nil
}

// wrongID is the refusal of a New-Api-User that is not the token's owner.
func (s *Server) wrongID(r *http.Request, account *Account) *reply {
	const status = http.StatusUnauthorized
	header := "New-Api-User"
	if s.member == Veloera {
		header = "Veloera-User"
	}
	named := strings.TrimSpace(r.Header.Get(header))
	id, err := strconv.ParseInt(named, 10, 64)
	var no *reply
	switch {
	case named == "":
		_, no = s.noUser(r, status, "未提供 "+header, header+" header not provided")
	case err != nil:
		_, no = s.noUser(r, status, header+" 格式错误", header+" header format error")
	case id != account.ID:
		_, no = s.noUser(r, status, header+" 与登录用户不匹配", header+" does not match logged in user")
	}
	return no
}

// noUser refuses a call nobody stands behind.
func (s *Server) noUser(r *http.Request, status int, chinese, english string) (*Account, *reply) {
	if s.version.atLeast(V2026_08) {
		chinese, english = "access token 无效", "invalid access token"
	}
	return s.denied(status, "AUTH_UNAUTHORIZED", s.inLanguage(r, "无权进行此操作，"+chinese, "Unauthorized, "+english))
}

// denied refuses a call with the status of before 2026-07-20, or with a code.
func (s *Server) denied(status int, code, message string) (*Account, *reply) {
	answer := failed(status, message)
	if s.version.atLeast(V2026_08) {
		if status == http.StatusOK {
			status = http.StatusUnauthorized
		}
		answer = asJSON(status, obj{"code": code, "message": message, "success": false})
	}
	return nil, &answer
}
