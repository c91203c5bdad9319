package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/internal/lang"
)

func TestCheckAndVersion(t *testing.T) {
	t.Chdir(t.TempDir())
	_, env := example(t)
	status, out, log := command(t, env, "check")
	if status != exitFine || !strings.Contains(out, "polling costs about") || !strings.Contains(out, "2 models") {
		t.Errorf("exit %d: %s%s", status, out, log)
	}
	status, out, _ = command(t, env, "check", "--offline", "--json")
	var answer checkAnswer
	if err := json.Unmarshal([]byte(out), &answer); err != nil || status != exitFine || !answer.OK || len(answer.Findings) != 1 {
		t.Errorf("exit %d, %v: %s", status, err, out)
	}
	for _, asked := range []string{"version", "--version", "-version"} {
		if status, out, _ := command(t, env, asked); status != exitFine || !strings.HasPrefix(out, "mokabot ") {
			t.Errorf("%s: exit %d: %s", asked, status, out)
		}
	}
	if status, out, _ := command(t, env, "help"); status != exitFine || slices.ContainsFunc(subcommands(), func(c subcommand) bool {
		return !strings.Contains(out, "mokabot "+c.name)
	}) {
		t.Errorf("exit %d: %s", status, out)
	}
}

// Scripts read the topics of a check, and the README lists them.
func TestTopicsOfACheckAreTheSameInEveryLanguage(t *testing.T) {
	topics := func(w *lang.Words) (all []topic) {
		for _, p := range probes() {
			for _, f := range accountFindings(w, "team", p, time.Minute) {
				all = append(all, f.Topic)
			}
		}
		return all
	}
	english := topics(lang.English())
	for _, w := range lang.All() {
		if got := topics(w); !slices.Equal(got, english) {
			t.Errorf("%s: %v, want %v", w.Tag, got, english)
		}
	}
	readme := document(t, "README.md")
	for _, one := range append(english, topicConfig, topicToken, topicProxy, topicChannel, topicNext) {
		if !strings.Contains(readme, "`"+string(one)+"`") {
			t.Errorf("the README does not name the topic %s", one)
		}
	}
}
