package bot

import (
	"net/http"
	"testing"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/lang"
)

// Who may not see the figures is not even offered the names of the accounts,
// and no button of a message answers them.
func TestStrangersAreOfferedNothing(t *testing.T) {
	for _, c := range []struct {
		what string
		i    discordgo.Interaction
		told string
		want int
	}{
		{"a member", discordgo.Interaction{GuildID: "1", Member: &discordgo.Member{User: &discordgo.User{ID: "8"}}}, "", 1},
		{"a member of another server", discordgo.Interaction{GuildID: "2", Member: &discordgo.Member{User: &discordgo.User{ID: "7"}}}, lang.English().Command.NotFromHere, 0},
		{"somebody in a direct message", discordgo.Interaction{User: &discordgo.User{ID: "8"}}, lang.English().Command.NotAllowed, 0},
		{"nobody at all", discordgo.Interaction{}, lang.English().Command.NotAllowed, 0},
	} {
		r, f := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, "{}") })
		b := quietBot(t)
		b.REST = r
		typed := c.i
		typed.ID, typed.Token, typed.Type = "5", "interaction-token-5", discordgo.InteractionApplicationCommandAutocomplete
		typed.Data = discordgo.ApplicationCommandInteractionData{Name: "balance", Options: []*discordgo.ApplicationCommandInteractionDataOption{
			{Name: "account", Type: discordgo.ApplicationCommandOptionString, Value: "", Focused: true},
		}}
		b.Interact(t.Context(), &typed)
		choices, _ := f.requests()[0].body["data"].(map[string]any)["choices"].([]any)
		if len(choices) != c.want {
			t.Errorf("%s is offered %v", c.what, choices)
		}
		for _, action := range []string{"keys:team:0", "models:team:0:", "alerts:1h", "alerts:details:balance-1:team"} {
			in := inputOf(&c.i)
			in.Name, in.Args = splitAction(action)
			command, _ := findCommand(in.Name)
			if said := b.answer(t.Context(), in, command.press); c.told != "" && said.Cards[0].Text != c.told {
				t.Errorf("%s presses %s: %s", c.what, action, said)
			}
		}
	}
}
