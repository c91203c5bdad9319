package bot

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/discord/discordtest"
)

func TestAServerThatLetsTheBotInGetsItsCommands(t *testing.T) {
	r, f := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) { discordtest.JSON(w, 200, "[]") })
	b := quietBot(t)
	b.REST, b.Values = r, memory{discordtest.Values{}}
	b.identity.set(discord.Ready{ApplicationID: "43"})
	b.Joined(t.Context(), "2") // not one that is served
	if n := len(f.Requests()); n != 0 {
		t.Errorf("%d requests for a server that is not served", n)
	}
	b.Joined(t.Context(), "1")
	if got := f.Requests(); len(got) == 0 || got[0].Method != http.MethodPut || !strings.HasSuffix(got[0].Path, "/applications/43/guilds/1/commands") {
		t.Errorf("the requests are %v", got)
	}
}

// failing is a database that does not answer the first questions.
type failing struct {
	memory
	left atomic.Int32
}

func (f *failing) Value(ctx context.Context, name string) ([]byte, bool, error) {
	if f.left.Add(-1) >= 0 {
		return nil, false, errors.New("the connection broke")
	}
	return f.memory.Value(ctx, name)
}

// A takeover in the moment in which the database fails.
func TestCommandsAreRegisteredWhenTheDatabaseAnswersAgain(t *testing.T) {
	done := make(chan struct{})
	var once sync.Once
	r, _ := newREST(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		discordtest.JSON(w, 200, "[]")
		if strings.HasSuffix(r.URL.Path, "/commands") {
			once.Do(func() { close(done) })
		}
	})
	b := quietBot(t)
	values := &failing{memory: memory{discordtest.Values{}}}
	values.left.Store(3)
	b.REST, b.Values, b.wait = r, values, time.Millisecond
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	b.identity.set(discord.Ready{ApplicationID: "43"})
	go func() { ended <- b.KeepRegistered(ctx) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("the commands are not registered")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Commands that Discord refuses are tried again, and one server's refusal does not put
// off what only failed for the moment in another.
func TestRefusedCommandsAreTriedAgain(t *testing.T) {
	const refused, failed = `{"message": "Missing Access", "code": 50001}`, `{"message": "500: Internal Server Error", "code": 0}`
	for _, c := range []struct {
		name  string
		first map[string]string // by guild, the answer to the first attempt
		wait  time.Duration
	}{
		{"refused", map[string]string{"1": refused}, refusedAgain},
		{"failed", map[string]string{"1": failed}, registerAgain},
		{"refused in one, failed in the other", map[string]string{"1": refused, "2": failed}, registerAgain},
	} {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			healed := false
			r, f := newREST(t, func(_ int, w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				guild := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/api/v9/applications/43/guilds/"), "/commands")
				answer := c.first[guild]
				switch {
				case answer == "" || healed:
					discordtest.JSON(w, http.StatusOK, "[]")
				case answer == refused:
					discordtest.JSON(w, http.StatusForbidden, answer)
				default:
					discordtest.JSON(w, http.StatusInternalServerError, answer)
				}
			})
			b := quietBot(t)
			b.REST, b.Values, b.GuildIDs = r, memory{discordtest.Values{}}, []string{"1", "2"}
			b.identity.set(discord.Ready{ApplicationID: "43"})
			b.Register(t.Context())
			if wait := <-b.unregistered(); wait != c.wait {
				t.Errorf("the next attempt is in %s, want %s", wait, c.wait)
			}
			mu.Lock()
			healed = true
			before := len(f.Requests())
			mu.Unlock()
			b.Register(t.Context())
			if len(f.Requests()) == before || len(b.unregistered()) != 0 {
				t.Error("they are not registered by the next attempt")
			}
		})
	}
}

// Discord's menu shows a command to those alone who can be given an answer,
// as far as Discord can know.
func TestCommandsAreShownToWhoMayUseThem(t *testing.T) {
	const manage, anybody = discordgo.PermissionManageGuild, discordgo.PermissionUseApplicationCommands
	named := []string{"7"}
	for _, c := range []struct {
		name             string
		setup            Setup
		figures, changes int64
	}{
		{"nobody named", Setup{}, manage, manage},
		{"viewers named", Setup{Viewers: config.Viewers{Users: named}}, anybody, manage},
		{"every member views", Setup{Viewers: config.Viewers{Everyone: true}}, anybody, manage},
		{"operators named", Setup{Operators: config.Operators{Roles: named}}, anybody, anybody},
	} {
		for _, d := range definitions(&c.setup) {
			command, _ := findCommand(d.Name)
			switch {
			case len(*d.IntegrationTypes) != 1 || (*d.IntegrationTypes)[0] != discordgo.ApplicationIntegrationGuildInstall:
				t.Errorf("/%s can be installed as %v", d.Name, *d.IntegrationTypes)
			case d.DefaultMemberPermissions == nil:
				t.Errorf("/%s has no default_member_permissions", d.Name)
			case command.needs < viewer && *d.DefaultMemberPermissions != anybody:
				t.Errorf("%s: /%s is hidden by %d", c.name, d.Name, *d.DefaultMemberPermissions)
			case command.needs == viewer && *d.DefaultMemberPermissions != c.figures, command.needs == operator && *d.DefaultMemberPermissions != c.changes:
				t.Errorf("%s: /%s is shown with %d", c.name, d.Name, *d.DefaultMemberPermissions)
			}
		}
	}
}

// What /usage lists is chosen from a menu, in the reader's language.
func TestUsageOffersModelsAndKeys(t *testing.T) {
	for _, d := range definitions(&Setup{}) {
		for _, o := range d.Options {
			if d.Name != "usage" || o.Name != "by" {
				continue
			}
			var values, chinese []string
			for _, c := range o.Choices {
				values, chinese = append(values, c.Value.(string)), append(chinese, c.NameLocalizations[discordgo.ChineseCN])
			}
			if !slices.Equal(values, []string{"model", "key"}) || !slices.Equal(chinese, []string{"模型", "令牌"}) {
				t.Errorf("the choices are %v, in Chinese %v", values, chinese)
			}
			return
		}
	}
	t.Error("/usage has no option by")
}

func TestNamesThatBeginWithWhatWasTypedAreSuggestedFirst(t *testing.T) {
	if got := containing([]string{"Steam", "ci", "team"}, "TE"); !slices.Equal(got, []string{"team", "Steam"}) {
		t.Errorf("suggestions for TE: %v", got)
	}
}
