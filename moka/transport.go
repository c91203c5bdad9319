package moka

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// scrubbed is a cause whose text went through [Client.clean]; it can still be
// distinguished with errors.Is and errors.As.
type scrubbed struct {
	text string
	err  error
}

func (s *scrubbed) Error() string { return s.text }
func (s *scrubbed) Unwrap() error { return s.err }

// transportError says why there was no whole answer. The address that net/http
// puts into its errors is dropped.
func (c *Client) transportError(op string, err error) *Error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	e := &Error{Op: op, Kind: Unavailable, Err: &scrubbed{c.clean(err.Error()), err}}
	switch {
	case errors.Is(err, context.Canceled):
	case timedOut(err):
		e.Hint = HintTimeout
		c.http.CloseIdleConnections() // whatever swallowed this one may have swallowed them too
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), isCorrupt(err):
		e.Kind = BadResponse
	case AtProxy(err):
		e.Hint = HintProxy
	case isTLS(err):
		e.Hint = HintTLS
	case isAddress(err), isPlain(err):
		e.Hint = HintNoAddress
	}
	return e
}

func timedOut(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout()
}

func isCorrupt(err error) bool {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	return corrupt
}

// AtProxy reports whether the proxy, and not what is behind it, failed. No byte of the
// request went further then.
func AtProxy(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks")
	}
	return strings.HasPrefix(err.Error(), "socks connect")
}

func isTLS(err error) bool {
	_, unverified := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, hostname := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	return unverified || authority || hostname || invalid || alert
}

// isPlain reports whether the server at an https address does not speak TLS.
func isPlain(err error) bool {
	_, record := errors.AsType[tls.RecordHeaderError](err)
	return record || errors.Is(err, http.ErrSchemeMismatch)
}

// isAddress goes by the step that failed, because the errno of a refused
// connection differs between systems.
func isAddress(err error) bool {
	_, name := errors.AsType[*net.DNSError](err)
	op, ok := errors.AsType[*net.OpError](err)
	return name || ok && op.Op == "dial"
}
