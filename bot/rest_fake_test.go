package bot

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"mokabot/internal/discord"
	"mokabot/internal/discord/discordtest"
	"mokabot/internal/store"
)

func newREST(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) (*discord.REST, *discordtest.REST) {
	t.Helper()
	f := discordtest.New(t, answer)
	return discord.NewREST("bot-token", f.Client, slog.New(slog.DiscardHandler), discord.WithBackoff(2*time.Millisecond)), f
}

// memory keeps values for a test, and none of the messages.
type memory struct{ discordtest.Values }

func (m memory) SetValueAndEnqueue(ctx context.Context, name string, value []byte, _ ...store.Outgoing) error {
	return m.SetValue(ctx, name, value)
}
