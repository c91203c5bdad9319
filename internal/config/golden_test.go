package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mokabot/internal/lang"
)

var update = flag.Bool("update", false, "write the golden files anew")

// environ is a Lookup over fixed variables.
func environ(pairs ...string) Lookup {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

// Every file in testdata is a mistake; the golden file beside it has what must
// be said about it.
func TestMistakesAreToldAllAtOnce(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			cfg, err := LoadWith(filepath.ToSlash(file), environ("EMPTY", ""))
			if cfg != nil || err == nil {
				t.Fatalf("got %+v, want problems", cfg)
			}
			checkProblems(t, err)
			name := strings.TrimSuffix(file, ".yaml")
			golden(t, name+".golden", err.Error()+"\n")
			var problems *Problems
			if errors.As(err, &problems) {
				golden(t, name+".zh-CN.golden", problems.In(lang.Chinese())+"\n")
			}
		})
	}
}

func checkProblems(t *testing.T, err error) {
	t.Helper()
	var problems *Problems
	if !errors.As(err, &problems) || len(problems.List) == 0 {
		t.Fatalf("got %T, want *Problems", err)
	}
	lines := func(a, b Problem) int { return a.Line - b.Line }
	if !slices.IsSortedFunc(problems.List, lines) {
		t.Error("problems are not sorted by line")
	}
	var one Problem
	if !errors.As(err, &one) || one.Error() != problems.List[0].Error() {
		t.Error("errors.As does not find a Problem")
	}
	if strings.Contains(err.Error(), "do-not-show") {
		t.Error("a problem repeats a secret")
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
