package discord

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"mokabot/internal/discord/discordtest"
)

const testToken = "MTAxMDEwMTAxMDEwMTAxMDEw.GsecrT.very-secret-part-of-the-bot-token-x1"

func newREST(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) (*REST, *discordtest.REST) {
	t.Helper()
	f := discordtest.New(t, answer)
	log, _ := testLog(t)
	return NewREST(testToken, f.Client, log, WithBackoff(2*time.Millisecond), WithVersion("1.2.3")), f
}

// testLog keeps the log, and fails the test at its end when the token is in it.
func testLog(t *testing.T) (*slog.Logger, *lockedBuffer) {
	b := &lockedBuffer{}
	t.Cleanup(func() {
		text := b.String()
		for i := 0; i+12 <= len(testToken); i++ {
			if strings.Contains(text, testToken[i:i+12]) {
				t.Errorf("the log holds a part of the token: %.400s", text)
				return
			}
		}
		if strings.Contains(text, "interaction-token") {
			t.Errorf("the log holds an interaction token: %.400s", text)
		}
	})
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug})), b
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func cutLine(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}
