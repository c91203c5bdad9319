package bot

import (
	"net/http"
	"strings"
	"testing"

	"mokabot/internal/discord"
)

func TestAServerThatLetsTheBotInGetsItsCommands(t *testing.T) {
	r, f := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, "[]") })
	b := quietBot(t)
	b.REST, b.Values = r, memory{}
	b.place.set(discord.Ready{ApplicationID: "43"})
	b.Joined(t.Context(), "2") // not one that is served
	if n := len(f.requests()); n != 0 {
		t.Errorf("%d requests for a server that is not served", n)
	}
	b.Joined(t.Context(), "1")
	if got := f.requests(); len(got) == 0 || got[0].method != http.MethodPut || !strings.HasSuffix(got[0].path, "/applications/43/guilds/1/commands") {
		t.Errorf("the requests are %v", got)
	}
}
