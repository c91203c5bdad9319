package moka

import (
	"net"
	"net/url"
	"strings"
)

// Links are the pages where a person looks after an account: https, or empty
// where there is none.
type Links struct {
	TopUp   string // where the gateway says that money is added
	Console string // the gateway's own address for a browser
}

// Links are the gateway's pages as of the client's newest reading. Console is
// the address of the API, or the one that the gateway tells of itself where the
// API is reached on this machine; known is false before the first reading.
func (c *Client) Links() (l Links, known bool) {
	s, known := c.memory.lastStatus()
	l = Links{TopUp: s.TopUpLink, Console: s.ServerAddress}
	if c.base.Scheme == "https" {
		l.Console = c.base.String()
	}
	return l, known
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
