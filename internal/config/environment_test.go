package config

import (
	"strings"
	"testing"
)

func TestEnvironmentIsOneAccount(t *testing.T) {
	cfg, err := FromEnvironment(environ("MOKA_API_KEY", "sk-1", "MOKA_ACCESS_TOKEN", "t", "MOKA_USER_ID", "7"))
	if err != nil {
		t.Fatal(err)
	}
	a := cfg.Accounts[0]
	if len(cfg.Accounts) != 1 || a.Name != "default" || a.BaseURL != DefaultBaseURL || a.APIKey.Reveal() != "sk-1" || a.AccessToken.Reveal() != "t" || a.UserID != 7 {
		t.Errorf("got %+v", a)
	}
}

func TestEnvironmentProblemsNameVariables(t *testing.T) {
	for _, c := range []struct {
		name string
		env  []string
		want string
	}{
		{"nothing", nil, "environment: " + english().Nothing},
		{"empty", []string{"MOKA_API_KEY", ""}, "environment: " + english().Nothing},
		{"no id", []string{"MOKA_ACCESS_TOKEN", "t"}, "MOKA_USER_ID: is missing; the MOKA_ACCESS_TOKEN needs the user id shown at the top right of the gateway's console"},
		{"base", []string{"MOKA_API_KEY", "k", "MOKA_BASE_URL", "http://example.com"}, "MOKA_BASE_URL: is http, which would send the key in the clear; write https:// (http is for this machine only)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := FromEnvironment(environ(c.env...)); err == nil || err.Error() != c.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

// No file is needed to run the bot either.
func TestEnvironmentIsEnoughToRun(t *testing.T) {
	cfg, err := FromEnvironment(environ("MOKA_API_KEY", "sk-1", "DISCORD_TOKEN", "t", "DISCORD_CHANNEL_ID", "1100000000000000021", "DISCORD_GUILD_ID", "1100000000000000001"))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Discord.Token.Reveal() != "t" || cfg.Alerts.ChannelID != "1100000000000000021" || cfg.Accounts[0].Alerts.ChannelID != cfg.Alerts.ChannelID ||
		len(cfg.Discord.GuildIDs) != 1 || cfg.Discord.GuildIDs[0] != "1100000000000000001" {
		t.Errorf("got %+v", cfg)
	}
	if err := cfg.NeedDiscord(); err != nil {
		t.Error(err)
	}
	for name, value := range map[string]string{"DISCORD_CHANNEL_ID": "alerts", "DISCORD_GUILD_ID": "my server"} {
		if _, err := FromEnvironment(environ("MOKA_API_KEY", "sk-1", name, value)); err == nil || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The bot token is the one secret that a file need not mention.
func TestTheTokenOfAFileIsInTheEnvironment(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{oneAccount, "from-environment"}, {oneAccount + "discord: {token: own}", "own"}, {oneAccount + "discord: {guild_ids: []}", "from-environment"},
	} {
		cfg, err := parse("config.yaml", []byte(c.text), environ(tokenVariable, "from-environment"))
		if err != nil || cfg.Discord.Token.Reveal() != c.want {
			t.Errorf("%q: %v", c.text, err)
		}
	}
}

// The example as it is copied works with nothing but a key.
func TestTheExampleNeedsNothingButAKey(t *testing.T) {
	cfg, err := LoadWith(exampleFile, environ("MOKA_API_KEY", "sk-1"))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Accounts[0].APIKey.Reveal() != "sk-1" || !cfg.Discord.Token.Empty() {
		t.Errorf("got %+v", cfg.Accounts[0])
	}
}

func TestListenIsInTheEnvironment(t *testing.T) {
	for text, want := range map[string]string{oneAccount: "127.0.0.1:9464", oneAccount + "listen: 0.0.0.0:9000": "0.0.0.0:9000", oneAccount + "listen: \"\"": "127.0.0.1:9464"} {
		cfg, err := parse("config.yaml", []byte(text), environ(listenVariable, "127.0.0.1:9464"))
		if err != nil || cfg.Listen.Address != want {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := parse("config.yaml", []byte(oneAccount), environ(listenVariable, "9464")); err == nil || !strings.Contains(err.Error(), listenVariable) {
		t.Errorf("a wrong address: %v", err)
	}
}
