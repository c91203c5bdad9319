package moka

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// auth says which credential a request carries.
type auth int

const (
	public    auth = iota
	byKey          // the API key
	byUser         // the access token
	maybeUser      // the access token if there is one
)

// userAgent names us to the gateway's operator.
const userAgent = "mokabot/1 (+moka gateway client)"

// request is one documented read.
type request struct {
	op       string
	path     string // exact: a missing or extra slash is a redirect or a web page
	query    url.Values
	auth     auth
	optional bool // a read that some members of the family do not offer
	explain  bool // counts against the small budget too
	purpose  Purpose
}

// attempts is how often a read is sent at most.
const attempts = 3

// fetch sends a request and decodes the answer, if it is no failure, within the
// call's timeout.
func fetch[T any](ctx context.Context, c *Client, r request, decode func(body []byte) (T, error)) (T, error) {
	var answer T
	err := c.get(ctx, r, func(body []byte) (failed error) {
		answer, failed = decode(body)
		return failed
	})
	return answer, err
}

// get sends a request and hands the body to use, unless the answer is a failure.
// Nobody may keep the body.
func (c *Client) get(ctx context.Context, r request, use func(body []byte) error) error {
	r.purpose = PurposeOf(ctx)
	if err := c.mayAsk(r); err != nil {
		return err
	}
	if err := c.place(ctx, r); err != nil {
		return c.held(ctx, r, err)
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	status, err := c.once(ctx, r, use)
	for n := 1; n < attempts && repeatable(err) && backOff(ctx, n) && c.placeAgain(ctx); n++ {
		status, err = c.once(ctx, r, use)
	}
	c.observe(Call{Op: r.op, Status: status, Took: time.Since(start), Err: err})
	return err
}

// optionalOp is the operation of a read that a reading can do without, else "".
func (r request) optionalOp() string {
	if r.optional && !r.explain {
		return r.op
	}
	return ""
}

// mayAsk fails for a read whose credential is missing or that the gateway was
// lately found not to offer.
func (c *Client) mayAsk(r request) error {
	switch {
	case r.auth == byKey && c.cred.APIKey == "":
		return &Error{Op: r.op, Kind: Unsupported, Hint: HintCredential, Message: "needs an API key"}
	case r.auth == byUser && c.cred.AccessToken == "":
		return &Error{Op: r.op, Kind: Unsupported, Hint: HintCredential, Message: "needs a system access token"}
	case c.cache.isAbsent(r.purpose, r.op, c.now()):
		return &Error{Op: r.op, Kind: Unsupported, Message: notOffered}
	}
	return nil
}

// place waits for a place in the host's budget. The small budget is never
// waited for: an explanation that comes twenty minutes late explains nothing.
func (c *Client) place(ctx context.Context, r request) error {
	if r.explain {
		if held := c.host.explain.takeAs(ctx); held != nil {
			return held
		}
	}
	if held := c.host.calls.pathPaused(r.optionalOp()); held != nil {
		return held
	}
	switch PurposeOf(ctx) {
	case Command:
		return c.host.calls.placeForCommand(ctx)
	case Background:
		return c.host.calls.placeInBackground(ctx)
	}
	return c.host.calls.wait(ctx)
}

// placeAgain takes a place for a repetition, if one is free.
func (c *Client) placeAgain(ctx context.Context) bool {
	return c.host.calls.takeAs(ctx) == nil
}

func (c *Client) held(ctx context.Context, r request, err error) *Error {
	e := &Error{Op: r.op, Kind: RateLimited, Err: err}
	if held, ok := errors.AsType[*heldBack](err); ok {
		e.RetryAfter = held.rest
		if held.commands {
			e.Hint = HintCommands
		}
		return e
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		e.Kind = Unavailable
	}
	return e
}

// once sends the request a single time, classifies the answer and uses it.
func (c *Client) once(ctx context.Context, r request, use func(body []byte) error) (status int, failed error) {
	ctx, abandon := context.WithCancelCause(ctx)
	defer abandon(nil)
	req, err := c.build(ctx, r)
	if err != nil {
		return 0, c.transportError(r.op, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, c.transportError(r.op, err)
	}
	defer resp.Body.Close()
	slidingWindow := c.host.calls
	if r.explain {
		slidingWindow = c.host.explain
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		after := min(retryAfter(resp.Header, time.Now()), maxPause)
		slidingWindow.refused(PurposeOf(ctx), r.optionalOp(), after)
		return resp.StatusCode, &Error{Op: r.op, Kind: RateLimited, Status: resp.StatusCode, RetryAfter: after}
	}
	slidingWindow.answered(PurposeOf(ctx), r.optionalOp())
	return resp.StatusCode, c.take(ctx, r, resp, abandon, use)
}

// take reads a body, classifies it and uses it. abandon ends the request.
func (c *Client) take(ctx context.Context, r request, resp *http.Response, abandon context.CancelCauseFunc, use func(body []byte) error) error {
	memory := portion{of: c.limiter.intake, abandon: abandon}
	defer memory.release()
	body, err := readBounded(resp.Body, boundsOf(r.op), func(size int) error { return memory.grow(ctx, size) })
	if err != nil {
		return c.unread(ctx, r, resp, err)
	}
	var failed error
	err = memory.decode(ctx, func() error {
		if failed = c.classify(r, resp, body); failed != nil {
			return nil
		}
		if r.optional {
			c.cache.served(r.purpose, r.op)
		}
		failed = use(body)
		return nil
	})
	if err != nil {
		return c.unread(ctx, r, resp, err)
	}
	return failed
}

func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	u := *c.base
	u.Path += r.path
	u.RawQuery = r.query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", userAgent)
	switch {
	case r.auth == byKey:
		req.Header.Set("Authorization", "Bearer "+c.cred.APIKey)
	case r.auth == byUser, r.auth == maybeUser && c.cred.AccessToken != "":
		req.Header.Set("Authorization", "Bearer "+c.cred.AccessToken)
		id := strconv.FormatInt(c.cred.UserID, 10)
		req.Header.Set("New-Api-User", id)
		req.Header.Set("Veloera-User", id) // the fork's name for it
	}
	return req, nil
}

// unread is the failure of an answer that could not be read whole.
func (c *Client) unread(ctx context.Context, r request, resp *http.Response, err error) *Error {
	if errors.Is(err, errBeyond) {
		return &Error{Op: r.op, Kind: BadResponse, Hint: HintTooLarge, Status: resp.StatusCode}
	}
	if errors.Is(context.Cause(ctx), errHeldBack) {
		return &Error{Op: r.op, Kind: Unavailable, Hint: HintTimeout, Status: resp.StatusCode, Err: errHeldBack}
	}
	e := c.transportError(r.op, err)
	e.Status = resp.StatusCode
	if resp.Uncompressed && e.Hint == "" && !cutOff(err) && !errors.Is(err, context.Canceled) {
		e.Kind = BadResponse // whatever arrived does not unpack
	}
	return e
}

// cutOff reports whether the body ended before its end: the line's failure, not
// the gateway's, also where the cut shows only while unpacking.
func cutOff(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }

// repeatable reports whether the failure may be gone in a moment.
func repeatable(err error) bool {
	e := asError(err)
	if e == nil || e.Kind != Unavailable || errors.Is(err, context.Canceled) {
		return false
	}
	switch e.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case 0, http.StatusOK:
		return e.Err != nil && (e.Hint == "" || e.Hint == HintNoAddress)
	}
	return false
}

// backOff waits a little before attempt n+1, and reports whether there is still time.
func backOff(ctx context.Context, n int) bool {
	base := 100 * time.Millisecond << n
	pause := base/2 + rand.N(base)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= pause {
		return false
	}
	select {
	case <-time.After(pause):
		return true
	case <-ctx.Done():
		return false
	}
}

// retryAfter reads seconds or a date; 0 when the header says neither. The date is by the
// clock that dated the answer, or by now in an answer without a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(0, at.Sub(now))
}
