package moka

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mokabot/moka/redact"
)

// Credentials are those of an account's owner. Either may be empty; calls that need the
// missing one fail with [Unsupported] without a request.
type Credentials struct {
	APIKey      string // "sk-…": models and the billing endpoints
	AccessToken string // the "system access token" of the personal settings: wallet, keys, usage
	UserID      int64  // the numeric id the access token belongs to
}

// String hides the credentials.
func (Credentials) String() string { return "<credentials>" }

// GoString does the same for %#v.
func (Credentials) GoString() string { return "<credentials>" }

// Call is the result of one request, for an observer.
type Call struct {
	Op     string        // as in [Error]
	Status int           // HTTP status, 0 when there was no answer
	Took   time.Duration // from the first byte sent to the end of decoding, without waiting for the limiter
	Err    error         // nil when the answer was used
}

// Client talks to one gateway with the credentials of one account. It is safe
// for use by several goroutines.
type Client struct {
	base      *url.URL
	cred      Credentials
	http      *http.Client
	host      *hostLimit
	limiter   *Limiter
	observe   func(Call)
	timeout   time.Duration
	now       func() time.Time
	redactor  *redact.Redactor
	cache     cache
	catalogue *catalogueCache

	explaining [purposes]chan struct{} // each holds one while it is asked why the key is refused
}

// Host is the gateway's host, which has one request budget.
func (c *Client) Host() string { return c.base.Host }

// Room is how many calls the host's budget allows at the moment, and the time until it
// allows more.
func (c *Client) Room() (calls int, more time.Duration) { return c.host.calls.room(false) }

// ReservedRoom is the same for readings that keep to their part of the budget (see
// [Reserved]), whatever commands do.
func (c *Client) ReservedRoom() (calls int, more time.Duration) { return c.host.calls.room(true) }

// ReadingCalls is how many calls the readings of the host took before this moment. Those
// of this very moment belong to readings under way, whose order does not matter then.
func (c *Client) ReadingCalls() int64 { return c.host.calls.sentForReadings() }

// PlanReadings says how many requests a second the readings of the host are going to
// take, which work in the background then leaves to them.
func (c *Client) PlanReadings(perSecond float64) { c.host.calls.plan(perSecond) }

// Paused is how long the gateway still wants no readings after a 429, 0 for not at all.
// Those that are begun before then fail without a request.
func (c *Client) Paused() time.Duration { return c.host.calls.paused() }

// String names the gateway and hides the credentials.
func (c *Client) String() string { return "client of " + c.base.Host }

// GoString does the same for %#v.
func (c *Client) GoString() string { return c.String() }

// Option changes how [New] builds a client.
type Option func(*Client)

// WithHTTPClient makes the client send through h; clients that share h share its
// connections. Its cookie jar, redirect rule and timeout are not used.
func WithHTTPClient(h *http.Client) Option { return func(c *Client) { c.http = h } }

// WithObserver calls f after every request, in the goroutine that made it.
func WithObserver(f func(Call)) Option { return func(c *Client) { c.observe = f } }

// WithLimiter makes clients share request budgets; without it a client has its own.
func WithLimiter(l *Limiter) Option { return func(c *Client) { c.limiter = l } }

// WithTimeout bounds one call with its repetitions, without the time it waits
// for the limiter. The default is 10 s.
func WithTimeout(d time.Duration) Option { return func(c *Client) { c.timeout = d } }

// WithRedactor has r remove credentials of other accounts and passwords of proxies from
// the gateway's texts, too. The client adds its own credentials to r.
func WithRedactor(r *redact.Redactor) Option { return func(c *Client) { c.redactor = r } }

// WithNow replaces the clock that dates readings and ages cached answers.
func WithNow(now func() time.Time) Option { return func(c *Client) { c.now = now } }

const defaultTimeout = 10 * time.Second

// New makes a client for the gateway at base, with or without /v1 and trailing slashes; a
// path before /v1 is kept. Errors say what to change and repeat neither the address nor a
// credential.
func New(base string, cred Credentials, opts ...Option) (*Client, error) {
	root, err := parseBase(base)
	if err != nil {
		return nil, err
	}
	cred, err = checked(cred)
	if err != nil {
		return nil, err
	}
	c := &Client{base: root, cred: cred, timeout: defaultTimeout, now: time.Now, observe: func(Call) {}, catalogue: newCatalogueCache()}
	for p := range c.explaining {
		c.explaining[p] = make(chan struct{}, 1)
	}
	for _, opt := range opts {
		opt(c)
	}
	if c.http == nil {
		c.http = &http.Client{Transport: NewRoundTripper(nil)}
	}
	if c.limiter == nil {
		c.limiter = NewLimiter(defaultRequests, defaultWindow)
	}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if c.redactor == nil {
		c.redactor = redact.New("***")
	}
	c.redactor.Add(cred.APIKey, cred.AccessToken)
	c.host = c.limiter.host(root.Host)
	c.host.owners.begin(c)
	// A cookie would override the access token on gateways up to 2026-07, and a redirect
	// could send the key elsewhere, so the caller's client decides about neither.
	c.http = &http.Client{Transport: c.http.Transport, CheckRedirect: samePath}
	return c, nil
}

func checked(cred Credentials) (Credentials, error) {
	cred.APIKey = strings.TrimSpace(cred.APIKey)
	cred.AccessToken = strings.TrimSpace(cred.AccessToken)
	if !sendable(cred.APIKey) {
		return cred, errors.New("the API key has a character that cannot be sent: copy it again")
	}
	if !sendable(cred.AccessToken) {
		return cred, errors.New("the access token has a character that cannot be sent: copy it again")
	}
	if cred.UserID < 0 {
		return cred, errors.New("the user id " + strconv.FormatInt(cred.UserID, 10) + " is negative: use the id shown in the console")
	}
	return cred, nil
}

// sendable reports whether a header can hold the text: visible ASCII only.
func sendable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}
