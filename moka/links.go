package moka

import (
	"cmp"
	"context"
	"encoding/json"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Links are the pages on which people manage an account: https, or empty where there is
// none.
type Links struct {
	TopUp   string // the gateway's page for adding money
	Console string // the gateway's own address for a browser
}

// Links are the gateway's pages as of the client's newest reading. Console is
// the address of the API, or the gateway's own public address where the API is on this
// machine; known is false before the first reading.
func (c *Client) Links() (l Links, known bool) {
	var s Status
	if last := c.cache.status.Load(); last != nil {
		s, known = *last, true
	}
	l = Links{TopUp: cmp.Or(s.TopUpLink, c.host.topUp.known(c.base.String())), Console: s.ServerAddress}
	if c.base.Scheme == "https" {
		l.Console = c.base.String()
	}
	return l, known
}

// How long a gateway's answer about its top-up page is valid, and a failure.
const (
	topUpAge   = 24 * time.Hour
	topUpRetry = time.Hour
)

// topUpShare is what the clients of one host learned about its top-up pages. The
// zero value is ready for use.
type topUpShare struct {
	mu    sync.Mutex
	pages map[string]topUpPage // by base address
}

type topUpPage struct {
	link string
	next time.Time // when it may be asked for again
}

func (s *topUpShare) known(base string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pages[base].link
}

// due reports whether the page may be asked for, and reserves the attempt.
func (s *topUpShare) due(base string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := s.pages[base]
	if now.Before(page.next) && page.next.Sub(now) <= topUpAge { // else the clock was ahead
		return false
	}
	s.set(base, topUpPage{page.link, now.Add(topUpRetry)})
	return true
}

// set is called with the lock held.
func (s *topUpShare) set(base string, page topUpPage) {
	if s.pages == nil {
		s.pages = map[string]topUpPage{}
	}
	s.pages[base] = page
}

// LearnTopUpLink asks a gateway for its page for adding money, for [Client.Links]: since
// new-api 2026-07 the public status no longer has it, but /api/user/topup/info does, for
// users (controller/topup.go). It makes at most one request a day for all accounts of a
// gateway, one an hour while that fails, and none where the status has the page, without
// an access token, or before the first reading.
func (c *Client) LearnTopUpLink(ctx context.Context) error {
	s := c.cache.status.Load()
	if s == nil || !s.topUpApart || c.cred.AccessToken == "" || !c.host.topUp.due(c.base.String(), c.now()) {
		return nil
	}
	r := request{op: "user/topup/info", path: "/api/user/topup/info", auth: byUser, optional: true}
	link, err := fetch(ctx, c, r, decodeTopUpLink)
	if err != nil {
		return err
	}
	c.host.topUp.mu.Lock()
	defer c.host.topUp.mu.Unlock()
	c.host.topUp.set(c.base.String(), topUpPage{c.publicLink(link), c.now().Add(topUpAge)})
	return nil
}

func decodeTopUpLink(body []byte) (string, error) {
	var answer struct {
		Data *struct {
			Link json.RawMessage `json:"topup_link"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil {
		return "", mistyped("user/topup/info", "not what is known of top-ups")
	}
	return scalar(answer.Data.Link), nil
}

// maxLink is the most characters a link may have: what Discord takes for a button.
const maxLink = 512

// publicLink returns an address from a gateway's settings in a form that is safe
// to put behind a button: https, a public host, no credentials of any kind. It
// returns "" for anything else, such as the default http://localhost:3000.
func (c *Client) publicLink(text string) string {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "https" || u.User != nil || !publicHost(u.Hostname()) {
		return ""
	}
	link := u.String()
	if len(link) > maxLink || strings.ContainsFunc(link, func(r rune) bool { return r <= ' ' || r > '~' }) || c.withoutCredentials(link) != link {
		return ""
	}
	return link
}

func publicHost(host string) bool {
	ip := net.ParseIP(host)
	return strings.Contains(host, ".") && !loopback(host) || ip != nil && !ip.IsLoopback() && !ip.IsUnspecified()
}
