package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// serverError is a failure that came from PostgreSQL or on the way to it.
type serverError struct{ err error }

func (e *serverError) Error() string { return e.err.Error() }
func (e *serverError) Unwrap() error { return e.err }

// fromServer marks a failure of the driver.
func fromServer(err error) error {
	if err == nil {
		return nil
	}
	return &serverError{err}
}

// codes are the kinds of what PostgreSQL refuses, by its code or the class in
// front of it: https://www.postgresql.org/docs/current/errcodes-appendix.html.
var codes = map[string]error{
	"28":    ErrLogin,
	"3D000": ErrNoDatabase,
	"42501": ErrRights,
	"3F000": ErrRights, // no schema that it may use
	"25006": ErrStandby,
	"53100": ErrFull,
	"53300": ErrBusy,
	"42P01": ErrForeign, // a table is gone
	"XX":    ErrCorrupt,
	"57P03": ErrUnreachable, // it starts or stops
}

// kindOfServer is what a failure of PostgreSQL means, nil when it is none or means
// nothing particular. [ErrCut] is a connection that broke in use: only the server
// knows what it still did.
func kindOfServer(err error) error {
	failed, ok := errors.AsType[*serverError](err)
	if !ok || errors.Is(err, context.Canceled) {
		return nil
	}
	if refused, ok := errors.AsType[*pgconn.PgError](failed); ok {
		for _, code := range []string{refused.Code, refused.Code[:min(2, len(refused.Code))]} {
			if kind := codes[code]; kind != nil {
				return kind
			}
		}
		if refused.SeverityUnlocalized == "FATAL" || refused.SeverityUnlocalized == "PANIC" {
			return ErrCut
		}
		return nil
	}
	if _, never := errors.AsType[*pgconn.ConnectError](failed); never {
		if isTLS(failed) {
			return ErrTLS
		}
		return ErrUnreachable
	}
	if _, network := errors.AsType[net.Error](failed); network || pgconn.Timeout(failed) {
		return ErrCut
	}
	for _, broken := range []error{driver.ErrBadConn, pgconn.ErrConnClosed, io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded} {
		if errors.Is(failed, broken) {
			return ErrCut
		}
	}
	return nil
}

// isTLS reports whether no agreement was reached on an encrypted connection.
func isTLS(err error) bool {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		checked   *tls.CertificateVerificationError
		alert     tls.AlertError
		record    tls.RecordHeaderError
	)
	for _, kind := range []any{&authority, &host, &invalid, &checked, &alert, &record} {
		if errors.As(err, kind) {
			return true
		}
	}
	return strings.Contains(err.Error(), "server refused TLS connection") // the driver has no type for it
}

// causeAtServer is a failure in a line, without what may hold a row's content.
func causeAtServer(err error) error {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fmt.Errorf("%s, SQLSTATE %s", refused.Message, refused.Code)
	}
	if never, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		err = never.Unwrap() // without user and database, which the sentence's place names
	}
	const maxCause = 300 // bytes; of several addresses each has its cause
	text := strings.Join(strings.Fields(err.Error()), " ")
	if len(text) > maxCause {
		text = strings.ToValidUTF8(text[:maxCause], "") + "…"
	}
	return errors.New(text)
}
