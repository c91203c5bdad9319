package store

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"mokabot/internal/store/pgtest"
)

// refusing is a server that answers every connection with an error of a code, as
// https://www.postgresql.org/docs/current/protocol-message-formats.html has it.
func refusing(t *testing.T, severity, code string) (address string) {
	t.Helper()
	fields := "S" + severity + "\x00V" + severity + "\x00C" + code + "\x00Mas a server says it\x00\x00"
	answer := binary.BigEndian.AppendUint32([]byte{'E'}, uint32(4+len(fields)))
	answer = append(answer, fields...)
	return listening(t, func(c net.Conn) {
		var size [4]byte
		if _, err := io.ReadFull(c, size[:]); err == nil {
			_, _ = io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint32(size[:]))-4)
			_, _ = c.Write(answer)
		}
	})
}

// listening serves each connection to an address.
func listening(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return l.Addr().String()
}

// encrypting answers every connection's wish for TLS with a certificate that
// nobody knows.
func encrypting(t *testing.T) (address string) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	return listening(t, func(c net.Conn) {
		if _, err := io.CopyN(io.Discard, c, 8); err != nil {
			return
		}
		_, _ = c.Write([]byte("S"))
		to, err := net.Dial("tcp", web.Listener.Addr().String())
		if err != nil {
			return
		}
		defer to.Close()
		go io.Copy(to, c) //nolint:errcheck // it ends with the connection
		_, _ = io.Copy(c, to)
	})
}

// What keeps a server's database from being opened is told by its class: whether
// it may pass, or needs somebody.
func TestWhatKeepsAServersDatabaseFromBeingOpened(t *testing.T) {
	t.Parallel()
	nobody := listening(t, func(net.Conn) {})
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	closed.Close()
	silent := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	plain := func(c net.Conn) {
		_, _ = io.CopyN(io.Discard, c, 8)
		_, _ = c.Write([]byte("N"))
	}
	for name, c := range map[string]struct {
		host, options string
		kind          error
		absent        bool
	}{
		"nobody listens":             {closed.Addr().String(), "sslmode=disable", ErrUnreachable, true},
		"it hangs up":                {nobody, "sslmode=disable", ErrUnreachable, true},
		"it swallows everything":     {listening(t, silent), "sslmode=disable&connect_timeout=1", ErrUnreachable, true},
		"no host has the name":       {"database.invalid:5432", "sslmode=disable", ErrUnreachable, true},
		"it starts":                  {refusing(t, "FATAL", "57P03"), "sslmode=disable", ErrUnreachable, true},
		"it stops":                   {refusing(t, "FATAL", "57P01"), "sslmode=disable", ErrCut, true},
		"it has no connection left":  {refusing(t, "FATAL", "53300"), "sslmode=disable", ErrBusy, true},
		"it takes no TLS":            {listening(t, plain), "sslmode=require", ErrTLS, false},
		"its certificate is unknown": {encrypting(t), "sslmode=verify-full", ErrTLS, false},
		"a wrong password":           {refusing(t, "FATAL", "28P01"), "sslmode=disable", ErrLogin, false},
		"pg_hba.conf has no line":    {refusing(t, "FATAL", "28000"), "sslmode=disable", ErrLogin, false},
		"no database of that name":   {refusing(t, "FATAL", "3D000"), "sslmode=disable", ErrNoDatabase, false},
		"no right to connect":        {refusing(t, "FATAL", "42501"), "sslmode=disable", ErrRights, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Open("postgres://u:secret-of-nobody@" + c.host + "/d?" + c.options)
			if !errors.Is(err, c.kind) || Absent(err) != c.absent {
				t.Errorf("%v; may pass: %t", err, Absent(err))
			}
			if strings.Contains(err.Error(), "secret-of-nobody") {
				t.Errorf("the password is in %v", err)
			}
		})
	}
}

// The same of a real server.
func TestWhatKeepsARealServersDatabaseFromBeingOpened(t *testing.T) {
	address := pgtest.URL(t)
	reopen(t, address).Close()
	set := func(statement string) { pgtest.Exec(t, address, statement) }
	for _, c := range []struct {
		what, address string
		kind          error
	}{
		{"a wrong password", strings.Replace(address, pgtest.Password, "wrong", 1), ErrLogin},
		{"no such database", strings.Replace(address, "?", "_gone?", 1), ErrNoDatabase},
	} {
		if _, err := Open(c.address); !errors.Is(err, c.kind) || Absent(err) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	set("UPDATE " + versionTable + " SET version = version + 1")
	if _, err := Open(address); !errors.Is(err, ErrNewer) || Absent(err) {
		t.Errorf("a newer schema: %v", err)
	}
	set("DROP SCHEMA public CASCADE; CREATE SCHEMA other; ALTER ROLE CURRENT_USER IN DATABASE " + nameOf(address) + " SET search_path = nowhere")
	if _, err := Open(address); !errors.Is(err, ErrRights) || Absent(err) {
		t.Errorf("no rights: %v", err)
	}
}

func TestNobodyWaitsForAServerWhenAskedToStop(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	address := listening(t, func(c net.Conn) {
		cancel() // it is connected
		_, _ = io.Copy(io.Discard, c)
	})
	if _, err := OpenContext(ctx, "postgres://u@"+address+"/d?sslmode=disable"); !errors.Is(err, context.Canceled) {
		t.Errorf("it was waited for: %v", err)
	}
}
