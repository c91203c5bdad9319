package page

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// live is a fake that tells every page of what happens.
type live struct {
	*fake
	mu      sync.Mutex
	readers []chan Event
}

// readersZone is where whoever reads the page lives.
const readersZone = "Asia/Shanghai"

// serveLive serves the page with the made-up messages of testdata.
func serveLive(t *testing.T) (*live, string) {
	t.Helper()
	l := &live{fake: newFake()}
	now := time.Now()
	zone, err := time.LoadLocation(readersZone)
	if err != nil {
		t.Fatal(err)
	}
	year, month, day := now.In(zone).Date()
	yesterday := time.Date(year, month, day-1, 12, 0, 0, 0, zone)
	times := strings.NewReplacer(
		"NOW", fmt.Sprint(now.Unix()), "LATER", fmt.Sprint(now.Add(50*time.Hour+time.Minute).Unix()),
		"TODAY", now.Format(time.RFC3339), "YESTERDAY", yesterday.Format(time.RFC3339))
	for channel, file := range map[string]string{"1": "alerts", "2": "reports", "3": "direct"} {
		raw, err := os.ReadFile("testdata/" + file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var list []json.RawMessage
		if err := json.Unmarshal([]byte(times.Replace(string(raw))), &list); err != nil {
			t.Fatal(file, err)
		}
		l.messages[channel] = list
	}
	s := httptest.NewServer(Handler(l))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return l, s.URL + "/"
}

func (l *live) Subscribe(ctx context.Context) <-chan Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := make(chan Event, 64)
	l.readers = append(l.readers, c)
	context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.readers = slices.DeleteFunc(l.readers, func(other chan Event) bool { return other == c })
	})
	return c
}

// send tells every page of a message; pairs of key and value are added to it.
func (l *live) send(kind, channel, id string, more ...any) {
	m := map[string]any{"id": id, "timestamp": time.Now(), "author": map[string]any{"username": "mokabot", "bot": true}}
	for i := 0; i < len(more); i += 2 {
		m[more[i].(string)] = more[i+1]
	}
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.readers {
		c <- Event{kind, channel, raw}
	}
}

// wait waits until the fake was asked for something.
func wait(t *testing.T, ok func() bool, format string, args ...any) {
	t.Helper()
	end := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("waited for "+format, args...)
		}
	}
}

// String is what the fake was asked last.
func (l *live) String() string { return l.last() }

// Attachments has a picture for every name that wants one.
func (l *live) Attachments() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, ".png") {
			_, _ = w.Write([]byte("day,spent\n"))
			return
		}
		var buf bytes.Buffer
		_ = png.Encode(&buf, image.NewGray(image.Rect(0, 0, 800, 320)))
		_, _ = w.Write(buf.Bytes())
	})
}
