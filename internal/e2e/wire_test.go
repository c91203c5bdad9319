//go:build unix

package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
	"mokabot/internal/testbed"
)

const (
	okJSON  = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	chunked = okJSON + "Transfer-Encoding: chunked\r\n\r\n"
	prefix  = `{"success":true,"data":{"quota":1,`
)

// lines are what a server may do to a connection of HTTP/1.1 after the first request.
var lines = map[string]func(c net.Conn){
	"early hints without end":         func(c net.Conn) { repeat(c, "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n", 0) },
	"continues without end":           func(c net.Conn) { repeat(c, "HTTP/1.1 100 Continue\r\n\r\n", 0) },
	"a header without end":            func(c net.Conn) { io.WriteString(c, okJSON+"X: "); repeat(c, "a", 0) },
	"headers without end":             func(c net.Conn) { io.WriteString(c, okJSON); repeat(c, "X: a\r\n", 0) },
	"empty lines without end":         func(c net.Conn) { repeat(c, "\r\n", 0) },
	"a status line without end":       func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 "); repeat(c, "a", 0) },
	"a chunk's length without end":    func(c net.Conn) { io.WriteString(c, chunked); repeat(c, "0", 0) },
	"a chunk's extension without end": func(c net.Conn) { io.WriteString(c, chunked+"5;"); repeat(c, "a", 0) },
	"extensions of chunks of a byte":  func(c net.Conn) { io.WriteString(c, chunked); repeat(c, "1;"+strings.Repeat("a", 1000)+"\r\n \r\n", 0) },
	"chunks of a blank":               func(c net.Conn) { io.WriteString(c, chunked); repeat(c, "1\r\n \r\n", 0) },
	"a chunk of all there is":         func(c net.Conn) { io.WriteString(c, chunked+"7fffffffffffffff\r\n"+prefix); repeat(c, " ", 0) },
	"trailers without end":            func(c net.Conn) { io.WriteString(c, chunked+"2\r\n{}\r\n0\r\n"); repeat(c, "X: a\r\n", 0) },
	"a blank each second":             func(c net.Conn) { io.WriteString(c, okJSON+"\r\n"+prefix); repeat(c, " ", time.Second) },
	"a header's byte each second":     func(c net.Conn) { io.WriteString(c, okJSON+"X: "); repeat(c, "a", time.Second) },
	"NULs without end":                func(c net.Conn) { io.WriteString(c, okJSON+"\r\n"); repeat(c, "\x00", 0) },
	"nothing":                         func(c net.Conn) { time.Sleep(patience) },
	"less than announced":             func(c net.Conn) { io.WriteString(c, okJSON+"Content-Length: 1000\r\n\r\n"+prefix); c.Close() },
	"more than announced":             func(c net.Conn) { io.WriteString(c, okJSON+"Content-Length: 2\r\n\r\n{}"); repeat(c, "a", 0) },
	"a negative length":               func(c net.Conn) { io.WriteString(c, okJSON+"Content-Length: -1\r\n\r\n{}"); c.Close() },
	"two lengths": func(c net.Conn) {
		io.WriteString(c, okJSON+"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ")
		c.Close()
	},
	"a length beyond counting": func(c net.Conn) {
		io.WriteString(c, okJSON+"Content-Length: 99999999999999999999\r\n\r\n{}")
		c.Close()
	},
	"another protocol": func(c net.Conn) { repeat(c, "SSH-2.0-OpenSSH\r\n", 0) },
	"a switch of protocols": func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
		repeat(c, "a", 0)
	},
	"packed twice": func(c net.Conn) {
		io.WriteString(c, okJSON+"Content-Encoding: gzip, gzip\r\n\r\n"+packed(packed(strings.Repeat(" ", 1<<20))))
		c.Close()
	},
	"packed within": func(c net.Conn) {
		io.WriteString(c, okJSON+"Content-Encoding: gzip\r\n\r\n"+packed(packed(strings.Repeat(" ", 1<<20))))
		c.Close()
	},
	"packed parts without end": func(c net.Conn) { io.WriteString(c, okJSON+"Content-Encoding: gzip\r\n\r\n"); repeat(c, packed(""), 0) },
	"packed with a name without end": func(c net.Conn) {
		io.WriteString(c, okJSON+"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03")
		repeat(c, "a", 0)
	},
	"packed by brotli": func(c net.Conn) { io.WriteString(c, okJSON+"Content-Encoding: br\r\n\r\n\x1b\x00\xf8\x25"); c.Close() },
	"packed by zstd": func(c net.Conn) {
		io.WriteString(c, okJSON+"Content-Encoding: zstd\r\n\r\n\x28\xb5\x2f\xfd")
		c.Close()
	},
	"redirects without end": func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 302 Found\r\nLocation: ?again\r\nContent-Length: 0\r\n\r\n")
	},
}

// repeat writes a part until the line is cut: after each pause, or without one some
// megabytes a second, which leaves the processor to others.
func repeat(c net.Conn, part string, pause time.Duration) {
	if pause == 0 {
		part, pause = strings.Repeat(part, max(1, 16<<10/len(part))), 5*time.Millisecond
	}
	for {
		if _, err := io.WriteString(c, part); err != nil {
			return
		}
		time.Sleep(pause)
	}
}

func packed(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return b.String()
}

// frames are what a server may do to a connection of HTTP/2 with its first stream.
var frames = map[string]func(c net.Conn, stream uint32){
	"continuations without end": func(c net.Conn, stream uint32) {
		c.Write(frame(1, 0, stream, []byte{0x88})) // :status 200, and no END_HEADERS
		repeat(c, string(frame(9, 0, stream, literal("x-a", "a"))), 0)
	},
	"empty continuations without end": func(c net.Conn, stream uint32) {
		c.Write(frame(1, 0, stream, []byte{0x88}))
		repeat(c, string(frame(9, 0, stream, nil)), 0)
	},
	"a packed list of headers": func(c net.Conn, stream uint32) {
		long := append([]byte{0x88, 0x40}, literal("x-a", strings.Repeat("a", 4000))[1:]...)
		c.Write(frame(1, 4, stream, append(long, bytes.Repeat([]byte{0xbe}, 8000)...))) // index 62, over and over
		time.Sleep(patience)
	},
	"resets":                     func(c net.Conn, stream uint32) { c.Write(frame(3, 0, stream, []byte{0, 0, 0, 2})) },
	"refusals":                   func(c net.Conn, stream uint32) { c.Write(frame(3, 0, stream, []byte{0, 0, 0, 7})) },
	"resets without end":         func(c net.Conn, stream uint32) { repeat(c, string(frame(3, 0, 1001, []byte{0, 0, 0, 2})), 0) },
	"pings without end":          func(c net.Conn, stream uint32) { repeat(c, string(frame(6, 0, 0, make([]byte, 8))), 0) },
	"settings without end":       func(c net.Conn, stream uint32) { repeat(c, string(frame(4, 0, 0, []byte{0, 1, 0, 0, 16, 0})), 0) },
	"windows without end":        func(c net.Conn, stream uint32) { repeat(c, string(frame(8, 0, 0, []byte{0, 0, 0, 1})), 0) },
	"priorities without end":     func(c net.Conn, stream uint32) { repeat(c, string(frame(2, 0, stream, make([]byte, 5))), 0) },
	"unknown frames without end": func(c net.Conn, stream uint32) { repeat(c, string(frame(0xbe, 0, 0, make([]byte, 16000))), 0) },
	"a frame beyond the limit": func(c net.Conn, stream uint32) {
		c.Write([]byte{0xff, 0xff, 0xff, 0, 0, 0, 0, 0, byte(stream)})
		repeat(c, "a", 0)
	},
	"empty data without end": func(c net.Conn, stream uint32) {
		c.Write(frame(1, 4, stream, []byte{0x88}))
		repeat(c, string(frame(0, 0, stream, nil)), 0)
	},
	"padding without end": func(c net.Conn, stream uint32) {
		c.Write(frame(1, 4, stream, []byte{0x88}))
		repeat(c, string(frame(0, 8, stream, append([]byte{255}, make([]byte, 255)...))), 0)
	},
	"data beyond the window": func(c net.Conn, stream uint32) {
		c.Write(frame(1, 4, stream, []byte{0x88}))
		repeat(c, string(frame(0, 0, stream, bytes.Repeat([]byte(" "), 16000))), 0)
	},
	"early hints without end": func(c net.Conn, stream uint32) {
		repeat(c, string(frame(1, 4, stream, append([]byte{0x08, 3}, "103"...))), 0)
	},
	"trailers of many headers": func(c net.Conn, stream uint32) {
		c.Write(frame(1, 4, stream, []byte{0x88}))
		c.Write(frame(0, 0, stream, []byte(prefix)))
		c.Write(frame(1, 0, stream, literal("x-a", "a")))
		repeat(c, string(frame(9, 0, stream, literal("x-a", strings.Repeat("a", 1000)))), 0)
	},
	"goodbyes": func(c net.Conn, stream uint32) { c.Write(frame(7, 0, 0, make([]byte, 8))); c.Close() },
	"a push": func(c net.Conn, stream uint32) {
		c.Write(frame(5, 4, stream, []byte{0, 0, 0, 2, 0x82}))
		time.Sleep(patience)
	},
	"nothing": func(c net.Conn, stream uint32) { time.Sleep(patience) },
}

func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(head[5:], stream)
	return append(head, payload...)
}

// literal is a header for HPACK that enters no table.
func literal(name, value string) []byte {
	text := append([]byte{0, byte(len(name))}, name...)
	if len(value) < 127 {
		return append(append(text, byte(len(value))), value...)
	}
	text = append(text, 127)
	for rest := len(value) - 127; ; rest >>= 7 {
		if rest < 128 {
			return append(append(text, byte(rest)), value...)
		}
		text = append(text, byte(rest&127|128))
	}
}

// wires starts a server that does the same to every connection once it was asked for
// something, and counts the connections.
func wires(t *testing.T, config *tls.Config, do func(c net.Conn)) (address string, connections *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections = &atomic.Int32{}
	var open sync.Map
	t.Cleanup(func() {
		listener.Close()
		open.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
	})
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			open.Store(c, nil)
			go func() {
				defer c.Close()
				if config == nil {
					do(c)
					return
				}
				do(tls.Server(c, config))
			}()
		}
	}()
	return listener.Addr().String(), connections
}

// overHTTP1 does something to each request of a connection.
func overHTTP1(do func(c net.Conn)) func(c net.Conn) {
	return func(c net.Conn) {
		requests := bufio.NewReader(c)
		for {
			r, err := http.ReadRequest(requests)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			do(c)
		}
	}
}

// overHTTP2 does something to each stream of a connection, and answers its pings.
func overHTTP2(do func(c net.Conn, stream uint32)) func(c net.Conn) {
	return func(c net.Conn) {
		in := bufio.NewReader(c)
		if _, err := io.CopyN(io.Discard, in, 24); err != nil { // the preface
			return
		}
		var writing sync.Mutex
		c.Write(frame(4, 0, 0, nil))
		for {
			head := make([]byte, 9)
			if _, err := io.ReadFull(in, head); err != nil {
				return
			}
			body := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
			if _, err := io.ReadFull(in, body); err != nil {
				return
			}
			switch {
			case head[3] == 1:
				go func() {
					writing.Lock()
					defer writing.Unlock()
					do(c, binary.BigEndian.Uint32(head[5:]))
				}()
			case head[3] == 6 && head[4] == 0 && writing.TryLock():
				c.Write(frame(6, 1, 0, body))
				writing.Unlock()
			}
		}
	}
}

// S2: servers that abuse the protocol itself, with the real program.
func TestHostileLinesEndInTime(t *testing.T) {
	proof.NeedsLong(t)
	if proof.Raced {
		t.Skip("the race detector needs several times the memory")
	}
	speak, authority := hostileTLS(t)
	for name, do := range lines {
		t.Run("HTTP 1, "+name, func(t *testing.T) {
			t.Parallel()
			address, connections := wires(t, nil, overHTTP1(do))
			endsInTime(t, "http://"+address, "", connections)
		})
	}
	for name, do := range frames {
		t.Run("HTTP 2, "+name, func(t *testing.T) {
			t.Parallel()
			address, connections := wires(t, speak, overHTTP2(do))
			endsInTime(t, "https://"+address, authority, connections)
		})
	}
}

// S2: one bot reads all of these servers at the same time, and an honest gateway beside them.
func TestHostileLinesTakeNothingFromTheBot(t *testing.T) {
	proof.NeedsLong(t)
	if proof.Raced {
		t.Skip("the race detector needs several times the memory")
	}
	speak, authority := hostileTLS(t)
	w := newWorld(t)
	accounts := &strings.Builder{}
	count := 0
	account := func(scheme string, config *tls.Config, do func(c net.Conn)) {
		address, _ := wires(t, config, do)
		fmt.Fprintf(accounts, "  - {name: evil%d, base_url: \"%s://%s\", api_key: %s, access_token: %s, user_id: 2}\n", count, scheme, address, testKey, testToken)
		count++
	}
	for _, do := range lines {
		account("http", nil, overHTTP1(do))
	}
	for _, do := range frames {
		account("https", speak, overHTTP2(do))
	}
	proxy, trust := w.proxied(t)
	both := []byte{}
	for _, file := range []string{strings.TrimPrefix(trust, "SSL_CERT_FILE="), authority} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, text...)
	}
	if err := os.WriteFile(authority, both, 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"SSL_CERT_FILE=" + authority, "HTTPS_PROXY=" + proxy.URL, "NO_PROXY=127.0.0.1"}
	cmd, _, log := program(t, env, "run", "--config", w.config(t, "accounts:\n", "accounts:\n"+accounts.String()))
	peak := peakOf(t, cmd, func() {
		if err := w.discord.Connected(deadline(t)); err != nil {
			t.Errorf("%v\n%s", err, log.Tail())
		}
		w.polled(t, 5)
		w.spend(40_000_000)
		w.waits(t, discordsim.AlertsChannel, "the honest account's ping", titled("team: balance is low"))
		_ = cmd.Process.Signal(syscall.SIGTERM)
	})
	t.Logf("%d hostile gateways: peak %d MB, exit %d", count, peak, cmd.ProcessState.ExitCode())
	if peak > mostMemory || cmd.ProcessState.ExitCode() != 0 {
		t.Errorf("%d MB, exit %d\n%s", peak, cmd.ProcessState.ExitCode(), log.Tail())
	}
	if text := log.String(); !legible(text) {
		t.Errorf("the log is not legible")
	}
	testbed.NoSecrets(t, "the log", log.String())
}

// hostileTLS is how servers speak HTTP/2, and the file with which a program trusts them.
func hostileTLS(t *testing.T) (speak *tls.Config, authority string) {
	t.Helper()
	secure := httptest.NewUnstartedServer(nil)
	secure.StartTLS()
	secure.Close()
	authority = filepath.Join(t.TempDir(), "gateway.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: secure.TLS.Certificates, NextProtos: []string{"h2"}}, authority
}

// endsInTime has the commands read a gateway that answers nothing good.
func endsInTime(t *testing.T, gateway, authority string, connections *atomic.Int32) {
	t.Helper()
	w := newWorld(t)
	file := w.config(t, w.server.URL, gateway, "  token: "+discordsim.Token, "  token: \"\"")
	var commands sync.WaitGroup
	for _, args := range readingCommands {
		commands.Go(func() {
			cmd, out, log := program(t, []string{"SSL_CERT_FILE=" + authority}, append(args, "--config", file)...)
			start := time.Now()
			peak := peakOf(t, cmd, nil)
			took, text := time.Since(start), out.String()+log.String()
			t.Logf("%-8s peak %d MB, %s, exit %d, %d connections: %s", args[0], peak, took.Round(time.Millisecond), cmd.ProcessState.ExitCode(), connections.Load(), firstLine(text))
			if peak > mostMemory || took > patience || cmd.ProcessState.ExitCode() != 1 {
				t.Errorf("%v: %d MB, %s, exit %d\n%.1000s", args, peak, took, cmd.ProcessState.ExitCode(), text)
			}
			if strings.ContainsAny(text, "\x00\x1b\u202e") {
				t.Errorf("%v: %q", args, text)
			}
			testbed.NoSecrets(t, "the output", text)
		})
	}
	commands.Wait()
}

func firstLine(text string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, "gateway") || strings.Contains(line, "error") {
			return fmt.Sprintf("%.150s", strings.TrimSpace(line))
		}
	}
	return fmt.Sprintf("%.150q", text)
}
