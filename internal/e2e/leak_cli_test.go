package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka/mokatest"
)

// says runs one command line and searches its output.
func says(ctx context.Context, s *search, where string, args ...string) (status int, text string) {
	var out, log bytes.Buffer
	path, err := built()
	if err != nil {
		return -1, err.Error()
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = []string{}, &out, &log
	cmd.Run()
	status = cmd.ProcessState.ExitCode()
	text = out.String() + log.String()
	s.in(where+", "+args[0], text)
	return status, text
}

// TestNoCredentialLeaksOnTheCommandLine asks for everything in every situation
// that the fake gateway knows.
func TestNoCredentialLeaksOnTheCommandLine(t *testing.T) {
	proof.NeedsLong(t)
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	search := newSearch(map[string]string{"bot token": leakToken})
	files := map[string]string{} // the configuration for each situation
	for _, state := range mokatest.States() {
		gateway := mokatest.New(mokatest.V2026_08)
		cred := state.Setup(gateway)
		search.know("API key", cred.APIKey)
		search.know("access token", cred.AccessToken)
		server := httptest.NewServer(gateway)
		t.Cleanup(server.Close)
		files[state.Name] = configFor(t, server.URL, cred)
	}
	var asking sync.WaitGroup
	free := make(chan struct{}, 16)
	for state, file := range files {
		for _, line := range [][]string{{"balance"}, {"balance", "--json"}, {"models"}, {"models", "--json"}, {"check"}, {"check", "--json"}, {"usage"}} {
			asking.Go(func() {
				free <- struct{}{}
				defer func() { <-free }()
				says(ctx, search, state, append(line, "--config", file)...)
			})
		}
	}
	asking.Wait()
	search.report(t)
}

func configFor(t *testing.T, address string, cred mokatest.Credentials) (file string) {
	t.Helper()
	token := ""
	if cred.AccessToken != "" {
		token = fmt.Sprintf(", access_token: %q, user_id: %d", cred.AccessToken, cred.UserID)
	}
	file = filepath.Join(t.TempDir(), "config.yaml")
	text := fmt.Sprintf("discord: {proxy: %q}\nstorage: {path: %q}\naccounts: [{name: a, base_url: %q, api_key: %q%s}]\n",
		"http://u:"+leakToken+"@127.0.0.1:1", file+".db", address, cred.APIKey, token)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// misplaced are configurations in which a credential stands where none belongs.
func misplaced() map[string]string {
	const account = "accounts: [{name: a, api_key: k}]\n"
	return map[string]string{
		"a file that is no YAML":      "accounts: [{name: a, api_key: SECRET\n  x: ]",
		"a tab":                       "accounts:\n\t- api_key: SECRET\n",
		"an unknown key":              account + "key: SECRET\n",
		"as a key":                    account + "SECRET: 1\n",
		"as a key of an account":      "accounts: [{name: a, SECRET: 1, api_key: k}]\n",
		"twice":                       "accounts: [{name: a, api_key: SECRET, api_key: SECRET}]\n",
		"a list":                      "accounts: [{name: a, api_key: [SECRET]}]\n",
		"a mapping":                   "accounts: [{name: a, api_key: {SECRET: SECRET}}]\n",
		"an anchor":                   "accounts: [{name: a, api_key: *SECRET}]\n",
		"a tag":                       "accounts: [{name: a, api_key: !SECRET x}]\n",
		"a variable":                  "accounts: [{name: a, api_key: \"${SECRET}\", user_id: x}]\n",
		"with Bearer":                 "accounts: [{name: a, api_key: \"Bearer SECRET\"}]\n",
		"with a line break":           "accounts: [{name: a, api_key: \"SECRET\\nx\"}]\n",
		"the name":                    "accounts: [{name: \"SECRET\", api_key: k}]\n",
		"the name, twice":             "accounts: [{name: \"SECRET\", api_key: k}, {name: \"SECRET\", api_key: k}]\n",
		"the file of a key":           "accounts: [{name: a, api_key_file: \"SECRET\"}]\n",
		"the file of a token":         account + "discord: {token_file: \"/run/SECRET\"}\n",
		"the address":                 "accounts: [{name: a, api_key: k, base_url: \"SECRET\"}]\n",
		"the address's password":      "accounts: [{name: a, api_key: k, base_url: \"https://u:SECRET@host\"}]\n",
		"the address's query":         "accounts: [{name: a, api_key: k, base_url: \"https://host/?key=SECRET\"}]\n",
		"the address's path":          "accounts: [{name: a, api_key: k, base_url: \"ftp://host/SECRET\"}]\n",
		"the address, not parsable":   "accounts: [{name: a, api_key: k, base_url: \"https://ho st/SECRET\"}]\n",
		"the user id":                 "accounts: [{name: a, access_token: k, user_id: SECRET}]\n",
		"the proxy":                   account + "discord: {proxy: SECRET}\n",
		"the proxy, not parsable":     account + "discord: {proxy: \"http://u:SECRET@:x:y\"}\n",
		"the proxy, of another kind":  account + "discord: {proxy: \"ftp://u:SECRET@host\"}\n",
		"an account's proxy":          "accounts: [{name: a, api_key: k, proxy: \"socks4://u:SECRET@host:1080\"}]\n",
		"a guild":                     account + "discord: {guild_ids: [\"SECRET\"]}\n",
		"an operator":                 account + "discord: {operators: {users: [\"SECRET\"], roles: [\"SECRET\"]}}\n",
		"a channel":                   account + "alerts: {channel_id: \"SECRET\"}\n",
		"a level":                     account + "alerts: {levels: [{name: \"SECRET\", below: SECRET, runway: SECRET}]}\n",
		"a margin":                    account + "alerts: {margin: SECRET, confirm_after: SECRET, key_expiry: SECRET}\n",
		"a spike":                     account + "alerts: {spike: {factor: SECRET, at_least: SECRET}}\n",
		"the language":                account + "language: SECRET\n",
		"the time zone":               account + "timezone: \"SECRET\"\n",
		"the interval":                account + "poll_interval: SECRET\n",
		"the budget":                  account + "requests_per_180s: SECRET\n",
		"a report":                    account + "reports: [{name: \"SECRET\", cron: \"SECRET\", period: SECRET, channel_id: SECRET, timezone: SECRET, accounts: [SECRET]}]\n",
		"the model watch":             account + "model_watch: {cron: \"SECRET\", channel_id: \"SECRET\"}\n",
		"the retention":               account + "storage: {retention: {readings: SECRET}}\n",
		"the listening address":       account + "listen: \"SECRET\"\n",
		"the log":                     account + "log: {level: SECRET, format: SECRET}\n",
		"the welcome":                 account + "welcome: SECRET\n",
		"instead of the accounts":     "accounts: SECRET\n",
		"instead of everything":       "SECRET\n",
		"in a second document":        account + "---\nSECRET\n",
		"the token, with a space":     account + "discord: {token: \"Bot SECRET\"}\n",
		"the token, with a foreigner": account + "discord: {token: \"SECRETé\"}\n",
	}
}

func TestNoCredentialLeaksFromAWrongPlace(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	search := newSearch(leakSecrets)
	dir := t.TempDir()
	for what, text := range misplaced() {
		for kind, secret := range leakSecrets {
			file := filepath.Join(dir, "config.yaml")
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "SECRET", secret)), 0o600); err != nil {
				t.Fatal(err)
			}
			lines := [][]string{{"check", "--offline"}}
			if what == "a key with a space" || what == "a variable" {
				lines = append(lines, []string{"run"}, []string{"balance"}) // they read it in the same way
			}
			for _, line := range lines {
				if status, said := says(t.Context(), search, kind+" as "+what, append(line, "--config", file)...); status != 2 {
					t.Errorf("%s as %s: %v ends with %d and %s", kind, what, line, status, said)
				}
			}
			if !proof.Long() {
				break // another kind each time
			}
		}
	}
	for kind, secret := range leakSecrets {
		says(t.Context(), search, kind+" on the command line", "run", "--token", secret)
	}
	search.report(t)
}
