package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzLoad: whatever a file holds, there is either a configuration with an
// account or a list of problems.
func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yaml")
	for _, file := range append(files, exampleFile) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg, err := parse("c.yaml", text, exampleEnviron())
		var problems *Problems
		switch {
		case err == nil && (cfg == nil || len(cfg.Accounts) == 0):
			t.Error("no account and no problem")
		case err != nil && (!errors.As(err, &problems) || len(problems.List) == 0 || cfg != nil):
			t.Errorf("got %v, %v", cfg, err)
		case err == nil:
			_ = cfg.NeedDiscord()
		}
	})
}
