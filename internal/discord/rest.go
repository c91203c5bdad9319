package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	largestAnswer  = 1 << 20          // bytes read of any answer
	requestTime    = 10 * time.Second // for one attempt with a small body
	slowestUpload  = 128 << 10        // bytes a second granted to larger bodies
	maxAttempts    = 4                // of one call, 429s included
	maxWait        = 30 * time.Second // a longer Retry-After is given back to the caller
	firstBackoff   = 400 * time.Millisecond
	projectAddress = "https://github.com/moka-ai/mokabot"
)

// REST sends requests to Discord: within its rate limits, with a nonce where
// that makes a repetition harmless, and for as long as the caller's context
// lasts. A REST is safe for use by many goroutines.
type REST struct {
	token   string
	client  *http.Client
	uploads *http.Client // with its own connections, so that a stuck upload holds up nothing else
	log     *slog.Logger
	agent   string
	limits  *limiter
	observe func(route, kind string, took time.Duration)
	allowed func() error // asked before each request with the bot token; an error keeps it from being made
	backoff time.Duration
	refused atomic.Bool // Discord answered 401: asking again leads to a ban
	me      atomic.Pointer[Identity]
	clock   serverClock
}

// RESTOption changes a [REST].
type RESTOption func(*REST)

// WithVersion sets the version named in the User-Agent header, which Discord
// demands (https://docs.discord.com/developers/reference#user-agent).
func WithVersion(version string) RESTOption {
	return func(r *REST) { r.agent = userAgent(version) }
}

// WithObserver has f called after each HTTP request, for metrics. route is one
// of a few fixed names for what was asked, such as "send message"; kind is "ok"
// or the name of a [Kind]. f must return at once.
func WithObserver(f func(route, kind string, took time.Duration)) RESTOption {
	return func(r *REST) { r.observe = f }
}

// WithDates calls listen before each request, and what it returns with the time in the
// Date header of the answer. Both must return at once.
func WithDates(listen func() func(time.Time)) RESTOption {
	return func(r *REST) { r.clock.listen = listen }
}

// WithPermission calls f immediately before each request that needs the bot token, and
// before an IDENTIFY or a RESUME; with an error the request is not made. Answers to
// interactions do not need it: Discord takes the first acknowledgement, and the rest are
// edits. f must return at once.
func WithPermission(f func() error) RESTOption {
	return func(r *REST) { r.allowed = f }
}

// WithPauses calls f with how long Discord wants the whole bot to pause. f must return
// at once.
func WithPauses(f func(time.Duration)) RESTOption {
	return func(r *REST) { r.limits.paused = f }
}

// WithBackoff sets the wait before the first repetition, 400 ms without it; it doubles from
// there. Tests shorten it.
func WithBackoff(d time.Duration) RESTOption {
	return func(r *REST) { r.backoff = d }
}

func userAgent(version string) string {
	return fmt.Sprintf("DiscordBot (%s, %s)", projectAddress, version)
}

// NewREST makes a sender for the bot token (without the word "Bot"). hc gives
// the transport and so the proxy; nil means the default one.
func NewREST(token string, hc *http.Client, log *slog.Logger, opts ...RESTOption) *REST {
	if hc == nil {
		hc = http.DefaultClient
	}
	r := &REST{
		token:   token,
		client:  withoutRedirects(guarded(hc)),
		uploads: withoutRedirects(guarded(hc)),
		log:     log,
		agent:   userAgent("dev"),
		limits:  newLimiter(),
		observe: func(string, string, time.Duration) {},
		allowed: func() error { return nil },
		backoff: firstBackoff,
	}
	for _, o := range opts {
		o(r)
	}
	return r
}

// withoutRedirects copies the client: the token must not follow a redirect,
// and the deadline is set for each request.
func withoutRedirects(hc *http.Client) *http.Client {
	return &http.Client{
		Transport:     hc.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Now is the time by Discord's clock, as far as an answer has shown it.
func (r *REST) Now() time.Time { return r.clock.now() }

// Reached reports whether Discord has answered a request.
func (r *REST) Reached() bool { return r.clock.answered.Load() }

// Pause holds requests back as long as Discord asked an earlier holder of the
// token to.
func (r *REST) Pause(d time.Duration) { r.limits.pause(time.Now().Add(d)) }

// Close lets go of idle connections.
func (r *REST) Close() {
	r.client.CloseIdleConnections()
	r.uploads.CloseIdleConnections()
}

// request is one call before it is sent.
type request struct {
	op     string
	method string
	url    string
	route  route
	form   *form // nil for no body
	repeat bool  // harmless when Discord carries it out twice
	upload bool  // it carries files
	open   bool  // the address itself is the credential: no bot token
}

// harmless reports whether an attempt that may have arrived may be repeated.
func (q request) harmless() bool { return q.repeat || q.method != http.MethodPost }

// exchange makes one HTTP request and reads its answer.
func (r *REST) exchange(ctx context.Context, q request, out any) (int, *Error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime+time.Duration(q.form.size()/slowestUpload)*time.Second)
	defer cancel()
	req, err := r.build(ctx, q)
	if err != nil {
		return 0, &Error{Op: q.op, Kind: KindPermanent, Err: err}
	}
	client := r.client
	if q.upload {
		client = r.uploads
	}
	if err := r.allowed(); err != nil && !q.open {
		return 0, &Error{Op: q.op, Kind: KindTransient, Err: err}
	}
	learn := r.clock.startRequest()
	resp, err := client.Do(req)
	if err != nil {
		client.CloseIdleConnections() // one that swallowed a request may not be the only one
		return 0, lineError(q.op, err)
	}
	defer resp.Body.Close()
	got := answer{status: resp.StatusCode, header: resp.Header, began: time.Now()}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer+1))
	if got.body = raw; got.discords() {
		learn(got)
	}
	if fail := r.classify(q, resp, raw); fail != nil {
		return resp.StatusCode, fail
	}
	if err != nil {
		return resp.StatusCode, lineError(q.op, err)
	}
	return resp.StatusCode, decodeAnswer(q.op, resp.StatusCode, raw, out)
}

func (r *REST) build(ctx context.Context, q request) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, q.method, q.url, bytes.NewReader(q.form.bytes()))
	if err != nil {
		return nil, errors.New("the address is not valid")
	}
	req.Header.Set("User-Agent", r.agent)
	req.Header.Set("Accept", "application/json")
	if q.form != nil {
		req.Header.Set("Content-Type", q.form.kind)
	}
	if !q.open {
		req.Header.Set("Authorization", "Bot "+r.token)
	}
	return req, nil
}

// classify feeds the limiter and turns every status outside 2xx into an error.
func (r *REST) classify(q request, resp *http.Response, raw []byte) *Error {
	now := time.Now()
	r.limits.countInvalid(resp.StatusCode, resp.Header.Get("X-RateLimit-Scope"), now)
	if resp.StatusCode == http.StatusTooManyRequests {
		e := r.refusal(q.op, resp, raw)
		e.RetryAfter = r.limits.refused(q.route, resp.Header, raw, now)
		return e
	}
	r.limits.learn(q.route, resp.Header, now)
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return nil
	}
	return r.refusal(q.op, resp, raw)
}

// refusal describes a status of 300 or more. Its text comes from a server that has seen
// the token.
func (r *REST) refusal(op string, resp *http.Response, raw []byte) *Error {
	e := answerError(op, resp.StatusCode, raw)
	e.Message = redact(e.Message, r.token)
	return e
}

func decodeAnswer(op string, status int, raw []byte, out any) *Error {
	if out == nil {
		return nil
	}
	if len(raw) > largestAnswer {
		return &Error{Op: op, Status: status, Kind: KindTransient, Reached: true, Message: "the answer is too long"}
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return &Error{Op: op, Status: status, Kind: KindTransient, Reached: true, Message: "the answer is not the expected JSON"}
	}
	return nil
}
