package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// What is wrong with a configuration is in the JSON as well, and the exit status is
// that of a bad configuration.
func TestCheckFindsABadConfiguration(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("config.yaml", []byte("language: fr\nbogus: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, log := command(t, nil, "check", "--json")
	var answer struct {
		OK       bool
		Findings []struct {
			Subject, Topic, Level, Text string
			OK                          bool
		}
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil || status != 2 || answer.OK || len(answer.Findings) < 3 {
		t.Fatalf("exit %d, %v: %s", status, err, out)
	}
	for _, f := range answer.Findings {
		if f.Subject != "config.yaml" || f.Topic != "config" || f.Level != "error" || f.OK || !strings.Contains(log, f.Text) {
			t.Errorf("%+v", f)
		}
	}
}

func TestCheckAndVersion(t *testing.T) {
	t.Chdir(t.TempDir())
	_, env := example(t)
	status, out, log := command(t, env, "check")
	if status != 0 || !strings.Contains(out, "polling costs about") || !strings.Contains(out, "2 models") {
		t.Errorf("exit %d: %s%s", status, out, log)
	}
	status, out, _ = command(t, env, "check", "--offline", "--json")
	var answer struct {
		OK       bool
		Findings []json.RawMessage
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil || status != 0 || !answer.OK || len(answer.Findings) != 1 {
		t.Errorf("exit %d, %v: %s", status, err, out)
	}
	for _, asked := range []string{"version", "--version", "-version"} {
		if status, out, _ := command(t, env, asked); status != 0 || !strings.HasPrefix(out, "mokabot ") {
			t.Errorf("%s: exit %d: %s", asked, status, out)
		}
	}
}
