package app

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/discordsim"
	"mokabot/internal/lang"
	"mokabot/moka"
)

func loaded(t *testing.T, text string) *config.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.LoadWith(file, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const accountLine = "accounts: [{name: team, api_key: sk-1}]\n"

func quietOf(level, levels string) string {
	return "alerts: {channel_id: '123', quiet_hours: {from: '23:00', to: '07:30', levels: [" + level + "]}, levels: " + levels + "}\n"
}

// What makes people wait in vain is found without asking anybody, as a warning
// and not as "ok".
func TestChecksFindWhatMakesPeopleWait(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	const report = "reports: [{name: m, period: month, channel_id: '123', cron: "
	for _, c := range []struct {
		name, text string
		topic      topic
		level      Level
		want       []string // in English; none: nothing is found
	}{
		{"runway shorter than four polls", accountLine + "poll_interval: 12h\nalerts: {channel_id: '123', levels: [{name: low, runway: 24h}]}\n", topicLevels, LevelWarning, []string{"low", "every 12 h", "6 h or less"}},
		{"runway of four polls", accountLine + "poll_interval: 6h\nalerts: {channel_id: '123', levels: [{name: low, runway: 24h}]}\n", topicLevels, "", nil},
		{"no levels", accountLine + "alerts: {channel_id: '123', levels: []}\n", topicLevels, LevelWarning, []string{"no levels", "alerts.levels"}},
		{"quiet hours of the only level", accountLine + quietOf("low", "[{name: low, below: 20}]"), topicLevels, LevelWarning, []string{"even low", "nobody is pinged"}},
		{"quiet hours of a milder level", accountLine + quietOf("low", "[{name: low, below: 20}, {name: critical, below: 5}]"), topicLevels, "", nil},
		{"the 31st", accountLine + report + "'0 9 31 * *'}]\n", topicReports, LevelNote, []string{"last day"}},
		{"the first", accountLine + report + "'0 9 1 * *'}]\n", topicReports, "", nil},
		{"every quarter", accountLine + report + "'0 9 1 1,4,7,10 *'}]\n", topicReports, LevelWarning, []string{"2026-12", "2027-02", "0 9 1 * *"}},
		{"Etc/GMT+8", "timezone: Etc/GMT+8\n" + accountLine, topicZone, LevelWarning, []string{"UTC−8", "Etc/GMT-8"}},
		{"Etc/GMT-8", "timezone: Etc/GMT-8\n" + accountLine, topicZone, LevelWarning, []string{"UTC+8", "Etc/GMT+8"}},
		{"Etc/GMT", "timezone: Etc/GMT\n" + accountLine, topicZone, "", nil},
		{"a report's zone", accountLine + report + "'0 9 1 * *', timezone: Etc/GMT-5}]\n", topicZone, LevelWarning, []string{"UTC+5"}},
		{"everybody may connect", accountLine + "listen: 0.0.0.0:9464\n", topicListen, LevelWarning, []string{"0.0.0.0:9464", "127.0.0.1"}},
		{"loopback", accountLine + "listen: '[::1]:9464'\n", topicListen, "", nil},
	} {
		for _, w := range lang.All() {
			var got *Finding
			for _, f := range configFindings(w, loaded(t, c.text), now) {
				if f.Topic == c.topic {
					got = &f
				}
			}
			switch {
			case c.want == nil && got != nil:
				t.Errorf("%s: %s: %+v", w.Tag, c.name, *got)
			case c.want != nil && got == nil:
				t.Errorf("%s: %s: nothing is found", w.Tag, c.name)
			case got == nil:
			case got.Level != c.level || got.OK != (c.level == LevelNote):
				t.Errorf("%s: %s: %+v", w.Tag, c.name, *got)
			}
			for _, want := range c.want {
				if w.Tag == "en" && !strings.Contains(got.Text, want) {
					t.Errorf("%s: %q is not in %s", c.name, want, got.Text)
				}
			}
		}
	}
}

// Who sees figures is one sentence for each server.
func TestChecksSayWhoSeesFigures(t *testing.T) {
	sim := discordsim.New()
	defer sim.Close()
	rest := discord.NewREST(discordsim.Token, sim.Client(), slog.New(slog.DiscardHandler))
	const head = "discord: {token: x, "
	tail := "}\n" + accountLine + "alerts: {channel_id: '" + discordsim.AlertsChannel + "'}\n"
	for _, c := range []struct {
		name, text string
		level      Level
		want       string
	}{
		{"nobody named", head + "proxy: ''" + tail, LevelNote, "in Test Guild figures are seen by members who may manage the server; "},
		{"every member", head + "viewers: {everyone: true}" + tail, LevelNote, "seen by every member; snoozing, levels and reloading are for members who may manage"},
		{"named", head + "operators: {users: ['77']}, viewers: {roles: ['" + discordsim.OnCallRole + "']}" + tail, LevelNote, "seen by the user 77, @on-call; snoozing, levels and reloading are for the user 77"},
		{"a server without the bot", head + "guild_ids: ['999']" + tail, LevelError, "not in the server 999"},
		{"an unknown role", head + "viewers: {roles: ['888']}" + tail, LevelWarning, "no server has the role 888 of discord.viewers.roles"},
		{"everybody changes things", head + "operators: {roles: ['" + discordsim.GuildID + "']}" + tail, LevelWarning, "every member may snooze"},
		{"no home", head + "proxy: ''}\n" + accountLine, LevelWarning, "nobody is answered in Discord"},
		{"the alerts' channel is unreadable", head + "proxy: ''}\n" + accountLine + "alerts: {channel_id: '555'}\n", LevelWarning, "nobody is answered in Discord"},
	} {
		found := accessFindings(t.Context(), lang.English(), loaded(t, c.text), rest)
		ok := false
		for _, f := range found {
			ok = ok || f.Level == c.level && strings.Contains(f.Text, c.want)
		}
		if !ok {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// Figures of the gateways tell what no configuration can.
func TestChecksReadTheAccounts(t *testing.T) {
	w := lang.English()
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	book, err := account.New(loaded(t, "accounts: [{name: a, api_key: sk-1}, {name: b, api_key: sk-2}, {name: c, api_key: sk-3}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	probe := func(id string) moka.Probe { return moka.Probe{Reading: moka.Reading{At: at, Identity: id}} }
	shared := sharedWallets(w, book, []moka.Probe{probe("one"), probe("two"), probe("one")})
	if len(shared) != 1 || shared[0].Subject != "a, c" || shared[0].Level != LevelWarning || shared[0].Topic != topicWallet {
		t.Errorf("a shared wallet: %+v", shared)
	}
	if found := sharedWallets(w, book, []moka.Probe{probe(""), probe(""), probe("one")}); len(found) != 0 {
		t.Errorf("nobody knows whose they are: %+v", found)
	}
	unlimited := moka.Reading{At: at, Key: &moka.Key{State: moka.KeyOK, Unlimited: true}}
	if found := levelFindings(w, book.All()[0], unlimited); len(found) != 1 || !strings.Contains(found[0].Text, "low, critical never fire") || found[0].OK {
		t.Errorf("an unlimited key alone: %+v", found)
	}
	unlimited.Wallet = &moka.Wallet{ActivePlans: []moka.Plan{{EndsAt: at.Add(36 * time.Hour), Left: moka.Dollar}}}
	if found := levelFindings(w, book.All()[0], unlimited); len(found) != 0 {
		t.Errorf("an unlimited key with a wallet: %+v", found)
	}
	ends := false
	for _, f := range accountFindings(w, "a", moka.Probe{Reading: unlimited, CallsPerReading: 1}, time.Minute) {
		ends = ends || f.Level == LevelWarning && strings.Contains(f.Text, "a plan ends 2026-11-24 20:00 UTC")
	}
	if !ends {
		t.Error("a plan that ends soon is not found")
	}
}

// Only what the gateway says it lacks is told as missing: a read that failed may
// be there all the same.
func TestAFailedReadIsNotCalledMissing(t *testing.T) {
	kinds := []moka.Kind{moka.Unauthorized, moka.Banned, moka.Forbidden, moka.RateLimited, moka.Unavailable, moka.BadResponse, moka.Unsupported}
	probe := moka.Probe{Offers: []moka.Offer{{Op: "pricing"}}}
	for _, kind := range kinds {
		probe.Offers = append(probe.Offers, moka.Offer{Op: string(kind), Err: &moka.Error{Kind: kind}})
	}
	offered, untried, missing := offers(probe)
	if !slices.Equal(offered, []string{"pricing"}) || len(untried) > 0 || !slices.Equal(missing, []string{string(moka.Unsupported)}) {
		t.Errorf("offered %q, untried %q, missing %q", offered, untried, missing)
	}
	// Nobody knows what the gateway has that takes an access token, before there is one.
	probe = moka.Probe{Offers: []moka.Offer{
		{Op: "token", Err: &moka.Error{Kind: moka.Unsupported, Hint: moka.HintCredential}}, {Op: "notice", Err: &moka.Error{Kind: moka.Unsupported}},
	}}
	if _, untried, missing := offers(probe); !slices.Equal(untried, []string{"token"}) || !slices.Equal(missing, []string{"notice"}) {
		t.Errorf("without a token: untried %q, missing %q", untried, missing)
	}
}

// A single read that fails is a warning that says what is missing and what to
// do; what is wrong with the whole gateway or a credential is told once.
func TestASingleFailedReadIsAWarning(t *testing.T) {
	unavailable, odd := &moka.Error{Kind: moka.Unavailable}, &moka.Error{Kind: moka.BadResponse}
	reading := moka.Reading{Key: &moka.Key{State: moka.KeyOK}}
	offers := func(err *moka.Error) (all []moka.Offer) {
		for _, op := range []string{"data/self", "log/self/stat", "token", "subscription/self", "pricing", "notice", "usage/token"} {
			all = append(all, moka.Offer{Op: op, Err: err})
		}
		return all
	}
	for what, c := range map[string]struct {
		probe moka.Probe
		reads string // that are told, each with a warning
		level Level
	}{
		"all fine":              {moka.Probe{Reading: reading, Offers: offers(nil)}, "", ""},
		"one is missing":        {moka.Probe{Reading: reading, Offers: []moka.Offer{{Op: "notice", Err: &moka.Error{Kind: moka.Unsupported}}}}, "", ""},
		"only the prices":       {moka.Probe{Reading: reading, Offers: []moka.Offer{{Op: "notice"}, {Op: "pricing", Err: unavailable}}}, "pricing", LevelWarning},
		"only the models":       {moka.Probe{Reading: reading, ModelsErr: odd}, "models", LevelWarning},
		"each of the others":    {moka.Probe{Reading: reading, Offers: offers(odd)}, "data/self log/self/stat token subscription/self pricing notice usage/token", LevelWarning},
		"too many requests":     {moka.Probe{Reading: reading, Offers: []moka.Offer{{Op: "token", Err: &moka.Error{Kind: moka.RateLimited}}}}, "token", LevelNote},
		"the gateway is away":   {moka.Probe{Reading: reading, StatusErr: unavailable, Offers: offers(unavailable)}, "", ""},
		"another cause as well": {moka.Probe{Reading: reading, StatusErr: unavailable, Offers: []moka.Offer{{Op: "pricing", Err: odd}}}, "pricing", LevelWarning},
	} {
		for _, w := range lang.All() {
			c.probe.CallsPerReading = 1
			var reads []string
			for _, f := range accountFindings(w, "team", c.probe, time.Minute) {
				if f.Topic != topicFailed {
					continue
				}
				read := strings.Fields(strings.NewReplacer("读取", "", "失败", " ").Replace(f.Text))[0]
				reads = append(reads, read)
				if f.Level != c.level || !strings.Contains(f.Text, w.CLI.Check.Lost[read]) || w.CLI.Check.Lost[read] == "" {
					t.Errorf("%s, %s: %+v", what, w.Tag, f)
				}
			}
			if got := strings.Join(reads, " "); got != c.reads {
				t.Errorf("%s, %s: told of %q, want %q", what, w.Tag, got, c.reads)
			}
		}
	}
	refused := moka.Probe{Reading: reading, ModelsErr: &moka.Error{Kind: moka.Unauthorized}, CallsPerReading: 1}
	if found := accountFindings(lang.English(), "team", refused, time.Minute); AllOK(found) {
		t.Errorf("a refused key is no error: %+v", found)
	}
}

// S14: A channel that cannot be used says why, and the permission that is missing is
// named.
func TestChecksSayWhyAChannelCannotBeUsed(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for _, w := range lang.All() {
		for want, a := range map[string]discord.Access{
			w.CLI.Check.Locked("#x"):                           {Locked: true},
			w.CLI.Check.Outside("#x"):                          {Outside: true},
			w.CLI.Check.TimedOut("#x", "2026-11-23 08:00 UTC"): {TimedOut: at},
			"": {},
		} {
			if got := unusable(w, "#x", a); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	}
}

// Test messages are marked, and what Discord answers says who was pinged.
func TestATestMessageSaysWhoWasPinged(t *testing.T) {
	sim := discordsim.New()
	defer sim.Close()
	const silent = "1200000000000000088"
	sim.AddRole(discordsim.Role{ID: silent, Name: "silent"})
	rest := discord.NewREST(discordsim.Token, sim.Client(), slog.New(slog.DiscardHandler))
	c := loaded(t, "discord: {token: x}\n"+accountLine+"alerts: {channel_id: '"+discordsim.AlertsChannel+"', levels: [{name: low, below: 5.00, mention_roles: ['"+
		discordsim.OnCallRole+"', '"+silent+"']}]}\nmodel_watch: {cron: '@every 1h', channel_id: '999'}\n")
	for _, w := range lang.All() {
		found := sendTests(t.Context(), w, c, rest)
		var texts []string
		for _, f := range found {
			texts = append(texts, string(f.Level)+" "+f.Text)
		}
		all := strings.Join(texts, "\n")
		for _, want := range []string{
			"error " + w.CLI.Check.PostFailed("999"),
			"ok " + w.CLI.Check.PostedPinging(discordsim.AlertsChannel, "<@&"+discordsim.OnCallRole+">"),
			"error " + w.CLI.Check.PingedNobody(discordsim.AlertsChannel, "<@&"+silent+">"),
		} {
			if !strings.Contains(all, want) {
				t.Errorf("%s: %q is missing in\n%s", w.Tag, want, all)
			}
		}
	}
	posted := sim.Messages(discordsim.AlertsChannel)
	if len(posted) == 0 || !strings.Contains(posted[0].Content, "Test alert") {
		t.Errorf("posted: %+v", posted)
	}
}

func TestWarningsAreNeverLabelledOK(t *testing.T) {
	for _, w := range lang.All() {
		var plain, colorful bytes.Buffer
		found := []Finding{newFinding(LevelWarning, "a", topicLevels, "x"), newFinding(LevelError, "a", topicLevels, "y"), newFinding(LevelNote, "a", topicNote, "z")}
		if err := WriteFindings(&plain, w, found, false); err != nil {
			t.Fatal(err)
		}
		if err := WriteFindings(&colorful, w, found, true); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(plain.String(), w.CLI.Good) || strings.Contains(plain.String(), "\x1b") || !strings.Contains(colorful.String(), "\x1b[33m") {
			t.Errorf("%s%s", plain.String(), colorful.String())
		}
		if AllOK(found) || !AllOK(found[:1]) || found[0].OK {
			t.Error("only an error fails a check, and a warning is not ok")
		}
	}
}

// An account that is read every other day costs more than nothing.
func TestPollingCostsSomethingHoweverRare(t *testing.T) {
	for every, want := range map[time.Duration]string{
		5 * time.Minute: "864 requests", 7 * time.Hour: "11 requests", 48 * time.Hour: "2 requests", 10_000 * time.Hour: "1 request",
	} {
		found := accountFindings(lang.English(), "team", moka.Probe{CallsPerReading: 3, BudgetWindow: time.Minute}, every)
		if last := found[len(found)-1].Text; !strings.Contains(last, "about "+want+" a day") {
			t.Errorf("every %s: %s", every, last)
		}
	}
}
