package page

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

func ask(t *testing.T, h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w
}

func TestRoutes(t *testing.T) {
	h := Handler(newFake())
	for _, c := range []struct {
		target, kind, holds string
		status              int
	}{
		{"/", "text/html", `data-testid="composer"`, 200},
		{"/app.js", "text/javascript", "EventSource", 200},
		{"/style.css", "text/css", "data-theme", 200},
		{"/panel?locale=zh-CN", "application/json", `{"state":"fine","actions":[{"id":"spend","label":"Spend zh-CN"}]}`, 200},
		{"/storybook", "text/html", `storybook.js`, 200},
		{"/storybook/stories.json", "application/json", `"name":"low","language":"zh-CN","message":{"id":"2","content":"不足"}}],"names":{`, 200},
		{"/storybook/files/en/low/chart.png", "image/png", "PNG", 200},
		{"/storybook/files/zh-CN/low/chart.png", "text/plain", "", 404},
		{"/storybook/files/en/high/chart.png", "text/plain", "", 404},
		{"/attachments/1/a.png", "text/plain", "file /attachments/1/a.png", 200},
		{"/nothing", "text/plain", "", 404},
		{"/say", "text/plain", "", 404}, // only posted
	} {
		w := ask(t, h, "GET", c.target, "")
		if w.Code != c.status || !strings.HasPrefix(w.Header().Get("Content-Type"), c.kind) || !strings.Contains(w.Body.String(), c.holds) {
			t.Errorf("%s: %d %s %.200s", c.target, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		if w.Header().Get("Content-Security-Policy") != policy {
			t.Errorf("%s: no policy", c.target)
		}
	}
}

// The page asks for nothing that is not in the package, and makes no HTML from text.
func TestAssetsKeepToThemselves(t *testing.T) {
	names, err := files.ReadDir("static")
	if err != nil {
		t.Fatal(err)
	}
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|@import|url\(|(src|href)="(https?:)?//`)
	imported := regexp.MustCompile(`from '\./([a-z]+\.js)'`)
	for _, f := range names {
		raw, err := files.ReadFile("static/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if found := forbidden.Find(raw); found != nil {
			t.Errorf("%s holds %q", f.Name(), found)
		}
		for _, m := range imported.FindAllSubmatch(raw, -1) {
			if w := ask(t, Handler(newFake()), "GET", "/"+string(m[1]), ""); w.Code != 200 {
				t.Errorf("%s imports %s: %d", f.Name(), m[1], w.Code)
			}
		}
	}
}

func TestPosts(t *testing.T) {
	for _, c := range []struct {
		path, body, call, fault string
		status                  int
	}{
		{"/say", `{"text":"/balance account:team share:true","channel":"2","locale":"zh-CN"}`, "slash 2 81 zh-CN balance map[account:team share:true]", "", 204},
		{"/say", `{"text":"/balance"}`, "slash 1 81 en-US balance map[]", "", 204},
		{"/say", `{"text":"/balance","person":"82"}`, "slash 1 82 en-US balance map[]", "", 204},
		{"/say", `{"text":"/balance","person":"83"}`, "", "no such person", 422},
		{"/say", `{"text":"/balance","channel":"9"}`, "", "no such channel", 422},
		{"/say", `{"text":"/balance","channel":"3","person":"82"}`, "", "no such channel", 422}, // it is another's
		{"/say", `{"text":"hello","channel":"1"}`, "", "Only commands", 422},
		{"/say", `{"text":"hello","channel":"1","locale":"zh-CN"}`, "", "这里只能发送命令", 422},
		{"/say", `{"text":`, "", "JSON", 400},
		{"/press", `{"message_id":"21","custom_id":"models:team:1:","locale":"en-US"}`, "press 2 81 en-US 21 models:team:1:", "", 204},
		{"/press", `{"message_id":"99","custom_id":"x"}`, "", "no longer there", 422},
		{"/press", `{"message_id":"21","custom_id":"k:form"}`, "press 2 81 en-US 21 k:form", `{"id":"form-1","title":"How long","inputs":[{"id":"text",`, 200},
		{"/submit", `{"id":"form-1","values":{"text":"6h"},"channel":"2","locale":"zh"}`, "submit 2 81 zh-CN form-1 map[text:6h]", "", 204},
		{"/submit", `{"id":"form-1","person":"83"}`, "", "no such person", 422},
		{"/act", `{"id":"spend","locale":"zh"}`, "act zh-CN spend", `{"text":"did spend"}`, 200},
	} {
		f := newFake()
		w := ask(t, Handler(f), "POST", c.path, c.body)
		if w.Code != c.status || f.last() != c.call || !strings.Contains(w.Body.String(), c.fault) {
			t.Errorf("%s %s: %d %q %s", c.path, c.body, w.Code, f.last(), w.Body)
		}
	}
}

func TestBackendErrorsAreShown(t *testing.T) {
	f := newFake()
	f.fail = errors.New("the bot is not there")
	w := ask(t, Handler(f), "POST", "/say", `{"text":"/balance"}`)
	if w.Code != 422 || w.Body.String() != `{"error":"the bot is not there"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Another site must not show the page in a frame of its own either, with its
// buttons under the visitor's pointer.
func TestOtherSitesCannotFrameThePage(t *testing.T) {
	for _, path := range []string{"/", "/storybook", "/panel"} {
		if p := ask(t, Handler(newFake()), "GET", path, "").Header().Get("Content-Security-Policy"); !strings.Contains(p, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, p)
		}
	}
}

func TestOtherSitesCannotPost(t *testing.T) {
	f := newFake()
	r := httptest.NewRequest("POST", "/say", strings.NewReader(`{"text":"/balance"}`))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	Handler(f).ServeHTTP(w, r)
	if w.Code != 403 || f.last() != "" {
		t.Errorf("%d %q", w.Code, f.last())
	}
}

// event reads the next server-sent event.
func event(t *testing.T, r *bufio.Reader) (kind, data string) {
	t.Helper()
	for {
		text, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		text = strings.TrimSuffix(text, "\n")
		if rest, ok := strings.CutPrefix(text, "event: "); ok {
			kind = rest
		}
		if rest, ok := strings.CutPrefix(text, "data: "); ok {
			data = rest
		}
		if text == "" && data != "" {
			return kind, data
		}
	}
}

func TestEvents(t *testing.T) {
	f := newFake()
	s := httptest.NewServer(Handler(f))
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	in := bufio.NewReader(answer.Body)

	kind, data := event(t, in)
	var got snapshot
	if err := json.Unmarshal([]byte(data), &got); err != nil || kind != "snapshot" {
		t.Fatal(kind, err, data)
	}
	if len(got.Channels) != 4 || len(got.People) != 2 || len(got.Messages["1"]) != 1 || len(got.Messages["2"]) != 1 || got.Names["77"] != "operators" {
		t.Errorf("snapshot %s", data) // without the message that is no JSON
	}

	f.events <- Event{"create", "1", json.RawMessage(`{broken`)}
	f.events <- Event{"typing", "1", json.RawMessage(`{}`)}
	f.events <- Event{"create", "1", json.RawMessage("{\"id\":\"12\",\n\"content\":\"a\\nb\"}")}
	f.events <- Event{"delete", "1", json.RawMessage(`{"id":"12"}`)}
	close(f.events)
	for _, want := range [][2]string{
		{"create", `{"type":"create","channel":"1","message":{"id":"12","content":"a\nb"}}`},
		{"delete", `{"type":"delete","channel":"1","message":{"id":"12"}}`},
	} {
		if kind, data := event(t, in); kind != want[0] || data != want[1] {
			t.Errorf("%s %s", kind, data)
		}
	}
	if rest, err := io.ReadAll(in); err != nil || len(rest) > 0 { // the page connects again
		t.Errorf("%q %v", rest, err)
	}
}
