package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mokabot/internal/lang"
)

func TestAReadableSecretIsTold(t *testing.T) {
	for _, w := range lang.All() {
		file := filepath.Join(t.TempDir(), "config.yaml")
		for _, c := range []struct {
			key  string
			mode os.FileMode
			told bool
		}{{"sk-1", 0o644, true}, {"sk-1", 0o600, false}, {"${KEY}", 0o644, false}} {
			text := "language: " + w.Tag + "\naccounts: [{name: team, api_key: \"" + c.key + "\"}]\n"
			if err := errors.Join(os.WriteFile(file, []byte(text), c.mode), os.Chmod(file, c.mode)); err != nil {
				t.Fatal(err)
			}
			status, out, log := command(t, map[string]string{"KEY": "sk-1"}, "check", "--offline", "--config", file)
			if status != 0 || strings.Contains(out, w.CLI.Exposed) != c.told {
				t.Errorf("%s %o: exit %d, %s%s", c.key, c.mode, status, out, log)
			}
		}
	}
}
