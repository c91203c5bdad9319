package message

import (
	"errors"

	"mokabot/internal/lang"
	"mokabot/moka"
)

// Failure turns an error of the gateway into a sentence for people that says what to
// do, and adds the gateway's own text, disarmed. No other function does so.
func Failure(w *lang.Words, err error) string {
	text := shortFailure(w, err)
	if e, ok := errors.AsType[*moka.Error](err); ok && e != nil && e.Message != "" {
		text += w.Between + w.Failure.Says(Disarm(e.Message))
	}
	return text
}

// shortFailure leaves out the gateway's own text.
func shortFailure(w *lang.Words, err error) string {
	e, ok := errors.AsType[*moka.Error](err)
	if !ok || e == nil {
		return w.Failure.Unexpected
	}
	return cure(&w.Failure, e)
}

func cure(f *lang.FailureWords, e *moka.Error) string {
	if e.Hint == moka.HintCommands {
		return f.CommandShare(e.RetryAfter)
	}
	if e.Kind == moka.RateLimited {
		return f.RateLimited(e.RetryAfter)
	}
	if e.Kind == moka.Banned {
		return f.Banned
	}
	if text := byHint(f, e.Hint); text != "" {
		return text
	}
	return byKind(f, e.Kind)
}

func byHint(f *lang.FailureWords, h moka.Hint) string {
	return map[moka.Hint]string{
		moka.HintWebPage: f.WebPage, moka.HintRedirect: f.Redirect, moka.HintUserID: f.UserID,
		moka.HintAccessToken: f.AccessToken, moka.HintAPIKey: f.APIKey, moka.HintNotFound: f.NotFound,
		moka.HintAddress: f.Address, moka.HintTimeout: f.Timeout, moka.HintNoAddress: f.NoAddress,
		moka.HintTLS: f.TLS, moka.HintProxy: f.Proxy, moka.HintTooLarge: f.TooLarge,
		moka.HintAmbiguous: f.Ambiguous,
	}[h]
}

func byKind(f *lang.FailureWords, k moka.Kind) string {
	if text := map[moka.Kind]string{
		moka.Unauthorized: f.Unauthorized, moka.Forbidden: f.Forbidden, moka.Unavailable: f.Unavailable,
		moka.BadResponse: f.BadResponse, moka.Unsupported: f.Unsupported,
	}[k]; text != "" {
		return text
	}
	return f.Unexpected
}
