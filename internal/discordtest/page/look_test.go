package page

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestLook serves the page with made-up messages, to be looked at in a browser:
//
//	PAGE_LOOK=127.0.0.1:8099 go test -run TestLook -timeout 0 ./internal/discordtest/page
func TestLook(t *testing.T) {
	address := os.Getenv("PAGE_LOOK")
	if address == "" {
		t.Skip("PAGE_LOOK is not set")
	}
	l := look{newFake(), &readers{}}
	l.fill()
	t.Log(http.ListenAndServe(address, Handler(l)))
}

// look is a fake that answers.
type look struct {
	*fake
	*readers
}

// readers are the pages that are open.
type readers struct {
	mu  sync.Mutex
	all []chan Event
}

func (r *readers) Subscribe(ctx context.Context) <-chan Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := make(chan Event, 64)
	r.all = append(r.all, c)
	context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all = slices.DeleteFunc(r.all, func(other chan Event) bool { return other == c })
	})
	return c
}

func (l look) Subscribe(ctx context.Context) <-chan Event { return l.readers.Subscribe(ctx) }

func (l look) fill() {
	for channel, file := range map[string]string{"1": "alerts", "2": "reports", "3": "direct"} {
		raw, err := os.ReadFile("testdata/" + file + ".json")
		if err != nil {
			panic(err)
		}
		now := time.Now()
		text := strings.NewReplacer(
			"NOW", fmt.Sprint(now.Unix()), "LATER", fmt.Sprint(now.Add(50*time.Hour).Unix()),
			"TODAY", now.Add(-9*time.Minute).Format(time.RFC3339), "YESTERDAY", now.Add(-25*time.Hour).Format(time.RFC3339),
			"JUST", now.Add(-time.Minute).Format(time.RFC3339)).Replace(string(raw))
		var all []json.RawMessage
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			panic(err)
		}
		l.messages[channel] = all
	}
}

func (l look) Names() map[string]string { return map[string]string{"77": "operators", "78": "mei"} }

func (l look) Slash(_ context.Context, channel, locale, name string, options map[string]any) error {
	if name == "plan" {
		return errors.New("The bot did not answer within three seconds.")
	}
	now := time.Now()
	m := map[string]any{
		"id": fmt.Sprint(now.UnixMilli()), "timestamp": now, "flags": 64,
		"author":      map[string]any{"username": "mokabot", "bot": true},
		"content":     fmt.Sprintf("answer to %s %v in %s", name, options, locale),
		"interaction": map[string]any{"name": name, "user": map[string]any{"username": "you"}},
	}
	l.send("create", channel, m)
	return nil
}

func (l look) send(kind, channel string, m any) {
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	l.readers.mu.Lock()
	defer l.readers.mu.Unlock()
	for _, c := range l.all {
		c <- Event{kind, channel, raw}
	}
}

func (l look) Actions(string) []Action {
	return []Action{
		{ID: "spend", Label: "Spend faster", Detail: "The balance falls by 1.50 a minute"},
		{ID: "top-up", Label: "Top up by 20.00"}, {ID: "exhaust", Label: "Exhaust the key"},
		{ID: "gateway", Label: "Gateway down", Active: true}, {ID: "ping", Label: "Send an alert"},
	}
}

// Act sends an alert, whatever was asked.
func (l look) Act(_ context.Context, id string) error {
	l.send("create", "1", map[string]any{
		"id": fmt.Sprint(time.Now().UnixMilli()), "timestamp": time.Now(), "mention_roles": []string{"77"},
		"author": map[string]any{"username": "mokabot", "bot": true}, "content": "<@&77> **" + id + "** was done",
	})
	return nil
}

// Attachments draws a picture for every name that wants one.
func (l look) Attachments() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, ".png") {
			_, _ = w.Write([]byte("day,spent\n"))
			return
		}
		img := image.NewRGBA(image.Rect(0, 0, 800, 320))
		for i := range 800 * 320 {
			img.Set(i%800, i/800, color.RGBA{uint8(i % 800 / 4), uint8(i / 800 / 2), 120, 255})
		}
		var buf bytes.Buffer
		_ = png.Encode(&buf, img)
		_, _ = w.Write(buf.Bytes())
	})
}
