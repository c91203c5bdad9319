package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"mokabot/internal/budget"
	"mokabot/moka"
)

const oneAccount = "accounts: [{name: a, api_key: k}]\n"

func mustParse(t *testing.T, text string, pairs ...string) *Config {
	t.Helper()
	cfg, err := parse("c.yaml", []byte(text), environ(pairs...))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return cfg
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "[]", "null")
}

func TestMissingFileIsNotExist(t *testing.T) {
	_, err := LoadWith("testdata/nowhere", os.LookupEnv)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if got := err.Error(); got != "testdata/nowhere: cannot be read: no such file or directory" {
		t.Errorf("got %s", got)
	}
}

func TestOnlyWholeValuesAreExpanded(t *testing.T) {
	cfg := mustParse(t, `
accounts:
  - {name: a, api_key: "pa$$word${K}$K", access_token: "${K}", user_id: "${ID}"}
model_watch: {file: "a${K}"}
`, "K", "$x", "ID", "9007199254740993")
	a := cfg.Accounts[0]
	if a.APIKey.Reveal() != "pa$$word${K}$K" || a.AccessToken.Reveal() != "$x" || a.UserID != 9007199254740993 || cfg.ModelWatch.File != "a${K}" {
		t.Errorf("got %q %q %d %q", a.APIKey.Reveal(), a.AccessToken.Reveal(), a.UserID, cfg.ModelWatch.File)
	}
}

func TestAWrittenZeroStaysZero(t *testing.T) {
	cfg := mustParse(t, oneAccount+`
alerts:
  confirm_after: 0
  margin: 0
  unreachable_after: 0s
  key_expiry: 0d
  spike: {factor: 0, at_least: 0}
  levels: []
`)
	r := cfg.Alerts
	if r.ConfirmAfter != 0 || r.Margin != 0 || r.UnreachableAfter != 0 || r.KeyExpiry != 0 || r.SpikeFactor != 0 || r.SpikeAtLeast != 0 || len(r.Levels) != 0 {
		t.Errorf("got %+v", r)
	}
	below := mustParse(t, oneAccount+"alerts: {levels: [{name: a, below: 0}]}").Alerts.Levels[0].Below
	if below != moka.Known(0) {
		t.Errorf("below: 0 became %v", below)
	}
}

func TestNothingAfterAColonIsTheDefault(t *testing.T) {
	got := mustParse(t, oneAccount+"alerts:\ndiscord:\npoll_interval:\nstorage: {path: ~}\nreports:\n")
	want := mustParse(t, oneAccount)
	got.lines, want.lines = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAccountAlertsOverrideKeyByKey(t *testing.T) {
	cfg := mustParse(t, `
alerts: {channel_id: 1, margin: 7%, confirm_after: 1m}
accounts:
  - name: a
    api_key: k
    alerts:
      margin: 2.5%
      spike: {at_least: 0.000001}
      levels: [{name: only, runway: 1d12h, remind_every: 1h30m, mention_roles: [12]}]
  - {name: b, api_key: k}
`)
	a, b := cfg.Accounts[0].Alerts, cfg.Accounts[1].Alerts
	if a.ChannelID != "1" || a.Margin != 0.025 || a.ConfirmAfter != time.Minute || a.SpikeFactor != 5 || a.SpikeAtLeast != 1 {
		t.Errorf("got %+v", a)
	}
	if len(a.Levels) != 1 || a.Levels[0].Runway != 36*time.Hour || a.Levels[0].Below.Known() || a.Levels[0].MentionRoles[0] != "12" {
		t.Errorf("got %+v", a.Levels)
	}
	if !reflect.DeepEqual(b, cfg.Alerts) || len(b.Levels) != 2 {
		t.Errorf("got %+v", b)
	}
}

func TestSnowflakesKeepEveryDigit(t *testing.T) {
	cfg := mustParse(t, oneAccount+`
discord: {guild_ids: [1098765432109876543, "1098765432109876545"]}
`)
	if want := []string{"1098765432109876543", "1098765432109876545"}; !reflect.DeepEqual(cfg.Discord.GuildIDs, want) {
		t.Errorf("got %v", cfg.Discord.GuildIDs)
	}
}

func TestSecretFilesLoseTheirLineBreak(t *testing.T) {
	cfg := mustParse(t, oneAccount+"discord: {token_file: testdata/secret.txt}\n")
	if got := cfg.Discord.Token.Reveal(); got != "s3cret-from-file" {
		t.Errorf("got %q", got)
	}
}

func TestSecretsLoseTheWhiteSpaceAroundThem(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("\ufeff sk-1 \r\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "accounts: [{name: a, api_key_file: '" + file + "', access_token: '${TOKEN}', user_id: '${ID}'}]"
	cfg, err := parse("config.yaml", []byte(text), environ("TOKEN", " a+b/c== \n", "ID", " 7\n"))
	if err != nil {
		t.Fatal(err)
	}
	a := cfg.Accounts[0]
	if a.APIKey.Reveal() != "sk-1" || a.AccessToken.Reveal() != "a+b/c==" || a.UserID != 7 {
		t.Errorf("got %q, %q, %d", a.APIKey.Reveal(), a.AccessToken.Reveal(), a.UserID)
	}
}

func TestReportsTakeWhatTheyLeaveOut(t *testing.T) {
	cfg := mustParse(t, `
timezone: Asia/Shanghai
accounts: [{name: a, api_key: k}, {name: 乙, api_key: k}]
alerts: {channel_id: "5"}
reports:
  - {name: daily, cron: "0  9 * * *"}
  - {name: weekly, cron: "0 9 * * 5-7", timezone: Europe/Berlin, period: week, week_start: sunday, channel_id: 6, accounts: [乙]}
`)
	d, w := cfg.Reports[0], cfg.Reports[1]
	if d.Cron != "0 9 * * *" || d.Timezone.String() != "Asia/Shanghai" || d.Period != budget.Day || d.ChannelID != "5" || len(d.Accounts) != 2 || d.WeekStart != time.Monday {
		t.Errorf("got %+v", d)
	}
	if w.Cron != "0 9 * * 0,5,6" || w.Timezone.String() != "Europe/Berlin" || w.Period != budget.Week || w.ChannelID != "6" || w.Accounts[0] != "乙" || w.WeekStart != time.Sunday {
		t.Errorf("got %+v", w)
	}
}

func TestGoodValues(t *testing.T) {
	for _, text := range []string{
		"poll_interval: 1s", "poll_interval: 1h30m", "poll_interval: 1d",
		"listen: 127.0.0.1:9464", "listen: :9464", "listen: '[::1]:0'", "listen: ''",
		"listen: {address: ':9464', token: eightlet, hosts: [metrics.example]}", "listen: {}",
		"discord: {proxy: 'socks5://u:p@127.0.0.1:1080'}", "discord: {proxy: 'http://proxy'}", "discord: {token: ''}",
		"model_watch: {cron: '@every 1h'}", "model_watch: {cron: '0 0 29 2 *'}", "model_watch: {cron: '@hourly'}",
		"welcome: true", "language: zh-CN", "log: {level: debug, format: json}",
	} {
		mustParse(t, oneAccount+text)
	}
	for _, base := range []string{
		"https://a.example/v1", "https://a.example/", "http://localhost:3000", "http://127.0.0.1", "http://[::1]:3000/v1",
	} {
		mustParse(t, "accounts: [{name: a, api_key: k, base_url: '"+base+"'}]")
	}
	if cfg := mustParse(t, oneAccount+"log: {level: error}"); cfg.Log.Level != slog.LevelError {
		t.Errorf("got %v", cfg.Log.Level)
	}
}

// A token that could be guessed protects nothing. It is no credential from elsewhere, so
// nobody else refuses it.
func TestAListenersTokenIsLongEnough(t *testing.T) {
	for _, c := range []struct {
		token string
		ok    bool
	}{{"x", false}, {"seven77", false}, {"eight888", true}} {
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(c.token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for key, line := range map[string]string{"token": "token: " + c.token, "token_file": "token_file: " + file} {
			_, err := parse("c.yaml", []byte(oneAccount+"listen: {address: ':9464', "+line+"}"), environ())
			want := "listen." + key + ": is too short: it could be guessed; use at least 8 letters, such as what `openssl rand -hex 16` prints"
			if c.ok != (err == nil) || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "seven77")) {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
}

func TestRunningNeedsDiscordLoadingDoesNot(t *testing.T) {
	if err := mustParse(t, oneAccount+"discord: {token: x}").NeedDiscord(); err != nil {
		t.Errorf("default levels without a channel are no problem, but: %v", err)
	}
	cfg := mustParse(t, oneAccount+"alerts:\n  levels: [{name: a, below: 1}]\n")
	err := cfg.NeedDiscord()
	if err == nil {
		t.Fatal("nothing was missing")
	}
	for _, want := range []string{"c.yaml: discord.token: is missing", "c.yaml:3: alerts.levels: there is no channel"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want %q in it", err, want)
		}
	}
}

// Names stand in the first column of an export and on command lines.
func TestNoNameBeginsAFormulaOrAFlag(t *testing.T) {
	for _, name := range []string{"=1", "+1", "-1", "@x", "-flag", "\u0301a", "\ta"} {
		if _, err := parse("c.yaml", []byte(fmt.Sprintf("accounts: [{name: %q, api_key: sk-1}]\n", name)), environ()); err == nil {
			t.Errorf("%q is a name", name)
		}
	}
}
