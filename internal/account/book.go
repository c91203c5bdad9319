// Package account maps the names in the configuration to clients and rules, and keeps
// the newest and the last good reading of each account.
package account

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/config"
	"mokabot/moka"
	"mokabot/moka/redact"
)

// Account is a gateway account with its client, its rules and its last readings. It is
// safe for concurrent use.
type Account struct {
	Name   string
	Client *moka.Client
	Rules  alert.Rules

	console string     // the configured page that buttons open; empty: the gateway's own
	links   moka.Links // of the client that an earlier book had

	mu      sync.Mutex
	latest  moka.Reading
	good    moka.Reading
	watched moka.Reading // the newest that nobody's command asked for
	under   *reading     // the read under way; nil: there is none
}

// Remember makes r, which may be a light reading, the account's newest, and the
// last good one when it is OK. The next light reading goes on from it.
func (a *Account) Remember(r moka.Reading) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.show(r)
	a.watched = r
}

// show makes r what is shown. The lock is held.
func (a *Account) show(r moka.Reading) {
	a.latest = r
	if r.OK() {
		a.good = r
	}
}

// Latest is the newest reading, false before the first.
func (a *Account) Latest() (moka.Reading, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.latest, !a.latest.At.IsZero()
}

// Watched is the newest reading that nobody's command asked for, false before the first:
// when the account is read next goes by it.
func (a *Account) Watched() (moka.Reading, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.watched, !a.watched.At.IsZero()
}

// Overtaken reports whether a command has seen since what no light reading would show:
// another limit, state or end of the key.
func (a *Account) Overtaken() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	was, is := a.watched.Key, a.latest.Key
	if was == nil || is == nil || !a.latest.At.After(a.watched.At) {
		return false
	}
	limited := was.Raw != nil && is.Raw != nil && is.Raw.Limit != was.Raw.Limit
	if was.AtLeast.Known() { // the key itself was not asked about
		limited = is.Total.Known() && is.Total != was.Total
	}
	return limited || is.State != was.State || is.Unlimited != was.Unlimited || !is.ExpiresAt.Equal(was.ExpiresAt)
}

// Good is the last reading without a failure, false when there was none yet.
func (a *Account) Good() (moka.Reading, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.good, !a.good.At.IsZero()
}

// Book is all accounts in the order of the configuration.
type Book struct {
	accounts []*Account
	limiter  *moka.Limiter
}

// Budget is how many requests a gateway host may get in a window.
func (b *Book) Budget() (requests int, window time.Duration) { return b.limiter.Budget() }

// Reserved is the part of Budget that is kept for readings.
func (b *Book) Reserved() (requests int) { return b.limiter.Reserved() }

// Option changes how a [Book] reaches its gateways.
type Option func(*options)

type options struct {
	transport http.RoundTripper
	observe   func(account string, c moka.Call)
	before    *Book
	wrap      func(http.RoundTripper) http.RoundTripper
	now       func() time.Time
}

// WithTransport sends all calls through t instead of the network, as the demo does.
func WithTransport(t http.RoundTripper) Option { return func(o *options) { o.transport = t } }

// WithClock dates readings by now, and wraps the transport so that listen sees the date of
// every answer.
func WithClock(now func() time.Time, listen func(http.RoundTripper) http.RoundTripper) Option {
	return func(o *options) { o.now, o.wrap = now, listen }
}

// WithObserver reports every call to a gateway, for logs and metrics.
func WithObserver(f func(account string, c moka.Call)) Option {
	return func(o *options) { o.observe = f }
}

// After continues an earlier book's request budgets: what was used of them, and the
// pauses that gateways asked for. A changed budget begins anew.
func After(b *Book) Option { return func(o *options) { o.before = b } }

// New makes the clients of all accounts. Those that go the same way share one
// pool of connections, and all share one limiter per gateway host.
func New(c *config.Config, opts ...Option) (*Book, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	limiter := moka.NewLimiter(c.RequestBudget, 0)
	pools := map[string]http.RoundTripper{}
	if o.before != nil && budget(o.before.limiter) == budget(limiter) {
		limiter = o.before.limiter
	}
	redactor := redact.New("***", c.Secrets()...)
	book := &Book{limiter: limiter}
	for _, a := range c.Accounts {
		transport, err := pool(pools, o.transport, a.Proxy)
		if err != nil {
			return nil, fmt.Errorf("account %s: %w", a.Name, err)
		}
		if o.wrap != nil {
			transport = o.wrap(transport)
		}
		client, err := open(a, transport, limiter, redactor, o)
		if err != nil {
			return nil, fmt.Errorf("account %s: %w", a.Name, err)
		}
		book.accounts = append(book.accounts, &Account{Name: a.Name, Client: client, Rules: a.Alerts, console: a.ConsoleURL})
	}
	go redactor.Prepare() // the first answer takes longer
	return book, nil
}

// Page is the page that an alert's button opens: the configured one, else the gateway's
// page for adding money, else its own address; https, or empty where there is none.
func (a *Account) Page() string {
	links := a.gatewayLinks()
	return cmp.Or(a.console, links.TopUp, links.Console)
}

// learnTime is for asking a gateway where money is added: an alert does not wait
// long for a link.
const learnTime = 3 * time.Second

// LearnPage asks the gateway for its page for adding money, unless the configuration or
// its status has it, at most once a day. [Account.Page] then has it; a failure leaves the
// page as it was.
func (a *Account) LearnPage(ctx context.Context) {
	if a.console != "" {
		return
	}
	short, cancel := context.WithTimeout(ctx, learnTime)
	defer cancel()
	_ = a.Client.LearnTopUpLink(short) // the observer reports it, and the gateway's own address is good enough
}

func (a *Account) gatewayLinks() moka.Links {
	links, known := a.Client.Links()
	if known {
		return links
	}
	return cmp.Or(a.links, links)
}

func budget(l *moka.Limiter) int {
	requests, _ := l.Budget()
	return requests
}

func open(a config.Account, t http.RoundTripper, l *moka.Limiter, r *redact.Redactor, o options) (*moka.Client, error) {
	opts := []moka.Option{moka.WithHTTPClient(&http.Client{Transport: t}), moka.WithLimiter(l), moka.WithRedactor(r)}
	if o.observe != nil {
		opts = append(opts, moka.WithObserver(func(c moka.Call) { o.observe(a.Name, c) }))
	}
	if o.now != nil {
		opts = append(opts, moka.WithNow(o.now))
	}
	return moka.New(a.BaseURL, moka.Credentials{
		APIKey: a.APIKey.Reveal(), AccessToken: a.AccessToken.Reveal(), UserID: a.UserID,
	}, opts...)
}

func pool(pools map[string]http.RoundTripper, fixed http.RoundTripper, proxy string) (http.RoundTripper, error) {
	if fixed != nil {
		return fixed, nil
	}
	if t := pools[proxy]; t != nil {
		return t, nil
	}
	var via *url.URL
	if proxy != "" {
		var err error
		if via, err = url.Parse(proxy); err != nil {
			return nil, fmt.Errorf("proxy is not a URL") // without the text: it may hold a password
		}
	}
	t := moka.NewRoundTripper(via)
	pools[proxy] = t
	return t, nil
}

// All are the accounts, in the order of the configuration.
func (b *Book) All() []*Account { return b.accounts }

// Names are the accounts' names, in the order of the configuration.
func (b *Book) Names() []string {
	names := make([]string, len(b.accounts))
	for i, a := range b.accounts {
		names[i] = a.Name
	}
	return names
}

// UnknownError says that there is no account of that name.
type UnknownError struct {
	Name  string
	Known []string
}

// Error names the accounts that there are.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("there is no account %q; the accounts are: %s", e.Name, strings.Join(e.Known, ", "))
}

// Get finds an account by its name, in any case. The error is an [*UnknownError].
func (b *Book) Get(name string) (*Account, error) {
	for _, a := range b.accounts {
		if strings.EqualFold(a.Name, name) {
			return a, nil
		}
	}
	return nil, &UnknownError{Name: name, Known: b.Names()}
}

// Select returns the named accounts, or all of them without names.
func (b *Book) Select(names ...string) ([]*Account, error) {
	if len(names) == 0 {
		return b.accounts, nil
	}
	var found []*Account
	for _, name := range names {
		a, err := b.Get(name)
		if err != nil {
			return nil, err
		}
		found = append(found, a)
	}
	return found, nil
}

// CarryOver takes over the readings of the same accounts in an earlier book, whatever
// their names, and the pages of their gateways.
func (b *Book) CarryOver(old *Book) {
	for _, a := range b.accounts {
		was := old.same(a)
		if was == nil {
			continue
		}
		a.links = was.gatewayLinks()
		was.mu.Lock()
		a.latest, a.good, a.watched = was.latest, was.good, was.watched
		was.mu.Unlock()
	}
}

// same is the account with the same credentials at the same gateway, nil when
// there is none. Of several it is the one that has the same name, if any.
func (b *Book) same(as *Account) *Account {
	var found *Account
	for _, a := range b.accounts {
		if a.Client.Identity() == as.Client.Identity() && (found == nil || a.Name == as.Name) {
			found = a
		}
	}
	return found
}
