package discordsim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"mokabot/internal/discordsim"
)

const api = "https://discord.com/api/v9"

// rig is a server and a client that behaves, unless the test wants otherwise.
type rig struct {
	*discordsim.Server
	t       *testing.T
	client  *http.Client
	dialer  *websocket.Dialer
	gateway string // its address
}

func newRig(t *testing.T, opts ...discordsim.Option) *rig {
	t.Helper()
	s := newServer(t, opts...)
	return &rig{s, t, s.Client(), websocket.DefaultDialer, strings.Replace(s.URL(), "http", "ws", 1)}
}

// inBubble runs a test of what takes time on a virtual clock, with connections
// in memory.
func inBubble(t *testing.T, test func(*rig), opts ...discordsim.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC))) // a bubble begins before Discord's epoch
		s := newServer(t, opts...)
		transport, err := s.Memory(false, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(transport.CloseIdleConnections)
		dialer := &websocket.Dialer{NetDialContext: transport.DialContext, TLSClientConfig: transport.TLSClientConfig}
		test(&rig{s, t, &http.Client{Transport: transport}, dialer, "wss://gateway.discord.gg"})
	})
}

// patience is how long anything may take on a busy machine; only a failure lasts
// this long.
const patience = time.Minute

// newServer is a server that lets the tests begin sessions faster than Discord does,
// and acknowledge as slowly as a busy machine does.
func newServer(t *testing.T, opts ...discordsim.Option) *discordsim.Server {
	s := discordsim.New(append([]discordsim.Option{discordsim.WithIdentifySpacing(0), discordsim.WithAckTime(patience)}, opts...)...)
	t.Cleanup(s.Close)
	return s
}

// TestMain looks, when all tests are over, for goroutines of the servers that
// did not end.
func TestMain(m *testing.M) {
	code := m.Run()
	if stacks := left(); code == 0 && stacks != "" {
		fmt.Println("goroutines are left:\n" + stacks)
		code = 1
	}
	os.Exit(code)
}

func left() (stacks string) {
	for began := time.Now(); time.Since(began) < patience; time.Sleep(10 * time.Millisecond) {
		buf := make([]byte, 1<<20)
		stacks = string(buf[:runtime.Stack(buf, true)])
		if !strings.Contains(stacks, "discordsim.(*") {
			return ""
		}
	}
	return stacks
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience) // what the simulation gives up itself is told by its own error
	t.Cleanup(cancel)
	return ctx
}

// answer is what came back.
type answer struct {
	status int
	code   int
	header http.Header
	raw    []byte
}

func (a answer) message(t *testing.T) (m discordsim.Message) {
	t.Helper()
	var in struct {
		ID      string
		Content string
		Nonce   string
		Flags   int
	}
	if err := json.Unmarshal(a.raw, &in); err != nil || a.status != http.StatusOK {
		t.Fatalf("no message: %d %s", a.status, a.raw)
	}
	m.ID, m.Content, m.Nonce, m.Flags = in.ID, in.Content, in.Nonce, in.Flags
	return m
}

// ask sends a request as a good bot does; change may spoil it.
func (r *rig) ask(method, path, body string, change ...func(*http.Request)) answer {
	r.t.Helper()
	a, err := r.try(method, path, body, change...)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (r *rig) try(method, path, body string, change ...func(*http.Request)) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // answers may end after the test
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, api+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("User-Agent", "DiscordBot (https://example.com, 1)")
	req.Header.Set("Authorization", "Bot "+discordsim.Token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, f := range change {
		f(req)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	a.raw, err = io.ReadAll(resp.Body)
	var in struct{ Code int }
	_ = json.Unmarshal(a.raw, &in)
	a.code = in.Code
	return a, err
}

// upload makes a request multipart.
func upload(payload string, files ...string) (body string, change func(*http.Request)) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("payload_json", payload)
	for i, f := range files {
		p, _ := w.CreateFormFile(fmt.Sprintf("files[%d]", i), f)
		_, _ = io.WriteString(p, "data of "+f)
	}
	_ = w.Close()
	return b.String(), func(r *http.Request) { r.Header.Set("Content-Type", w.FormDataContentType()) }
}

const quiet = `"allowed_mentions":{"parse":[]}`

func text(content string) string {
	raw, _ := json.Marshal(content)
	return fmt.Sprintf(`{"content":%s,%s}`, raw, quiet)
}

// noted checks that the violations are as many as the parts, each in its turn
// containing one.
func (r *rig) noted(parts ...string) {
	r.t.Helper()
	got := r.Violations()
	if len(got) != len(parts) {
		r.t.Errorf("%d violations, want %d: %q", len(got), len(parts), got)
		return
	}
	for i, part := range parts {
		if !strings.Contains(got[i], part) {
			r.t.Errorf("violation %q does not tell of %q", got[i], part)
		}
	}
}

// socket is a raw gateway connection.
type socket struct {
	t *testing.T
	*websocket.Conn
}

type packet struct {
	T  string
	S  int
	Op int
	D  json.RawMessage
}

func (r *rig) dial() *socket { return r.dialAt("/") }

func (r *rig) dialAt(path string) *socket {
	r.t.Helper()
	c, _, err := r.dialer.DialContext(r.t.Context(), r.gateway+path+"?v=9&encoding=json", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.Close() })
	return &socket{r.t, c}
}

func (s *socket) send(op int, data string) {
	s.t.Helper()
	if err := s.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"op":%d,"d":%s}`, op, data)); err != nil {
		s.t.Fatal(err)
	}
}

// next reads one packet; an error is that of the connection.
func (s *socket) next() (p packet, err error) {
	_ = s.SetReadDeadline(time.Now().Add(time.Minute))
	return p, s.ReadJSON(&p)
}

func (s *socket) want(op int, kind string) packet {
	s.t.Helper()
	p, err := s.next()
	if err != nil || p.Op != op || p.T != kind {
		s.t.Fatalf("got op %d %s %s, %v; want op %d %s", p.Op, p.T, p.D, err, op, kind)
	}
	return p
}

func (s *socket) wantClose(code int) {
	s.t.Helper()
	for {
		_, err := s.next()
		if websocket.IsCloseError(err, code) {
			return
		}
		if err != nil {
			s.t.Fatalf("%v, want close %d", err, code)
		}
	}
}

const identify = `{"token":"` + discordsim.Token + `","intents":1,"properties":{"os":"linux","browser":"b","device":"d"}}`

// login goes through HELLO, IDENTIFY, READY and GUILD_CREATE and gives the
// session's id.
func (s *socket) login() string {
	s.t.Helper()
	s.want(10, "")
	s.send(2, identify)
	var ready struct {
		ID  string `json:"session_id"`
		URL string `json:"resume_gateway_url"`
	}
	if err := json.Unmarshal(s.want(0, "READY").D, &ready); err != nil || ready.ID == "" || !strings.HasPrefix(ready.URL, "ws") {
		s.t.Fatalf("READY tells %+v", ready)
	}
	s.want(0, "GUILD_CREATE")
	return ready.ID
}
