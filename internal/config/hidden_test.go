package config

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"mokabot/internal/proof"
)

// S5 and its kind: whatever key a credential lands in, and however it is
// written there, no problem shows it.
func TestNoProblemShowsACredential(t *testing.T) {
	proof.NotShort(t)
	credentials := []string{
		"sk-Qm7RtX2vBn9KpLs4WzEy8HcJd3FgUa6TiOq1VxYbMr5NkCeP",
		"0123456789abcdef0123456789abcdef",
		"ABCDEF0123456789ABCDEF0123456789",
		"a0123456789abcdef0123456789abcde",
		"wJ4+kT9/zQ7mXr2vLp6BnYc8HsDf3Ge=",
		"MTE5ODc2NTQzMjEwOTg3NjU0.GzK4tQ.p7Wn-3vXyB_2LmQ9sRdE8fHjKcTaUoYiZ5xVbN",
		"QwErTyUiOpAsDfGhJkLzXcVbNmQwErTy",
		"http://user:hunter2-hunter2@proxy.example:8080",
		"postgres://mokabot:hunter2-hunter2@db.example/mokabot",
		"https://api.example/v1?key=hunter2-hunter2",
	}
	shapes := []string{"%", "${%}", "${ % }", "$${%}", "${%", "x-${%}", "${%:-}", "${A}%", "!%", "*%", "&%", "[%]", "{%}", "{%: 1}", "'${%}'", "\"${%}\"", "|\n      ${%}", "@%", "`%`", "%:%", "\t%"}
	keys := []string{
		"language: ", "timezone: ", "poll_interval: ", "requests_per_180s: ", "listen: ", "welcome: ", "log: {level: ", "storage: {path: 1, retention: ", "storage: {url: ", "storage: {url_file: ", "storage: {path: 1, url: ",
		"discord: {token: ", "discord: {token_file: ", "discord: {proxy: ", "discord: {guild_ids: ", "model_watch: {cron: ", "alerts: {channel_id: ",
		"accounts:\n  - name: ", "accounts:\n  - base_url: ", "accounts:\n  - api_key: ", "accounts:\n  - access_token: ", "accounts:\n  - user_id: ",
		"accounts:\n  - proxy: ", "accounts:\n  - api_key_file: ", "accounts:\n  - console_url: ", "", "accounts:\n  - ", "reports:\n  - cron: ", "discord:\n  ",
	}
	tried := 0
	for _, credential := range credentials {
		for _, shape := range shapes {
			for _, key := range keys {
				text := key + strings.ReplaceAll(shape, "%", credential)
				if strings.Contains(key, "{") {
					text += "}"
				}
				_, err := parse("c.yaml", []byte(text+"\n"), environ())
				if err == nil {
					continue
				}
				tried++
				for i := 0; i+8 <= len(credential); i++ {
					part := credential[i : i+8]
					if strings.Contains(err.Error(), part) && !strings.Contains("https://api.example/v1 postgres://http://user", part) {
						t.Errorf("%q shows %q:\n%v", text, part, err)
						break
					}
				}
			}
		}
	}
	t.Logf("%d configurations refused", tried)
}

func TestVariablesThatAreNotSet(t *testing.T) {
	for value, want := range map[string]string{
		"${MOKA_API_KEY}": "the environment variable MOKA_API_KEY is not set",
		"${hunter2}":      "the environment variable between the braces is not set",
		"${a-b}":          "${…} must hold the name of an environment variable",
		"${}":             "${…} must hold the name of an environment variable",
		" ${hunter2} ":    "${…} must hold the name of an environment variable",
		"${A}${hunter2}":  "${…} must hold the name of an environment variable",
	} {
		_, err := parse("c.yaml", []byte("accounts:\n  - {name: a, api_key: '"+value+"'}\n"), environ())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestExposedFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such modes")
	}
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	open, closed := write("open", "sk-1", 0o644), write("closed", "sk-2", 0o600)
	for _, c := range []struct {
		name, text string
		mode       os.FileMode
		want       []string
	}{
		{"by files", "accounts:\n  - {name: a, api_key_file: " + open + "}\n  - {name: b, api_key_file: " + closed + "}\n", 0o644, []string{open}},
		{"inline", "accounts:\n  - {name: a, api_key: sk-3}\n", 0o644, []string{filepath.Join(dir, "inline")}},
		{"inline, closed", "accounts:\n  - {name: a, api_key: sk-3}\n", 0o640, nil},
	} {
		cfg, err := LoadWith(write(c.name, c.text, c.mode), environ())
		if err != nil {
			t.Fatal(err)
		}
		if got := cfg.Exposed(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
