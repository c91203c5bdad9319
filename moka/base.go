package moka

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// parseBase reads a base address down to the part before /v1. Empty path
// segments go, because a gateway answers "//v1/models" with its web page.
func parseBase(base string) (*url.URL, error) {
	base = strings.TrimSpace(base)
	if !strings.Contains(base, "://") {
		return nil, errors.New("the base URL needs a scheme: write https://HOST")
	}
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("the base URL is not an address: write https://HOST")
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("the base URL must begin with https://")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, errors.New("the base URL is http, which would send the key in the clear: use https (http is for this machine only)")
	case u.User != nil:
		return nil, errors.New("the base URL has a user name or password: remove it")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("the base URL has a query or fragment: end it before the ? or #")
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
