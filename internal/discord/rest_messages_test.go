package discord

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/discord/discordtest"
	"mokabot/internal/message"
)

func TestSendCarriesNonceAndExplicitMentions(t *testing.T) {
	r, f := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		discordtest.JSON(w, 200, `{"id":"9","channel_id":"100"}`)
	})
	sent, err := r.Send(t.Context(), "100", message.Message{
		Text: "hello @everyone", Mentions: message.Mentions{Roles: []string{"7"}, Users: []string{"8"}},
	}, "n1")
	if err != nil || sent.ID != "9" {
		t.Fatalf("Send = %v, %v", sent, err)
	}
	got := f.Requests()[0]
	if got.Path != "/api/v9/channels/100/messages" || got.Method != "POST" || got.Auth != "Bot "+testToken {
		t.Errorf("request %s %s", got.Method, got.Path)
	}
	if got.Agent != "DiscordBot (https://github.com/moka-ai/mokabot, 1.2.3)" {
		t.Errorf("agent %q", got.Agent)
	}
	if got.Body["nonce"] != "n1" || got.Body["enforce_nonce"] != true {
		t.Errorf("nonce %v, enforce %v", got.Body["nonce"], got.Body["enforce_nonce"])
	}
	if !strings.HasPrefix(got.Body["content"].(string), "<@&7> <@8> hello @everyone") {
		t.Errorf("content %q", got.Body["content"])
	}
	allowed, _ := json.Marshal(got.Body["allowed_mentions"])
	if string(allowed) != `{"parse":[],"roles":["7"],"users":["8"]}` {
		t.Errorf("allowed_mentions %s", allowed)
	}
}

func TestUploadIsMultipartWithMetadata(t *testing.T) {
	var payload messagePayload
	var file []byte
	r, _ := newREST(t, func(_ int, w http.ResponseWriter, q *http.Request) {
		if err := q.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
		}
		_ = json.Unmarshal([]byte(q.FormValue("payload_json")), &payload)
		f, h, err := q.FormFile("files[0]")
		if err != nil || h.Filename != "a_b.png" || h.Header.Get("Content-Type") != "image/png" {
			t.Errorf("file %v %v", h, err)
			return
		}
		file, _ = io.ReadAll(f)
		discordtest.JSON(w, 200, `{"id":"5","channel_id":"1"}`)
	})
	_, err := r.Send(t.Context(), "1", message.Message{
		Cards: []message.Card{{Title: "t", Picture: "a b.png"}},
		Files: []message.File{{Name: "a b.png", Type: "image/png", Data: []byte("PNG")}},
	}, "n")
	if err != nil || string(file) != "PNG" {
		t.Fatalf("file %q, %v", file, err)
	}
	if got := payload.Embeds[0].Image.URL; got != "attachment://a_b.png" {
		t.Errorf("picture %q", got)
	}
	if a := *payload.Attachments; len(a) != 1 || a[0] != (attachment{ID: "0", Filename: "a_b.png"}) {
		t.Errorf("attachments %+v", a)
	}
}

func TestEditReplacesOrKeepsAttachments(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []message.File
		want  string
	}{
		{"none: the old ones go", nil, `[]`},
		{"without data: the old ones stay", []message.File{{Name: "ids.txt"}}, `null`},
	} {
		r, f := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) { discordtest.JSON(w, 200, `{"id":"2"}`) })
		if err := r.Edit(t.Context(), "1", "2", message.Message{Text: "x", Files: c.files}, ""); err != nil {
			t.Fatal(err)
		}
		body := f.Requests()[0].Body
		got, _ := json.Marshal(body["attachments"])
		if string(got) != c.want || body["embeds"] == nil || body["components"] == nil || body["allowed_mentions"] == nil {
			t.Errorf("%s: attachments %s, body %v", c.name, got, body)
		}
	}
}

func TestAnEmptyCompletionIsAnEmptyList(t *testing.T) {
	r, f := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	if err := r.Choices(t.Context(), "1", "interaction-token", nil); err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(f.Requests()[0].Body)
	if string(raw) != `{"data":{"choices":[]},"type":8}` {
		t.Errorf("body %s", raw)
	}
}

func TestFindKnowsAMessageWithoutItsNonce(t *testing.T) {
	var body messagePayload
	r, f := newREST(t, func(_ int, w http.ResponseWriter, q *http.Request) {
		switch {
		case q.URL.Path == "/api/v9/users/@me":
			discordtest.JSON(w, 200, `{"id":"42","username":"moka"}`)
		case q.Method == "POST":
			_ = json.NewDecoder(q.Body).Decode(&body)
			discordtest.JSON(w, 200, `{"id":"5","channel_id":"1"}`)
		default:
			body.Nonce = "" // as the real history does
			raw, _ := json.Marshal(body)
			raw = append(bytes.TrimSuffix(raw, []byte("}")), `,"id":"77","author":{"id":"42"}}`...)
			other := `{"id":"76","author":{"id":"1"},"content":"` + marker("n1") + `"}`
			discordtest.JSON(w, 200, "["+string(raw)+","+other+"]")
		}
	})
	for name, m := range map[string]message.Message{
		"text":   {Text: "low"},
		"card":   {Cards: []message.Card{{Title: "low", Text: "left"}}},
		"fields": {Cards: []message.Card{{Fields: []message.Field{{Name: "a", Value: "b"}}}}},
		"long":   {Text: strings.Repeat("x", 3000)},
	} {
		if _, err := r.Send(t.Context(), "1", m, "n1"); err != nil {
			t.Fatal(err)
		}
		id, found, err := r.Find(t.Context(), "1", "n1", time.Now(), time.Now())
		if err != nil || !found || id != "77" {
			t.Errorf("%s: Find = %q %v %v", name, id, found, err)
		}
		if _, found, _ := r.Find(t.Context(), "1", "n2", time.Now(), time.Now()); found {
			t.Errorf("%s: found another nonce", name)
		}
	}
	q, _ := url.ParseQuery(f.Requests()[2].Query)
	if q.Get("limit") != "100" || q.Has("after") {
		t.Errorf("query %v", q)
	}
}

// An alert that a button below it changes can still be recognised.
func TestAButtonKeepsTheMark(t *testing.T) {
	for name, m := range map[string]message.Message{
		"text": {Text: "low", Cards: []message.Card{{Title: "a"}}},
		"card": {Cards: []message.Card{{Title: "low", Text: "left"}}},
	} {
		posted := toPayload(m)
		posted.mark("n1")
		raw, err := json.Marshal(posted)
		if err != nil {
			t.Fatal(err)
		}
		var below discordgo.Message
		if err := json.Unmarshal([]byte(strings.ReplaceAll(string(raw), `"components":[]`, `"components":null`)), &below); err != nil {
			t.Fatal(err)
		}
		var edited storedMessage
		r, _ := newREST(t, func(_ int, w http.ResponseWriter, q *http.Request) {
			_ = json.NewDecoder(q.Body).Decode(&edited)
			discordtest.JSON(w, 200, `{"id":"2","channel_id":"1"}`)
		})
		if err := r.Reply(t.Context(), "1", "interaction-token", message.Note("snoozed", message.ToneMuted), &below); err != nil {
			t.Fatal(err)
		}
		if !edited.carries("n1") {
			t.Errorf("%s: the mark is lost", name)
		}
	}
}
