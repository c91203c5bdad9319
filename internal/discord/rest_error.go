package discord

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"mokabot/moka"
)

// Kind says what to do about a request that Discord did not fulfil.
type Kind string

// The kinds, as logs and metrics name them.
const (
	KindTransient          Kind = "transient"           // try again later: 5xx, a cut line, no network
	KindRateLimited        Kind = "rate_limited"        // try again after RetryAfter
	KindUnauthorized       Kind = "unauthorized"        // the bot token is refused: stop asking
	KindPermanent          Kind = "permanent"           // the same request will always be refused
	KindUnknownInteraction Kind = "unknown_interaction" // the interaction's token is dead
	KindAcknowledged       Kind = "acknowledged"        // the interaction has been answered already
)

// JSON error codes that decide a kind or an answer.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
const (
	codeUnknownChannel      = 10003
	codeUnknownWebhook      = 10015
	codeUnknownInteraction  = 10062
	codeAlreadyAcknowledged = 40060
	codeMissingAccess       = 50001
	codeMissingPermissions  = 50013
	codeInvalidWebhookToken = 50027
	codeInvalidFormBody     = 50035
	maxErrorText            = 300
	deepestErrorDescription = 8
	maxErrorDescriptions    = 3
)

// Error is a request to Discord that failed. Its text never holds a URL or a
// token.
type Error struct {
	Op         string        // what was being done, such as "send message"
	Status     int           // HTTP status; 0 when no answer came
	Code       int           // Discord's JSON error code; 0 when there was none
	Message    string        // Discord's explanation
	RetryAfter time.Duration // how long to wait, for KindRateLimited
	Kind       Kind
	Reached    bool  // Discord may have carried the request out
	Err        error // the cause when no answer came
}

// Error describes the failure in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("discord: " + e.Op)
	switch {
	case e.Err != nil:
		b.WriteString(": " + e.Err.Error())
	case e.Message != "":
		b.WriteString(": " + e.Message)
	}
	switch {
	case e.Status != 0 && e.Code != 0:
		fmt.Fprintf(&b, " (status %d, code %d)", e.Status, e.Code)
	case e.Status != 0:
		fmt.Fprintf(&b, " (status %d)", e.Status)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, ", retry after %s", e.RetryAfter.Round(time.Millisecond))
	}
	return b.String()
}

// Unwrap gives the cause, such as [context.DeadlineExceeded].
func (e *Error) Unwrap() error { return e.Err }

// KindOf gives the kind of an error of this package, and KindTransient for any
// other error.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindTransient
}

// MayPass reports whether err, or one of the errors that [errors.Join] made it of,
// may pass without anybody's doing.
func MayPass(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return slices.ContainsFunc(joined.Unwrap(), MayPass)
	}
	kind := KindOf(err)
	return kind != KindPermanent && kind != KindUnauthorized
}

// lineError describes a request that got no answer. The *url.Error around the
// cause is taken off: it prints the URL, and an interaction's URL holds its
// token.
func lineError(op string, err error) *Error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return &Error{Op: op, Kind: KindTransient, Reached: mayHaveReached(err), Err: err}
}

// mayHaveReached is false only when no byte of the request can have left.
func mayHaveReached(err error) bool {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return false
	}
	op, ok := errors.AsType[*net.OpError](err)
	return !moka.AtProxy(err) && !(ok && op.Op == "dial")
}

// answerError describes a status of 300 or more. raw is the bounded body. An
// answer without Discord's own words comes from a proxy, a hotel's login page
// or Cloudflare. That passes, and must not end a message.
func answerError(op string, status int, raw []byte) *Error {
	e := &Error{Op: op, Status: status}
	body, own := parseRefusal(raw)
	if own {
		e.Code, e.Message = body.Code, body.Message
		if more := describe(body.Errors); more != "" {
			e.Message += ": " + more
		}
	}
	if e.Message == "" {
		e.Message = strings.ToLower(http.StatusText(status))
	}
	e.Message = clip(oneLine(e.Message), maxErrorText)
	e.Kind = kindOfAnswer(e.Status, e.Code)
	if e.Kind == KindPermanent && remedies[e.Code] == remedyTime || !own && e.Kind != KindRateLimited {
		e.Kind = KindTransient
	}
	e.Reached = e.Status >= http.StatusInternalServerError || !own && e.Kind == KindTransient
	return e
}

// refusalBody is how Discord says why it refuses a request.
type refusalBody struct {
	Message string          `json:"message"`
	Code    int             `json:"code"`
	Errors  json.RawMessage `json:"errors"`
}

// parseRefusal reads the body of a refusal, false when it is not Discord's.
func parseRefusal(raw []byte) (body refusalBody, own bool) {
	err := json.Unmarshal(raw, &body)
	return body, err == nil && (body.Message != "" || body.Code != 0)
}

func kindOfAnswer(status, code int) Kind {
	switch code {
	case codeUnknownInteraction, codeUnknownWebhook, codeInvalidWebhookToken:
		return KindUnknownInteraction
	case codeAlreadyAcknowledged:
		return KindAcknowledged
	}
	switch {
	case status == http.StatusUnauthorized:
		return KindUnauthorized
	case status == http.StatusTooManyRequests:
		return KindRateLimited
	case status >= 500 || status == http.StatusRequestTimeout:
		return KindTransient
	}
	return KindPermanent
}

// describe turns the tree of a form error into "embeds.0.title: too long".
// https://docs.discord.com/developers/reference#error-messages
func describe(tree json.RawMessage) string {
	var found []string
	var walk func(path string, node json.RawMessage, depth int)
	walk = func(path string, node json.RawMessage, depth int) {
		var branch map[string]json.RawMessage
		if depth > deepestErrorDescription || json.Unmarshal(node, &branch) != nil {
			return
		}
		var leaves []struct {
			Message string `json:"message"`
		}
		if json.Unmarshal(branch["_errors"], &leaves) == nil {
			for _, l := range leaves {
				found = append(found, strings.TrimPrefix(path, ".")+": "+l.Message)
			}
		}
		for name, child := range branch {
			if name != "_errors" {
				walk(path+"."+name, child, depth+1)
			}
		}
	}
	walk("", tree, 0)
	slices.Sort(found)
	return strings.Join(found[:min(len(found), maxErrorDescriptions)], "; ")
}

// because puts the cause, if there is one, behind what happened, on one line.
func because(what, cause error) error {
	if cause == nil {
		return what
	}
	return fmt.Errorf("%w: %w", what, cause)
}

// oneLine makes foreign text safe to stand in a log line.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
