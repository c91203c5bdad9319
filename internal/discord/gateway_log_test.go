package discord

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"
)

// Not parallel: discordgo's logger is one for the process.
func TestDiscordgosLogIsFiltered(t *testing.T) {
	var b bytes.Buffer
	old := discordgo.Logger
	defer func() { discordgo.Logger = old }()
	discordgo.Logger = filteredLog(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug})), testToken)
	discordgo.Logger(discordgo.LogDebug, 0, "Identify Packet: %v", testToken)
	discordgo.Logger(discordgo.LogWarning, 0, "unknown event: Type: %s, Data: %s", "NEW", `{"token":"interaction-token"}`)
	discordgo.Logger(discordgo.LogWarning, 0, "Expected READY/RESUMED, instead got:\n%#v\n", testToken)
	if b.Len() > 0 {
		t.Errorf("logged: %s", &b)
	}
	discordgo.Logger(discordgo.LogError, 0, "error connecting to gateway %s, %s", "wss://x", "Authorization: Bot "+testToken)
	if text := b.String(); !strings.Contains(text, "error connecting") || strings.Contains(text, testToken) {
		t.Errorf("logged: %s", text)
	}
}
