package config

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

const exampleFile = "../../config.yaml.example"

func exampleEnviron() Lookup {
	return environ("DISCORD_TOKEN", "t", "MOKA_API_KEY", "sk-1", "MOKA_ACCESS_TOKEN", "a", "MOKA_USER_ID", "123")
}

func TestExampleLoads(t *testing.T) {
	cfg, err := LoadWith(exampleFile, exampleEnviron())
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.NeedDiscord(); err != nil {
		t.Error(err)
	}
	if a, ok := cfg.Account("team"); !ok || a.APIKey.Reveal() != "sk-1" {
		t.Errorf("got %+v", a)
	}
}

// Every key that is read anywhere must stand in the example, if only in a
// comment, so that a new key cannot be forgotten there.
func TestExampleHasEveryKey(t *testing.T) {
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	root, problem := document(text)
	if problem != nil {
		t.Fatal(*problem)
	}
	_, r := read(exampleFile, root, exampleEnviron())
	written := map[string]bool{}
	for path := range r.lines {
		written[indexes.ReplaceAllString(path, "[]")] = true
	}
	for _, path := range slices.Sorted(maps.Keys(r.known)) {
		if strings.HasPrefix(path, "accounts[].alerts.") {
			continue // the same keys as in alerts
		}
		key := path[strings.LastIndex(path, ".")+1:]
		comment := regexp.MustCompile(`(?m)^\s*#\s+(- )?` + key + `: `)
		if !written[path] && !comment.Match(text) {
			t.Errorf("%s is not in config.yaml.example", path)
		}
	}
}

// What the example shows is what holds without it, but for what is somebody's own.
func TestExampleShowsTheDefaults(t *testing.T) {
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(file, func(key string, _ any) bool {
		return slices.Contains([]string{"timezone", "discord", "accounts", "reports", "model_watch"}, key)
	})
	delete(file["alerts"].(map[string]any), "channel_id")
	file["accounts"] = []any{map[string]any{"name": "a", "api_key": "k"}}
	if text, err = yaml.Marshal(file); err != nil {
		t.Fatal(err)
	}
	shown, bare := mustParse(t, string(text)), mustParse(t, oneAccount)
	shown.lines, bare.lines = nil, nil
	// JSON and not DeepEqual: an empty list and none mean the same.
	if got, want := asJSON(t, shown), asJSON(t, bare); got != want {
		t.Errorf("the example has\n%s\nthe defaults are\n%s", got, want)
	}
	if bare.Timezone != time.UTC || bare.ModelWatch.Cron != "" {
		t.Errorf("got %+v", bare)
	}
}
