package config

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mokabot/moka"
)

// baseURL is a gateway's address. It is not repeated in a problem, because it
// may hold a password.
func (v value) baseURL(to *string) {
	text, ok := v.scalar()
	if !ok {
		return
	}
	if err := moka.CheckBase(text); err != nil {
		v.problem(func(w *words) string { return addressFault(w, err) })
		return
	}
	*to = strings.TrimRight(strings.TrimSpace(text), "/")
}

// addressFault is what is wrong with a gateway's address.
func addressFault(w *words, err error) string {
	fault, _ := errors.AsType[moka.AddressFault](err)
	return cmp.Or(w.AddressFault[fault], err.Error())
}

// maxPage is the longest address that a button on Discord may open.
// https://docs.discord.com/developers/components/reference#button
const maxPage = 512

// optional is a value that may be left empty, which is set here. It reports
// whether there is a text to look at.
func (v value) optional(to *string) (text string, ok bool) {
	if text, ok = v.scalar(); !ok {
		return "", false
	}
	if text = strings.TrimSpace(text); text == "" {
		*to = ""
		return "", false
	}
	return text, true
}

// page is the address of a web page that a button opens, or nothing.
func (v value) page(to *string) {
	text, ok := v.optional(to)
	if !ok {
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || !goodPort(u.Port()):
		v.problem(func(w *words) string { return w.NotPage })
	case u.User != nil:
		v.problem(func(w *words) string { return w.PageUser })
	case len(text) > maxPage:
		v.problem(func(w *words) string { return w.PageTooLong })
	default:
		*to = text
	}
}

// proxy is a proxy's address, which may hold a password, or nothing.
func (v value) proxy(to *string) {
	text, ok := v.optional(to)
	if !ok {
		return
	}
	u, err := url.Parse(text)
	schemes := []string{"http", "https", "socks5"}
	switch {
	case err != nil || !strings.Contains(text, "://") || u.Hostname() == "" || !goodPort(u.Port()):
		v.problem(func(w *words) string { return w.NotProxy })
	case !slices.Contains(schemes, u.Scheme):
		v.problem(func(w *words) string { return w.ProxyScheme })
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		v.problem(func(w *words) string { return w.ProxyEnd })
	default:
		*to = text
	}
}

// listen is a host and a port, the host possibly empty, or nothing.
func (v value) listen(to *string) {
	text, ok := v.optional(to)
	if !ok {
		return
	}
	if !ListenAddress(text) {
		v.problem(func(w *words) string { return w.NotListen(v.quoted()) })
		return
	}
	*to = text
}

// ListenAddress reports whether a text is a host, possibly empty, and a port.
func ListenAddress(text string) bool {
	host, port, err := net.SplitHostPort(text)
	return err == nil && port != "" && goodPort(port) && !strings.ContainsAny(host, " /@")
}

func goodPort(port string) bool {
	if port == "" {
		return true
	}
	_, err := strconv.ParseUint(port, 10, 16)
	return err == nil
}
