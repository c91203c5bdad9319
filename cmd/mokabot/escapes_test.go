package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// S6: What went wrong is told without the escape sequences, the invisible characters and
// those that turn the direction of what it is about: an argument, a file or a server.
func TestMistakesAreToldWithoutEscapes(t *testing.T) {
	const odd = "\x1b[31modd\u202e\u200b\u009b2J\a"
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	quoted := strings.NewReplacer("\x1b", `\e`, "\a", `\a`).Replace(odd)
	good := write("config.yaml", "accounts: [{name: team, api_key: sk-0123456789abcdef, base_url: \"http://127.0.0.1:1\"}]\n")
	for what, args := range map[string][]string{
		"a subcommand":          {odd},
		"a flag of none":        {"--" + odd},
		"a flag":                {"balance", "--" + odd},
		"an account":            {"balance", "--config", good, odd},
		"a report":              {"report", "--config", good, odd},
		"a budget":              {"budget", "--config", good, odd},
		"a period":              {"usage", "--config", good, "--period", odd},
		"a time":                {"schedule", "--config", good, "--from", odd},
		"a number":              {"backtest", "--config", good, "--days", odd},
		"an address to listen":  {"preview", "--config", good, "--listen", odd},
		"a database":            {"copy", "--config", good, "--to", odd},
		"help":                  {"help", odd},
		"a file that is not":    {"check", "--config", odd + ".yaml"},
		"a key of the file":     {"check", "--offline", "--config", write("key.yaml", `"`+quoted+"\": 1\n")},
		"a cron line":           {"check", "--offline", "--config", write("cron.yaml", "reports: [{name: x, period: day, cron: \""+quoted+" * *\"}]\n")},
		"a name in the file":    {"check", "--offline", "--config", write("name.yaml", "accounts: [{name: \""+quoted+"\"}]\n")},
		"a file that is broken": {"check", "--offline", "--config", write("broken.yaml", "a: ["+strings.ReplaceAll(odd, "\a", "")+"\n")},
		"a file by an odd name": {"check", "--offline", "--config", write("o\x1b[31md\u202ed.yaml", "x: 1\n")},
	} {
		t.Run(what, func(t *testing.T) {
			status, out, log := runLine(t, nil, args...)
			if status == exitFine || log == "" {
				t.Fatalf("status %d, %q", status, log)
			}
			if i := strings.IndexFunc(out+log, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) && r != '\n' }); i >= 0 {
				t.Errorf("%q", (out + log)[i:])
			}
		})
	}
}
