package discordtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// ask sends a request as a bot and returns the status and Discord's error code.
func ask(t *testing.T, s *Server, token, method, path, body string) (status, code int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://discord.com/api/v9"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bot "+token)
	r.Header.Set("User-Agent", "DiscordBot (test, 1)")
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var refused struct{ Code int }
	if resp.StatusCode >= 400 {
		if err := json.NewDecoder(resp.Body).Decode(&refused); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode, refused.Code
}

func TestWhatDiscordRefusesIsRefused(t *testing.T) {
	const mentions = `"allowed_mentions":{"parse":[]}`
	long := func(n int) string { return strings.Repeat("x", n) }
	embed := func(inner string) string { return `{"embeds":[` + inner + `],` + mentions + `}` }
	post := "/channels/" + AlertsChannel + "/messages"
	for _, c := range []struct {
		what, token, method, path, body string
		status, code                    int
		blamed                          bool
	}{
		{"a good message", Token, "POST", post, `{"content":"hello",` + mentions + `}`, 200, 0, false},
		{"a wrong token", "other", "POST", post, `{"content":"hello",` + mentions + `}`, 401, 0, false},
		{"mentions that are not explicit", Token, "POST", post, `{"content":"hello"}`, 200, 0, true},
		{"an unknown route", Token, "GET", "/nope", "", 404, 0, true},
		{"an unknown channel", Token, "POST", "/channels/1/messages", `{"content":"hello",` + mentions + `}`, 404, 10003, false},
		{"an empty message", Token, "POST", post, `{` + mentions + `}`, 400, 50006, false},
		{"long content", Token, "POST", post, `{"content":"` + long(2001) + `",` + mentions + `}`, 400, 50035, true},
		{"a long nonce", Token, "POST", post, `{"content":"x","nonce":"` + long(26) + `",` + mentions + `}`, 400, 50035, true},
		{"a long title", Token, "POST", post, embed(`{"title":"` + long(257) + `"}`), 400, 50035, true},
		{"a long description", Token, "POST", post, embed(`{"description":"` + long(4097) + `"}`), 400, 50035, true},
		{"too much in total", Token, "POST", post, embed(`{"description":"` + long(4000) + `"},{"description":"` + long(2001) + `"}`), 400, 50035, true},
		{"a field without a name", Token, "POST", post, embed(`{"fields":[{"name":"","value":"x"}]}`), 400, 50035, true},
		{"a picture that is not sent along", Token, "POST", post, embed(`{"image":{"url":"attachment://no.png"}}`), 400, 50035, true},
		{"a button without a label", Token, "POST", post, `{"content":"x","components":[{"type":1,"components":[{"type":2,"style":1,"custom_id":"a"}]}],` + mentions + `}`, 400, 50035, true},
		{"a command in capitals", Token, "PUT", "/applications/1/commands", `[{"name":"Balance","description":"x"}]`, 400, 50035, true},
		{"a command without a description", Token, "PUT", "/applications/1/commands", `[{"name":"balance","description":""}]`, 400, 50035, true},
		{"an answer to nothing", Token, "POST", "/interactions/1/x/callback", `{"type":5}`, 404, 10062, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := New()
			defer s.Close()
			status, code := ask(t, s, c.token, c.method, c.path, c.body)
			if status != c.status || code != c.code || (len(s.Violations()) > 0) != c.blamed {
				t.Errorf("status %d, code %d, violations %q", status, code, s.Violations())
			}
		})
	}
}

func TestPermissionsOfAChannel(t *testing.T) {
	for _, c := range []struct {
		deny uint64
		code int
	}{{ViewChannel, 50001}, {SendMessages, 50013}, {EmbedLinks, 50013}, {0, 0}} {
		s := New()
		s.Deny(AlertsChannel, c.deny)
		_, code := ask(t, s, Token, "POST", "/channels/"+AlertsChannel+"/messages", `{"embeds":[{"title":"x"}],"allowed_mentions":{"parse":[]}}`)
		if code != c.code {
			t.Errorf("without %d: code %d, want %d", c.deny, code, c.code)
		}
		s.Close()
	}
}

func TestAKnownNonceIsTheSameMessage(t *testing.T) {
	s := New()
	defer s.Close()
	body := `{"content":"x","nonce":"n","enforce_nonce":true,"allowed_mentions":{"parse":[]}}`
	for range 2 {
		if status, _ := ask(t, s, Token, "POST", "/channels/"+AlertsChannel+"/messages", body); status != 200 {
			t.Fatal(status)
		}
	}
	if n := len(s.Messages(AlertsChannel)); n != 1 {
		t.Errorf("%d messages", n)
	}
	s.ForgetNonces()
	ask(t, s, Token, "POST", "/channels/"+AlertsChannel+"/messages", body)
	if n := len(s.Messages(AlertsChannel)); n != 2 {
		t.Errorf("%d messages after the nonce was forgotten", n)
	}
}

// listener is a session whose bot never answers; its tests answer by hand.
func listener(s *Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session = &session{id: "1"}
	s.commands[""] = []Command{{Name: "balance"}}
}

func TestInteractionsAreAnsweredOnceAndInTime(t *testing.T) {
	s := New()
	defer s.Close()
	listener(s)
	late := make(chan error, 1)
	go func() {
		_, err := s.Slash(context.Background(), Call{Name: "balance"})
		late <- err
	}()
	if err := <-late; !errors.Is(err, ErrNotAnswered) {
		t.Errorf("without an acknowledgement: %v", err)
	}
	if v := s.Violations(); len(v) != 1 || !strings.Contains(v[0], "not acknowledged") {
		t.Errorf("violations %q", v)
	}
	i, err := s.ask(Call{Name: "balance"}, typeCommand, map[string]any{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	callback := fmt.Sprintf("/interactions/%s/%s/callback", i.id, i.token)
	if status, _ := ask(t, s, Token, "POST", callback, `{"type":5,"data":{"flags":64}}`); status != http.StatusNoContent {
		t.Errorf("the first acknowledgement gives %d", status)
	}
	if _, code := ask(t, s, Token, "POST", callback, `{"type":5}`); code != 40060 {
		t.Errorf("the second acknowledgement gives %d", code)
	}
	if _, err := s.Slash(t.Context(), Call{Name: "unknown"}); err == nil {
		t.Error("a command that nobody registered can be used")
	}
}

func TestDiscordCanBeAway(t *testing.T) {
	s := New()
	defer s.Close()
	s.Down(true)
	resp, err := s.Client().Get("https://discord.com/api/v9/users/@me")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadGateway {
		t.Errorf("status %d", resp.StatusCode)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if s.Connected(ctx) == nil {
		t.Error("a bot is connected")
	}
}
