package config

import (
	"reflect"
	"testing"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/moka"
)

// everything is a file as a busy team would have it, with both styles of YAML.
const everything = `
language: en
timezone: Asia/Shanghai
poll_interval: 5m
discord:
  token: ${DISCORD_TOKEN}
  guild_ids: ["123"]
  proxy: ""
  operators: {roles: [], users: []}
  viewers: {everyone: true, roles: ["123"], users: ["123"]}
accounts:
  - name: team
    base_url: https://api.moka-ai.com
    api_key: ${MOKA_API_KEY}
    access_token: ${MOKA_ACCESS_TOKEN}
    user_id: 123
    proxy: ""
    alerts: {}
alerts:
  channel_id: "123"
  confirm_after: 30s
  margin: 5%
  unreachable_after: 15m
  key_expiry: 7d
  spike: {factor: 5, at_least: 1.00}
  quiet_hours: {from: "23:00", to: "07:30", timezone: Asia/Shanghai, levels: [low]}
  mention_on_recovery: true
  levels:
    - {name: low, below: 20.00, runway: 72h, remind_every: 24h}
    - {name: critical, below: 5.00, runway: 24h, remind_every: 6h, mention_roles: ["123"], mention_users: ["123"]}
reports:
  - {name: daily, cron: "0 9 * * *", timezone: Asia/Shanghai, period: day, channel_id: "123", accounts: [team]}
model_watch: {cron: "@every 1h", channel_id: "123"}
storage: {path: mokabot.db}
listen: ""
`

func teamRules(zone *time.Location) alert.Rules {
	return alert.Rules{
		ChannelID: "123", ConfirmAfter: 30 * time.Second, Margin: 0.05, UnreachableAfter: 15 * time.Minute,
		KeyExpiry: 7 * 24 * time.Hour, SpikeFactor: 5, SpikeAtLeast: moka.Dollar,
		Quiet:             alert.QuietHours{From: 23 * time.Hour, To: 7*time.Hour + 30*time.Minute, Zone: zone, Levels: []string{"low"}},
		MentionOnRecovery: true,
		Levels: []alert.Level{
			{Name: "low", Below: moka.Known(20 * moka.Dollar), Runway: 72 * time.Hour, RemindEvery: 24 * time.Hour},
			{
				Name: "critical", Below: moka.Known(5 * moka.Dollar), Runway: 24 * time.Hour, RemindEvery: 6 * time.Hour,
				MentionRoles: []string{"123"}, MentionUsers: []string{"123"},
			},
		},
	}
}

func TestEveryValueArrives(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	rules := teamRules(shanghai)
	want := &Config{
		File: "c.yaml", Language: "en", Timezone: shanghai, PollInterval: 5 * time.Minute, RequestBudget: 120,
		Discord: Discord{
			Token: NewSecret("t"), GuildIDs: []string{"123"},
			Operators: Operators{Roles: []string{}, Users: []string{}},
			Viewers:   Viewers{Everyone: true, Roles: []string{"123"}, Users: []string{"123"}},
		},
		Accounts: []Account{{
			Name: "team", BaseURL: "https://api.moka-ai.com", APIKey: NewSecret("sk-1"),
			AccessToken: NewSecret("a"), UserID: 123, Alerts: rules,
		}},
		Alerts: rules,
		Reports: []Report{{
			Name: "daily", Cron: "0 9 * * *", Timezone: shanghai, Period: budget.Day, ChannelID: "123",
			Accounts: []string{"team"}, WeekStart: time.Monday,
		}},
		ModelWatch: ModelWatch{Cron: "@every 1h", ChannelID: "123"},
		Storage:    Storage{Path: "mokabot.db", Retention: Retention{720 * time.Hour, 8760 * time.Hour}},
		Log:        Log{Format: "text"},
	}
	got, err := parse("c.yaml", []byte(everything), exampleEnviron())
	if err != nil {
		t.Fatal(err)
	}
	if err := got.NeedDiscord(); err != nil {
		t.Error(err)
	}
	got.lines = nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", asJSON(t, got), asJSON(t, want))
	}
}
