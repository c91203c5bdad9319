package discord

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/internal/discord/discordtest"
)

func TestPermissionsAreComputedAsDiscordDoes(t *testing.T) {
	const (
		view, send = "1024", "2048"
		both       = "3072"
	)
	guild := accessGuild{ID: "1", OwnerID: "9", Roles: []accessRole{{ID: "1", Permissions: both}, {ID: "2", Permissions: "16384"}, {ID: "3", Permissions: "8"}}}
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name       string
		user       string
		member     accessMember
		overwrites []overwrite
		want       Permission
	}{
		{"everyone's", "5", accessMember{}, nil, PermissionView | PermissionSend},
		{"a role adds", "5", accessMember{Roles: []string{"2"}}, nil, PermissionView | PermissionSend | PermissionEmbed},
		{"the channel denies everyone", "5", accessMember{}, []overwrite{{ID: "1", Deny: send}}, PermissionView},
		{"a role allows again", "5", accessMember{Roles: []string{"2"}}, []overwrite{{ID: "2", Allow: send}, {ID: "1", Deny: both}}, PermissionSend | PermissionEmbed},
		{"the member's own counts last", "5", accessMember{Roles: []string{"2"}}, []overwrite{{ID: "5", Type: 1, Deny: send}, {ID: "2", Allow: send}}, PermissionView | PermissionEmbed},
		{"another member's does not count", "5", accessMember{}, []overwrite{{ID: "6", Type: 1, Deny: both}}, PermissionView | PermissionSend},
		{"an administrator may all", "5", accessMember{Roles: []string{"3"}}, []overwrite{{ID: "1", Deny: both}}, allPermissions},
		{"the owner may all", "9", accessMember{}, []overwrite{{ID: "1", Deny: view}}, allPermissions},
		{"timed out", "5", accessMember{TimeoutUntil: now.Add(time.Hour)}, nil, PermissionView},
	} {
		if got := permissions(guild, c.member, c.overwrites, c.user, now); got != c.want {
			t.Errorf("%s: %b, want %b", c.name, got, c.want)
		}
	}
	if a := accessOf(accessChannel{}, PermissionSend|PermissionEmbed, nil); !slices.Equal(a.Missing(), []string{"View Channel", "Attach Files", "Read Message History"}) {
		t.Errorf("without view: %+v", a)
	}
}

func TestAccessTellsWhatIsMissing(t *testing.T) {
	answers := map[string]string{
		"/api/v9/users/@me":          `{"id":"5","username":"moka"}`,
		"/api/v9/channels/10":        `{"id":"10","type":0,"name":"alerts","guild_id":"1","permission_overwrites":[{"id":"1","type":0,"allow":"0","deny":"32768"}]}`,
		"/api/v9/channels/11":        `{"id":"11","type":11,"name":"thread","guild_id":"1","parent_id":"10"}`,
		"/api/v9/channels/12":        `{"id":"12","type":4,"name":"category","guild_id":"1"}`,
		"/api/v9/channels/13":        `{"id":"13","type":1}`,
		"/api/v9/guilds/1":           `{"id":"1","owner_id":"9","roles":[{"id":"1","permissions":"274878024704"},{"id":"7","permissions":"0","mentionable":true},{"id":"8","permissions":"0"}]}`,
		"/api/v9/guilds/1/members/5": `{"roles":[],"communication_disabled_until":null}`,
	}
	r, _ := newREST(t, func(_ int, w http.ResponseWriter, q *http.Request) {
		switch body := answers[q.URL.Path]; {
		case body != "":
			discordtest.JSON(w, 200, body)
		case strings.HasSuffix(q.URL.Path, "/20"):
			discordtest.JSON(w, 403, `{"message":"Missing Access","code":50001}`)
		default:
			discordtest.JSON(w, 404, `{"message":"Unknown Channel","code":10003}`)
		}
	})
	a, err := r.Access(t.Context(), "10")
	if err != nil || !slices.Equal(a.Missing(), []string{"Attach Files"}) || a.ChannelName != "alerts" {
		t.Errorf("access %+v, missing %q, %v", a, a.Missing(), err)
	}
	if !a.CanMention("7") || a.CanMention("8") || a.HasRole("99") || !a.HasRole("8") {
		t.Error("mentionable roles are wrong")
	}
	if a, err := r.Access(t.Context(), "11"); err != nil || !slices.Equal(a.Missing(), []string{"Attach Files"}) {
		t.Errorf("thread %+v, %v", a, err)
	}
	if a, err := r.Access(t.Context(), "13"); err != nil || len(a.Missing()) != 0 {
		t.Errorf("direct message %+v, %v", a, err)
	}
	for id, want := range map[string]error{"12": ErrNotText, "404": ErrUnknownChannel, "20": ErrNoAccess} {
		if _, err := r.Access(t.Context(), id); !errors.Is(err, want) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// S14: What has to be granted is named, and nothing that Discord merely implies.
func TestChannelsOfEveryKindNameWhatIsMissing(t *testing.T) {
	const text = PermissionView | PermissionSend | PermissionEmbed | PermissionAttach | PermissionHistory
	const thread = text&^PermissionSend | PermissionSendInThreads
	of := func(kind int, locked, archived bool) accessChannel {
		c := accessChannel{Type: kind, GuildID: "1"}
		c.Thread.Locked, c.Thread.Archived = locked, archived
		return c
	}
	for _, c := range []struct {
		name    string
		channel accessChannel
		has     Permission
		missing []string
		locked  bool
	}{
		{"text", of(channelText, false, false), text, nil, false},
		{"text without view", of(channelText, false, false), text &^ PermissionView, []string{"View Channel"}, false},
		{"text without send", of(channelText, false, false), text &^ PermissionSend, []string{"Send Messages"}, false},
		{"announcements", of(channelNews, false, false), text, nil, false},
		{"voice", of(channelVoice, false, false), text | PermissionConnect, nil, false},
		{"voice without connect", of(channelVoice, false, false), text, []string{"Connect"}, false},
		{"stage without connect", of(channelStage, false, false), text, []string{"Connect"}, false},
		{"thread", of(channelPublicThread, false, false), thread, nil, false},
		{"thread with the permission of its channel alone", of(channelPublicThread, false, false), text, []string{"Send Messages in Threads"}, false},
		{"news thread without its permission", of(channelNewsThread, false, false), text, []string{"Send Messages in Threads"}, false},
		{"locked thread", of(channelPublicThread, true, false), thread, nil, true},
		{"locked thread for a moderator", of(channelPublicThread, true, false), thread | PermissionManageThreads, nil, false},
		{"locked and archived for a moderator", of(channelPublicThread, true, true), thread | PermissionManageThreads, nil, true},
		{"archived thread", of(channelPrivThread, false, true), thread, nil, false},
	} {
		a := accessOf(c.channel, c.has, nil)
		if !slices.Equal(a.Missing(), c.missing) || a.Locked != c.locked || a.Archived != c.channel.Thread.Archived {
			t.Errorf("%s: %+v, missing %q", c.name, a, a.Missing())
		}
	}
	if a := accessOf(of(channelText, false, false), text, []accessRole{{ID: "1", Mentionable: true}}); !a.IsEveryone("1") || a.IsEveryone("2") {
		t.Error("@everyone is not recognised as a role")
	}
}

func TestAPrivateThreadKnowsItsMembers(t *testing.T) {
	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for _, c := range []struct {
		name, thread, member string
		outside, timedOut    bool
	}{
		{"in it", `"member":{"flags":0},`, `null`, false, false},
		{"not in it", ``, `null`, true, false},
		{"timed out", `"member":{"flags":0},`, `"` + until + `"`, false, true},
	} {
		r, _ := newREST(t, func(_ int, w http.ResponseWriter, q *http.Request) {
			switch strings.TrimPrefix(q.URL.Path, "/api/v9/") {
			case "users/@me":
				discordtest.JSON(w, 200, `{"id":"5","username":"moka"}`)
			case "channels/11":
				discordtest.JSON(w, 200, `{"id":"11","type":12,"name":"money",`+c.thread+`"guild_id":"1","parent_id":"10"}`)
			case "channels/10":
				discordtest.JSON(w, 200, `{"id":"10","type":0,"guild_id":"1"}`)
			case "guilds/1":
				discordtest.JSON(w, 200, `{"id":"1","name":"Team","owner_id":"9","roles":[{"id":"1","permissions":"274878024704"}]}`)
			case "guilds/1/members/5":
				discordtest.JSON(w, 200, `{"roles":[],"communication_disabled_until":`+c.member+`}`)
			default:
				discordtest.JSON(w, 404, `{"message":"Unknown Member","code":10007}`)
			}
		})
		a, err := r.Access(t.Context(), "11")
		if err != nil || a.Outside != c.outside || a.TimedOut.IsZero() == c.timedOut {
			t.Errorf("%s: %+v, %v", c.name, a, err)
		}
	}
}

func TestTheInviteLinkAsksForWhatIsNeeded(t *testing.T) {
	for want, further := range map[string][]Permission{
		"117760":       nil,
		"274878024704": {PermissionView | PermissionSendInThreads},
		"1166336":      {PermissionConnect},
	} {
		if link := InviteLink("43", further...); !strings.HasSuffix(link, "&permissions="+want) {
			t.Errorf("with %v: %s, want %s", further, link, want)
		}
	}
}
