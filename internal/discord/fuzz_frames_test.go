package discord

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// FuzzFrames: whatever comes over the line after the upgrade, the connection
// ends with a reason, and it has sent one IDENTIFY at most.
func FuzzFrames(f *testing.F) {
	for _, text := range []string{
		`{"op":10,"d":{"heartbeat_interval":41250}}`, `{"op":10,"d":{"heartbeat_interval":0}}`, `{"op":10,"d":{"heartbeat_interval":1e300}}`, `{"op":10,"d":null}`,
		`{"op":0,"t":"READY","d":{"user":null}}`, `{"op":7}`, `{"op":9,"d":true}`, `{"op":11}`, `[]`, `null`, `{"op":1}`,
		`{"op":0,"t":"GUILD_CREATE","d":{}}`, `{"op":0,"t":"GUILD_UPDATE","d":{"id":"1","members":[null]}}`, `{"op":0,"t":"READY","d":{"guilds":[null]}}`,
	} {
		f.Add(append(serverFrame(text), serverFrame(`{"op":10,"d":{"heartbeat_interval":9000}}`)...))
	}
	f.Add([]byte{0x88, 2, 0x0f, 0xa4})
	f.Add([]byte{0x81, 127, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		line := &scriptedLine{script: raw}
		g := &Gateway{Token: testToken, REST: NewREST(testToken, nil, slog.New(slog.DiscardHandler)), Log: slog.New(slog.DiscardHandler)}
		g.Timing.fill()
		g.budget.date(time.Now())
		identifies := 0
		g.OnIdentify = func() { identifies++ }
		g.REST.client.Transport = &http.Transport{DialContext: line.dial}
		c := &connection{g: g}
		err := c.runAt(t.Context(), "ws://gateway")
		if err == nil || identifies > 1 {
			t.Errorf("ended with %v after %d IDENTIFYs", err, identifies)
		}
	})
}

// serverFrame is a text of less than 126 bytes as a server sends it.
func serverFrame(text string) []byte { return append([]byte{0x81, byte(len(text))}, text...) }

// scriptedLine is the far side of a connection: it accepts the websocket, sends
// its script and hangs up.
type scriptedLine struct{ script []byte }

func (l *scriptedLine) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		in := bufio.NewReader(far)
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		key := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // RFC 6455, section 4.2.2
		go func() { _, _ = io.Copy(io.Discard, in) }()
		fmt.Fprintf(far, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			base64.StdEncoding.EncodeToString(key[:]))
		_, _ = far.Write(l.script)
	}()
	return near, nil
}

// FuzzEvents: READY and what comes after it may lack anything.
func FuzzEvents(f *testing.F) {
	f.Add([]byte(`{"user":{"id":"5","username":"moka"},"application":{"id":"6"},"guilds":[{"id":"1"},{"id":"2","unavailable":true}]}`), []byte(`{"id":"3"}`))
	f.Add([]byte(`{"user":null,"application":null,"guilds":[null]}`), []byte(`null`))
	f.Fuzz(func(t *testing.T, ready, guild []byte) {
		g := &Gateway{Log: slog.New(slog.DiscardHandler)}
		g.onReady(sessionOf(payload{Op: opDispatch, Type: "READY", Data: ready, Seq: 1}))
		var joined unavailableGuild
		if json.Unmarshal(guild, &joined) != nil || joined.ID == "" {
			g.onEvent("GUILD_CREATE", guild)
			return
		}
		g.onEvent("GUILD_CREATE", guild)
		if !g.guilds[joined.ID] {
			t.Errorf("guild %q is not noted", joined.ID)
		}
		if g.onEvent("GUILD_DELETE", guild); g.guilds[joined.ID] && !joined.Unavailable {
			t.Errorf("guild %q is not forgotten", joined.ID)
		}
	})
}

// FuzzPayload: a payload is read within its bounds, or refused.
func FuzzPayload(f *testing.F) {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write([]byte(`{"op":11}`))
	_ = z.Close()
	f.Add(packed.Bytes(), true)
	f.Add([]byte(strings.Repeat("[", maxDepth+1)), false)
	f.Add([]byte(`{"op":0,"s":7,"t":"\\"[[[","d":"\\\"{{"}`), false)
	f.Fuzz(func(t *testing.T, raw []byte, binary bool) {
		p, err := decodePayload(raw, binary)
		if err == nil && len(p.Data) > 0 && !json.Valid(p.Data) {
			t.Errorf("data %q", p.Data)
		}
	})
}
