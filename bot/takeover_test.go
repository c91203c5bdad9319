package bot

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/discord/discordtest"
)

// A leader that was killed had acknowledged a command. Discord sends the command
// to the next leader again, and the caller gets the answer.
func TestACommandOfAnotherLeaderIsAnswered(t *testing.T) {
	for _, c := range []struct {
		what      string
		takesOver bool
		flags     string
		answered  bool
	}{
		{"it still shows that somebody thinks", true, "192", true},
		{"it was answered", true, "64", false},
		{"there is no other replica", false, "192", false},
	} {
		t.Run(c.what, func(t *testing.T) {
			rest, f := newREST(t, func(_ int, w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					discordtest.JSON(w, 400, `{"code":40060,"message":"Interaction has already been acknowledged."}`)
				} else {
					discordtest.JSON(w, 200, `{"id":"1","flags":`+c.flags+`}`)
				}
			})
			b := quietBot(t)
			b.REST, b.TakesOver = rest, c.takesOver
			b.Interact(t.Context(), &discordgo.Interaction{
				ID: "5", AppID: "app", Token: "token", Type: discordgo.InteractionApplicationCommand, User: &discordgo.User{ID: "7"},
				Data: discordgo.ApplicationCommandInteractionData{Name: "help"},
			})
			answers := 0
			for _, r := range f.Requests() {
				if r.Method == http.MethodPatch && strings.HasSuffix(r.Path, "/messages/@original") {
					answers++
				}
			}
			if (answers == 1) != c.answered {
				t.Errorf("%d answers: %+v", answers, f.Requests())
			}
		})
	}
}
