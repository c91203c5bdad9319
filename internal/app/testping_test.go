package app

import (
	"log/slog"
	"net/http"
	"testing"

	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/discord/discordtest"
)

// The next leader carries /test out again, and Discord knows the post by its nonce.
func TestTestAlertsOfOneRequestAreOnePost(t *testing.T) {
	f := discordtest.New(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		discordtest.JSON(w, 200, `{"id":"5","channel_id":"123"}`)
	})
	c := &config.Config{}
	c.Alerts.ChannelID = "123"
	rest := discord.NewREST("token", f.Client, slog.New(slog.DiscardHandler))
	nonces := map[any]int{}
	for _, request := range []string{"1", "1", "2"} {
		if got := postTests(t.Context(), c, rest, request); len(got) != 1 || !got[0].Posted {
			t.Fatalf("posted %+v", got)
		}
	}
	for _, q := range f.Requests() {
		nonces[q.Body["nonce"]]++
	}
	if len(nonces) != 2 {
		t.Errorf("two requests, one of them twice, have the nonces %v", nonces)
	}
}
