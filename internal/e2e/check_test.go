package e2e

import (
	"encoding/json"
	"strings"
	"testing"
)

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
