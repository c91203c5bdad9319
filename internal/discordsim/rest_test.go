package discordsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"mokabot/internal/discordsim"
)

const (
	alerts = "/channels/" + discordsim.AlertsChannel
	post   = alerts + "/messages"
	puts   = "/applications/" + discordsim.ApplicationID + "/commands"
)

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func embed(inner string) string { return `{"embeds":[{` + inner + `}],` + quiet + `}` }

func long(n int) string { return strings.Repeat("x", n) }

func buttons(inner string) string {
	return `{"content":"x",` + quiet + `,"components":[{"type":1,"components":[` + inner + `]}]}`
}

func button(id string) string {
	return fmt.Sprintf(`{"type":2,"style":2,"label":"l","custom_id":%q}`, id)
}

func options(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"type":3,"name":"o%d","description":"d"}`, i))
	}
	return strings.Join(list, ",")
}

// refusals list, for each mistake, Discord's status and code.
var refusals = []struct {
	name, method, path, body string
	change                   func(*http.Request)
	status, code             int
}{
	{"an unknown route", "GET", "/nowhere", "", nil, 404, 0},
	{"a wrong token", "GET", "/users/@me", "", header("Authorization", "Bot wrong"), 401, 0},
	{"no token", "GET", "/users/@me", "", header("Authorization", ""), 401, 0},
	{"Go's own User-Agent", "GET", "/users/@me", "", header("User-Agent", "Go-http-client/1.1"), 403, 40333},
	{"a channel that is no id", "GET", "/channels/alerts", "", nil, 400, 50035},
	{"an unknown channel", "POST", "/channels/123456789012345678/messages", text("x"), nil, 404, 10003},
	{"invalid JSON", "POST", post, `{"content":`, nil, 400, 50109},
	{"a number for a text", "POST", post, `{"content":1,` + quiet + `}`, nil, 400, 50035},
	{"no content type", "POST", post, text("x"), header("Content-Type", ""), 400, 50035},
	{"nothing to say", "POST", post, text(""), nil, 400, 50006},
	{"white space", "POST", post, text(" \n "), nil, 400, 50006},
	{"content too long", "POST", post, text(long(2001)), nil, 400, 50035},
	{"content too long in UTF-16", "POST", post, text(strings.Repeat("😀", 1001)), nil, 400, 50035},
	{"nonce too long", "POST", post, `{"content":"x","nonce":"` + long(26) + `",` + quiet + `}`, nil, 400, 50035},
	{"an empty embed", "POST", post, embed(``), nil, 400, 50035},
	{"eleven embeds", "POST", post, `{"embeds":[` + strings.Repeat(`{"title":"x"},`, 10) + `{"title":"x"}],` + quiet + `}`, nil, 400, 50035},
	{"title too long", "POST", post, embed(`"title":"` + long(257) + `"`), nil, 400, 50035},
	{"description too long", "POST", post, embed(`"description":"` + long(4097) + `"`), nil, 400, 50035},
	{"26 fields", "POST", post, embed(`"fields":[` + strings.Repeat(`{"name":"n","value":"v"},`, 25) + `{"name":"n","value":"v"}]`), nil, 400, 50035},
	{"an empty field", "POST", post, embed(`"fields":[{"name":"n","value":" "}]`), nil, 400, 50035},
	{"field value too long", "POST", post, embed(`"fields":[{"name":"n","value":"` + long(1025) + `"}]`), nil, 400, 50035},
	{"footer too long", "POST", post, embed(`"footer":{"text":"` + long(2049) + `"}`), nil, 400, 50035},
	{"6001 in all", "POST", post, `{"embeds":[{"description":"` + long(4000) + `"},{"description":"` + long(2001) + `"}],` + quiet + `}`, nil, 400, 50035},
	{"not a time", "POST", post, embed(`"title":"x","timestamp":"yesterday"`), nil, 400, 50035},
	{"not a colour", "POST", post, embed(`"title":"x","color":16777216`), nil, 400, 50035},
	{"six buttons in a row", "POST", post, buttons(button("1") + strings.Repeat(","+button("2"), 5)), nil, 400, 50035},
	{"a custom id twice", "POST", post, buttons(button("1") + "," + button("1")), nil, 400, 50035},
	{"custom id too long", "POST", post, buttons(button(long(101))), nil, 400, 50035},
	{"label too long", "POST", post, buttons(`{"type":2,"style":2,"custom_id":"1","label":"` + long(81) + `"}`), nil, 400, 50035},
	{"an empty row", "POST", post, buttons(``), nil, 400, 50035},
	{"a mention that is no id", "POST", post, `{"content":"x","allowed_mentions":{"parse":[],"roles":["r"]}}`, nil, 400, 50035},
	{"parse and a list", "POST", post, `{"content":"x","allowed_mentions":{"parse":["roles"],"roles":["1"]}}`, nil, 400, 50035},
	{"an attachment without a file", "POST", post, `{"content":"x","attachments":[{"id":"0","filename":"f"}],` + quiet + `}`, nil, 400, 50035},
	{"an unknown message", "PATCH", post + "/123456789012345678", text("x"), nil, 404, 10008},
	{"an upper-case command", "PUT", puts, `[{"name":"Bad","description":"d"}]`, nil, 400, 50035},
	{"a command without description", "PUT", puts, `[{"name":"bad"}]`, nil, 400, 50035},
	{"a command twice", "PUT", puts, `[{"name":"a","description":"d"},{"name":"a","description":"d"}]`, nil, 400, 50035},
	{"26 options", "PUT", puts, `[{"name":"a","description":"d","options":[` + options(26) + `]}]`, nil, 400, 50035},
	{"a locale of nobody", "PUT", puts, `[{"name":"a","description":"d","name_localizations":{"zh":"a"}}]`, nil, 400, 50035},
	{"null for commands", "PUT", puts, `null`, nil, 400, 50109},
	{"another's commands", "PUT", "/applications/1/commands", `[]`, nil, 403, 20012},
	{"commands in a foreign guild", "PUT", "/applications/" + discordsim.ApplicationID + "/guilds/1/commands", `[]`, nil, 403, 50001},
	{"an unknown interaction", "POST", "/interactions/1/token/callback", `{"type":5}`, nil, 404, 10062},
	{"an unknown webhook", "PATCH", "/webhooks/" + discordsim.ApplicationID + "/token/messages/@original", text("x"), nil, 404, 10015},
	{"a limit of 101", "GET", post + "?limit=101", "", nil, 400, 50035},
}

// TestWhatDiscordRefuses wants each mistake to be noted as a violation, too.
func TestWhatDiscordRefuses(t *testing.T) {
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			var changes []func(*http.Request)
			if c.change != nil {
				changes = append(changes, c.change)
			}
			a := r.ask(c.method, c.path, c.body, changes...)
			if a.status != c.status || a.code != c.code {
				t.Errorf("answer %d, code %d: %s; want %d, %d", a.status, a.code, a.raw, c.status, c.code)
			}
			if len(r.Violations()) != 1 {
				t.Errorf("violations: %q", r.Violations())
			}
			if n := len(r.Messages(discordsim.AlertsChannel)); n != 0 {
				t.Errorf("%d messages are stored", n)
			}
		})
	}
}

// TestTheLimitsThemselvesAreAllowed is the other side of the table.
func TestTheLimitsThemselvesAreAllowed(t *testing.T) {
	r := newRig(t)
	for name, body := range map[string]string{
		"content":    text(long(2000)),
		"embed":      embed(`"title":"` + long(256) + `","description":"` + long(4096) + `","fields":[{"name":"` + long(256) + `","value":"` + long(1024) + `"}]`),
		"footer":     embed(`"footer":{"text":"` + long(2048) + `"}`),
		"components": buttons(button("1") + "," + button("2") + "," + button("3") + "," + button("4") + "," + button(long(100))),
		"nonce":      `{"content":"x","nonce":"` + long(25) + `","enforce_nonce":true,` + quiet + `}`,
	} {
		if a := r.ask("POST", post, body); a.status != 200 {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	if a := r.ask("PUT", puts, `[{"name":"余额","description":"d","options":[`+options(25)+`],"contexts":[0,1]}]`); a.status != 200 {
		t.Errorf("commands: %d %s", a.status, a.raw)
	}
	r.noted()
}

func TestPermissionsAreThoseThatTheBotCanRead(t *testing.T) {
	const all = discordsim.PermissionsUsual
	for _, c := range []struct {
		name         string
		may          uint64
		body         string
		status, code int
	}{
		{"usual", all, text("x"), 200, 0},
		{"cannot view", all &^ discordsim.PermissionView, text("x"), 403, 50001},
		{"cannot send", all &^ discordsim.PermissionSend, text("x"), 403, 50013},
		{"cannot embed", all &^ discordsim.PermissionEmbed, embed(`"title":"x"`), 403, 50013},
	} {
		r := newRig(t)
		r.SetPermissions(discordsim.AlertsChannel, c.may)
		if a := r.ask("POST", post, c.body); a.status != c.status || a.code != c.code {
			t.Errorf("%s: %d, %d: %s", c.name, a.status, a.code, a.raw)
		}
		seen := r.ask("GET", alerts, "")
		if c.may&discordsim.PermissionView == 0 {
			if seen.code != 50001 {
				t.Errorf("%s: the channel is shown: %s", c.name, seen.raw)
			}
			continue
		}
		var ch struct {
			Overwrites []struct{ ID, Allow, Deny string } `json:"permission_overwrites"`
		}
		if err := json.Unmarshal(seen.raw, &ch); err != nil || len(ch.Overwrites) != 1 || ch.Overwrites[0].Allow != fmt.Sprint(c.may) {
			t.Errorf("%s: the channel tells %s", c.name, seen.raw)
		}
	}
}

func TestUsersWhoTakeNoMessagesAndChannelsThatAreGone(t *testing.T) {
	r := newRig(t)
	r.SetPermissions(discordsim.DirectChannel, discordsim.PermissionView)
	if a := r.ask("POST", "/channels/"+discordsim.DirectChannel+"/messages", text("x")); a.code != 50007 {
		t.Errorf("a user who takes no messages: %s", a.raw)
	}
	r.RemoveChannel(discordsim.AlertsChannel)
	if a := r.ask("GET", alerts, ""); a.code != 10003 {
		t.Errorf("a removed channel: %s", a.raw)
	}
	r.noted("50007")
}
