package moka

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// notOffered is what a read says that the gateway lacks.
const notOffered = "not offered here"

// classify reports whether an answer is a failure, and which. Status and code decide
// first; the gateway's words, which differ by release and language, only narrow
// what those leave open.
func (c *Client) classify(r request, resp *http.Response, body []byte) error {
	status := resp.StatusCode
	words, failed := decodeFailure(body)
	e := &Error{Op: r.op, Status: status, Code: cut(c.clean(words.code), 64), Message: c.clean(words.message)}
	switch {
	case status/100 == 3:
		e.Kind, e.Hint = BadResponse, HintRedirect
	case status == http.StatusProxyAuthRequired:
		e.Kind, e.Hint = Unavailable, HintProxy
	case status >= 500 || status == http.StatusRequestTimeout:
		e.Kind = Unavailable
	case status == http.StatusNotFound:
		c.notFound(r, e, failed)
	case isPage(resp.Header.Get("Content-Type"), body):
		e.Kind, e.Hint = BadResponse, HintWebPage
	case !failed && status == http.StatusOK:
		return isJSON(r.op, status, body)
	case !failed && status != http.StatusUnauthorized && status != http.StatusForbidden:
		e.Kind = BadResponse
	case r.auth == byKey:
		classifyKey(e, words)
	default:
		classifyUser(e, words)
	}
	if r.optional && r.auth != byKey && e.Kind == Forbidden {
		// Where a release lacks the path, another route with another role may catch it.
		e.Kind = Unsupported
		if !c.cache.lacks(r.purpose, r.op, c.now()) {
			e.Kind = BadResponse
		}
	}
	return e
}

// notFound: the documented paths are there in every release, the optional ones
// may be missing. Only the gateway's own words count for that, not the 404 of
// whatever stands in front of it while the gateway is away.
func (c *Client) notFound(r request, e *Error, own bool) {
	e.Kind, e.Hint = BadResponse, HintNotFound
	if r.optional && own && c.cache.lacks(r.purpose, r.op, c.now()) {
		e.Kind, e.Message = Unsupported, notOffered
		c.cache.setAbsent(r.purpose, r.op, c.now())
	}
}

// classifyKey classifies a refusal of the API key, or an error object in HTTP 200.
func classifyKey(e *Error, words failure) {
	switch {
	case words.says(bannedWords):
		e.Kind = Banned
	case words.says(databaseWords):
		e.Kind = Unavailable
	case e.Status == http.StatusUnauthorized:
		e.Kind, e.Hint = Unauthorized, HintAPIKey
	case e.Status == http.StatusForbidden:
		e.Kind = Forbidden
		if e.Code == "access_denied" || words.says(addressWords) {
			e.Hint = HintAddress
		}
	case e.Status == http.StatusOK:
		e.Kind = Unavailable // the gateway failed after it had accepted the key
	default:
		e.Kind = BadResponse
	}
}

// classifyUser classifies a refusal of the access token. Gateways up to 2026-07
// answer HTTP 200 with success=false, and 401 only when the user id is wrong;
// later ones answer 401 or 403 with a code (new-api middleware/auth.go).
func classifyUser(e *Error, words failure) {
	switch {
	case e.Code == "AUTH_USER_DISABLED" || words.says(bannedWords):
		e.Kind = Banned
	case e.Code == "AUTH_INTERNAL_ERROR" || words.says(databaseWords):
		e.Kind = Unavailable
	case e.Code == "AUTH_INSUFFICIENT_PRIVILEGE" || e.Status == http.StatusForbidden || words.says(privilegeWords):
		e.Kind = Forbidden
	case userHeader.MatchString(words.message):
		e.Kind, e.Hint = Unauthorized, HintUserID
	case e.Status == http.StatusUnauthorized || words.says(accessTokenWords):
		e.Kind, e.Hint = Unauthorized, HintAccessToken
	case e.Status == http.StatusOK:
		e.Kind = Unavailable
	default:
		e.Kind = BadResponse
	}
}

// failure is what an answer says went wrong, in the gateway's words.
type failure struct {
	message string
	code    string
}

// decodeFailure reads the error shapes of the family: {"error":{…}} of the key
// endpoints, {"success":false,…} of the others. The error code can be of any type.
func decodeFailure(body []byte) (words failure, failed bool) {
	var envelope struct {
		Error   json.RawMessage `json:"error"`
		Success *bool           `json:"success"`
		Message json.RawMessage `json:"message"`
		Code    json.RawMessage `json:"code"`
	}
	if json.Unmarshal(body, &envelope) != nil {
		return failure{}, false
	}
	if len(envelope.Error) > 0 && string(envelope.Error) != "null" {
		return decodeErrorObject(envelope.Error), true
	}
	words = failure{message: scalar(envelope.Message), code: scalar(envelope.Code)}
	return words, envelope.Success != nil && !*envelope.Success
}

func decodeErrorObject(raw json.RawMessage) failure {
	var object struct {
		Message json.RawMessage `json:"message"`
		Code    json.RawMessage `json:"code"`
	}
	if json.Unmarshal(raw, &object) != nil {
		return failure{message: scalar(raw)}
	}
	return failure{message: scalar(object.Message), code: scalar(object.Code)}
}

// scalar is a JSON string's text or a number's digits, and empty for the rest.
func scalar(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		return number.String()
	}
	return ""
}

// says reports whether the words contain one of the marks, whatever the case.
func (f failure) says(marks []string) bool {
	text := strings.ToLower(f.message)
	return slices.ContainsFunc(marks, func(mark string) bool { return strings.Contains(text, mark) })
}

// Marks in the gateways' words, in lower case: Chinese (both scripts) and
// English, as in new-api's i18n files and in one-api's sources.
var (
	bannedWords      = []string{"已被封禁", "has been banned", "user is banned"}
	databaseWords    = []string{"数据库", "資料庫", "database error", "sql logic error"}
	addressWords     = []string{" ip ", "ip 不在", "当前 ip", "指定网段", "ip address"}
	privilegeWords   = []string{"权限不足", "權限不足", "insufficient privilege"}
	accessTokenWords = []string{"access token"}
	exhaustedWords   = []string{"额度已用尽", "額度已用盡", "tokenstatusexhausted", "token.remainquota", "quota exhausted"}
	expiredWords     = []string{"已过期", "已過期", "token has expired", "token is expired"}
	disabledWords    = []string{"状态不可用", "狀態不可用", "status is unavailable"}
)

// userHeader matches the name of the header that carries the user id, which forks
// rename: New-Api-User, Veloera-User and so on. A refusal that names it says
// nothing against the access token.
var userHeader = regexp.MustCompile(`(?i)\b[a-z][a-z-]*-user\b`)

// isPage reports whether an answer is a web page instead of one of the API.
func isPage(contentType string, body []byte) bool {
	kind, _, _ := mime.ParseMediaType(contentType)
	if kind == "text/html" || kind == "application/xhtml+xml" {
		return true
	}
	return bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))), []byte("<"))
}

// isJSON fails for a body that is no JSON object.
func isJSON(op string, status int, body []byte) error {
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) || !json.Valid(body) {
		return &Error{Op: op, Kind: BadResponse, Status: status, Message: "not a JSON object"}
	}
	return nil
}

// mistyped is a failed decode of an answer that looked fine.
func mistyped(op, what string) *Error {
	return &Error{Op: op, Kind: BadResponse, Status: http.StatusOK, Message: what}
}

// tooLarge is an answer that holds more than any gateway's.
func tooLarge(op string) *Error {
	return &Error{Op: op, Kind: BadResponse, Hint: HintTooLarge, Status: http.StatusOK}
}
