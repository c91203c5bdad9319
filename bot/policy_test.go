package bot

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/config"
)

// place is where somebody uses a command, and how that comes about.
type usePlace struct {
	name    string
	guild   string // empty: a direct message
	context discordgo.InteractionContextType
	owners  map[discordgo.ApplicationIntegrationType]string
	unread  bool // Discord does not say who is a member
}

const (
	homeID, secondID, foreignID = "100", "101", "900"
	viewerRole, operatorRole    = "201", "202"
)

func forServer(id string) map[discordgo.ApplicationIntegrationType]string {
	return map[discordgo.ApplicationIntegrationType]string{discordgo.ApplicationIntegrationGuildInstall: id}
}

func forPerson() map[discordgo.ApplicationIntegrationType]string {
	return map[discordgo.ApplicationIntegrationType]string{discordgo.ApplicationIntegrationUserInstall: "8"}
}

// matrixPeople are who may ask: what they are in the home servers, and in
// every other one each of them is its manager with all roles.
var matrixPeople = []struct {
	name   string
	userID string
	in     map[string]membership // by home server
}{
	{"nobody", "", nil},
	{"not a member", "10", nil},
	{"member", "11", memberOf(homeID, false)},
	{"member with the viewers' role", "12", memberOf(homeID, false, viewerRole)},
	{"member with the operators' role", "13", memberOf(homeID, false, operatorRole)},
	{"manager", "14", memberOf(homeID, true)},
	{"named viewer", "15", memberOf(homeID, false)},
	{"named operator", "16", memberOf(homeID, false)},
	{"named operator who left", "16", nil},
}

func memberOf(guild string, manages bool, roles ...string) map[string]membership {
	return map[string]membership{guild: {guild, roles, manages}}
}

var matrixPlaces = []usePlace{
	{"home server", homeID, 0, forServer(homeID), false},
	{"home server, Discord does not say for whom it is installed", homeID, 0, nil, false},
	{"direct message", "", discordgo.InteractionContextBotDM, forServer("0"), false},
	{"direct message, members unreadable", "", discordgo.InteractionContextBotDM, forServer("0"), true},
	{"foreign server", foreignID, 0, forServer(foreignID), false},
	{"home server, installed for a person", homeID, 0, forPerson(), false},
	{"home server, installed for another server", homeID, 0, forServer(foreignID), false},
	{"foreign server, installed for a person", foreignID, 0, forPerson(), false},
	{"direct message, installed for a person", "", discordgo.InteractionContextBotDM, forPerson(), false},
	{"group message", "", discordgo.InteractionContextPrivateChannel, forPerson(), false},
	{"group message, Discord does not say for whom it is installed", "", discordgo.InteractionContextPrivateChannel, nil, false},
}

// matrixRules is what each configuration makes of each person: - nothing,
// m member, v viewer, o operator. Three columns: in the home server, in a
// direct message, in one while members are unreadable. Everywhere else
// everybody gets nothing.
var matrixRules = []struct {
	name      string
	operators config.Operators
	viewers   config.Viewers
	want      [3]string // a letter for each person
}{
	{"nobody named", config.Operators{}, config.Viewers{}, [3]string{"--mmmomm-", "-----o---", "---------"}},
	{"every member views", config.Operators{}, config.Viewers{Everyone: true}, [3]string{"--vvvovv-", "--vvvovv-", "---------"}},
	{"the role @everyone views", config.Operators{}, config.Viewers{Roles: []string{homeID}}, [3]string{"--vvvovv-", "--vvvovv-", "---------"}},
	{"viewers by role", config.Operators{}, config.Viewers{Roles: []string{viewerRole}}, [3]string{"--mvmomm-", "---v-o---", "---------"}},
	{"viewers by id", config.Operators{}, config.Viewers{Users: []string{"15"}}, [3]string{"--mmmovm-", "-----ov--", "------v--"}},
	{"operators by role", config.Operators{Roles: []string{operatorRole}}, config.Viewers{}, [3]string{"--mmommm-", "----o----", "---------"}},
	{"operators by id", config.Operators{Users: []string{"16"}}, config.Viewers{}, [3]string{"--mmmmmoo", "-------oo", "-------oo"}},
	{
		"all named", config.Operators{Roles: []string{operatorRole}, Users: []string{"16"}}, config.Viewers{Roles: []string{viewerRole}, Users: []string{"15"}},
		[3]string{"--mvomvoo", "---vo-voo", "------voo"},
	},
}

var matrixHomes = []struct {
	name string
	home homeServers
}{
	{"known", homeServers{Known: true, Guilds: []string{homeID, secondID}}},
	{"unknown", homeServers{}},
	{"alerts go to a direct message", homeServers{Known: true}},
}

// S3, S4: TestWhoMayDoWhat is the whole matrix of access: who, where, what, and how it
// is configured.
func TestWhoMayDoWhat(t *testing.T) {
	letters := map[byte]standing{'-': notAllowed, 'm': member, 'v': viewer, 'o': operator}
	cells := 0
	for _, home := range matrixHomes {
		for _, config := range matrixRules {
			rules := accessRules{config.operators, config.viewers, home.home}
			for n, person := range matrixPeople {
				for _, place := range matrixPlaces {
					want := notAllowed
					switch {
					case home.name == "unknown":
					case home.name != "known":
						// Roles and rights are a server's, so ids alone count.
						if column := strings.Index(place.name, "direct message"); column == 0 && place.installed() {
							want = letters[config.want[2][n]]
						}
					case place.name == "home server", strings.HasSuffix(place.name, "does not say for whom it is installed") && place.guild != "":
						want = letters[config.want[0][n]]
					case place.guild == "" && place.installed():
						column := 1
						if place.unread {
							column = 2
						}
						want = letters[config.want[column][n]]
					}
					c := caller{UserID: person.userID, GuildID: place.guild, Context: place.context, Owners: place.owners}
					switch {
					case place.guild == homeID:
						if m, ok := person.in[homeID]; ok {
							c.Memberships = []membership{m}
						}
					case place.guild == foreignID:
						c.Memberships = []membership{{foreignID, []string{viewerRole, operatorRole, foreignID}, true}}
					case !place.unread && len(home.home.Guilds) > 0 && rules.needsMembership(c):
						c.Memberships = slices.Collect(maps.Values(person.in))
					}
					for _, command := range commands() {
						cells++
						needed := command.needs
						why := decide(rules, c, needed)
						if got := why == allowed; got != (want >= needed) {
							t.Errorf("home %s, %s; %s in %s: /%s is allowed: %t (%s)", home.name, config.name, person.name, place.name, command.name, got, why)
						}
					}
				}
			}
		}
	}
	t.Logf("%d cells", cells)
}

// installed reports whether the place belongs to an installation in a server.
func (p usePlace) installed() bool {
	_, ok := p.owners[discordgo.ApplicationIntegrationGuildInstall]
	return ok && p.context != discordgo.InteractionContextPrivateChannel
}
