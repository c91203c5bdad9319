package moka

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// AddressFault is what is wrong with a gateway's address. As an error it says so in English,
// and how such an address is written.
type AddressFault string

// What can be wrong with an address.
const (
	NoScheme     AddressFault = "needs a scheme; write https://HOST"
	NoAddress    AddressFault = "is not an address; write https://HOST"
	OtherScheme  AddressFault = "must begin with https://"
	UserInside   AddressFault = "has a user name or password in it; remove it"
	QueryInside  AddressFault = "must end before the ? or #"
	PlainAddress AddressFault = "is http, which would send the key in the clear; write https:// (http is for this machine only)"
)

// AddressFaults are all of them.
func AddressFaults() []AddressFault {
	return []AddressFault{NoScheme, NoAddress, OtherScheme, UserInside, QueryInside, PlainAddress}
}

func (f AddressFault) Error() string { return string(f) }

// CheckBase says what is wrong with a gateway's address, as an [AddressFault]; nil: nothing is. It does not
// repeat the address, which may hold a password.
func CheckBase(base string) error {
	_, err := baseAddress(base)
	return err
}

func baseAddress(base string) (*url.URL, error) {
	base = strings.TrimSpace(base)
	u, err := url.Parse(base)
	switch {
	case !strings.Contains(base, "://"):
		return nil, NoScheme
	case err != nil || u.Hostname() == "" || !goodPort(u.Port()):
		return nil, NoAddress
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, OtherScheme
	case u.User != nil:
		return nil, UserInside
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, QueryInside
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, PlainAddress
	}
	return u, nil
}

func goodPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil
}

// parseBase reads a base address down to the part before /v1. Empty path
// segments go, because a gateway answers "//v1/models" with its web page.
func parseBase(base string) (*url.URL, error) {
	u, err := baseAddress(base)
	if err != nil {
		return nil, fmt.Errorf("the base URL %w", err)
	}
	segments := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	if n := len(segments); n > 0 && segments[n-1] == "v1" {
		segments = segments[:n-1]
	}
	usualPort := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
	root := &url.URL{Scheme: u.Scheme, Host: strings.TrimSuffix(strings.ToLower(u.Host), usualPort)}
	if len(segments) > 0 {
		root.Path = "/" + strings.Join(segments, "/")
	}
	return root, nil
}

func loopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
