package config

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"mokabot/internal/lang"
	"mokabot/internal/lang/langtest"
)

// Every word about problems is said of one of the mistakes in testdata, or of one of these.
func TestMistakesSayEveryWord(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	var problems []*Problems
	add := func(err error) {
		if all, ok := errors.AsType[*Problems](err); ok {
			problems = append(problems, all)
		}
	}
	parsed := func(text string) (*Config, error) { return parse("config.yaml", []byte(text), environ()) }
	for _, file := range files {
		_, err := LoadWith(file, environ("EMPTY", ""))
		add(err)
	}
	_, err = FromEnvironment(environ())
	add(err)
	for _, text := range []string{
		"accounts: [{name: a, api_key: \"${not-a-name}\", console_url: \"https://u:p@host\"}]",
		"accounts: [{name: a, api_key: \"${sk1234567890abcdefABCDEF}\", console_url: http://host}, {name: b, api_key: k, console_url: \"https://host/" + strings.Repeat("a", maxPage) + "\"}]",
		"storage: {url: mysql://host/db}\naccounts: [{name: a, api_key: k}]",
		"storage: {url: \"postgres://u:p@ho#st/db\"}\naccounts: [{name: a, api_key: k}]",
		"storage: {url: postgres://host/db, path: x.db}\nlisten: {token: short, hosts: [\"a:1\"]}\naccounts: [{name: a, api_key: k}]",
		"accounts: [{name: a, api_key: k}, ~]\nbudgets: [{name: b, amount: 5, accounts: []}]\nreports: [{name: r, cron: 0 9 30 2 *, accounts: []}]",
		"accounts: [{name: a, api_key_file: " + t.TempDir() + "}, {name: b, api_key_file: /dev/null}]",
		"reports: [{name: r, cron: \"" + "a1B2c3D4e5F6g7H8i9J0k1" + " * * * *\"}]\naccounts: [{name: a, api_key: k}]",
		"alerts: {levels: [{name: low, below: 5}]}\naccounts: [{name: a, api_key: k}]",
	} {
		c, err := parsed(text)
		if add(err); err == nil {
			add(c.NeedDiscord())
		}
	}
	for _, w := range lang.All() {
		tag, all := w.Tag, langtest.Mark(w)
		var said strings.Builder
		for _, p := range problems {
			said.WriteString(p.In(w))
		}
		for _, fault := range []DatabaseFault{notPostgres, notDatabase, neither} {
			said.WriteString(fault.In(w))
		}
		elsewhere := map[string]bool{"Config.NotYAML": true, "Config.TooLarge": true, "Config.NoRight": true, "Config.LevelNeeds": true}
		for _, path := range all {
			if strings.HasPrefix(path, "Config.") && !elsewhere[path] && !langtest.Said(said.String(), path) {
				t.Errorf("%s: nobody says %s", tag, path)
			}
		}
	}
}
