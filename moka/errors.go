package moka

import (
	"fmt"
	"net/http"
	"time"
)

// Kind is what a failed call means to code that decides on it.
type Kind string

// The kinds of failure.
const (
	Unauthorized Kind = "unauthorized"  // the credential is not accepted
	Banned       Kind = "banned"        // the account behind the credential is banned
	Forbidden    Kind = "forbidden"     // the credential is good but may not do this (address, group, role)
	RateLimited  Kind = "rate_limited"  // too many requests from this address
	Unavailable  Kind = "unavailable"   // no answer, or the gateway's own failure
	BadResponse  Kind = "bad_response"  // an answer that is not the API's
	Unsupported  Kind = "not_supported" // this gateway, or this credential, does not offer the call
)

// Hint narrows a Kind where a person can do something particular about it.
type Hint string

// The hints.
const (
	HintWebPage     Hint = "web_page"     // HTML came back: base_url points at a web site, not at the API
	HintRedirect    Hint = "redirect"     // the gateway redirects to another address; not followed, to keep the key safe
	HintUserID      Hint = "user_id"      // the user id does not belong to the access token
	HintAccessToken Hint = "access_token" // the system access token is not accepted
	HintAPIKey      Hint = "api_key"      // the API key is not accepted
	HintNotFound    Hint = "not_found"    // the gateway does not know the path: wrong base_url, or not of this family
	HintAddress     Hint = "address"      // the key may not be used from this machine's address
	HintTimeout     Hint = "timeout"      // no answer in time
	HintNoAddress   Hint = "no_address"   // the host's name does not resolve, or nothing listens there
	HintTLS         Hint = "tls"          // the host's certificate is not trusted
	HintProxy       Hint = "proxy"        // the proxy in between refused or failed
	HintCommands    Hint = "commands"     // commands have used up their share of the request budget
	HintTooLarge    Hint = "too_large"    // the answer was cut at the limit
	HintCredential  Hint = "credential"   // the client was not given the credential that the call needs
	HintAmbiguous   Hint = "ambiguous"    // the figures may be the key's or the account's: an access token would show which
)

// Error is how every call of a [Client] fails. It never carries a credential.
type Error struct {
	Op         string        // which call: "models", "subscription", "usage", "user/self", "status", …
	Kind       Kind          // what it means
	Hint       Hint          // what a person could do about it, where that is known
	Status     int           // HTTP status, 0 when there was no answer
	Code       string        // the gateway's own error code, where it sent one
	Message    string        // the gateway's words: cleaned, cut short, without request ids and key fragments
	RetryAfter time.Duration // how long it will not be asked again, 0 when the gateway did not say
	Err        error         // the cause below, if any; its text is free of credentials too
}

// Absent reports whether the gateway has no such call. A refusal may only be a proxy's.
func (e *Error) Absent() bool { return e.Kind == Unsupported && e.Status != http.StatusForbidden }

// Error is for logs: people are better served by a sentence for the [Kind] and
// [Hint], in their language.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %s", e.Op, e.Kind)
	if e.Hint != "" {
		text += " (" + string(e.Hint) + ")"
	}
	if e.Status != 0 {
		text += fmt.Sprintf(": HTTP %d", e.Status)
	}
	if e.Message != "" {
		text += fmt.Sprintf(": %q", e.Message)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause below.
func (e *Error) Unwrap() error { return e.Err }
