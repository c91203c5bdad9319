package main

import (
	"os"
	"strings"
	"testing"
)

func TestTheREADMENamesEveryCommand(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range subcommands() {
		if line := strings.TrimSpace("mokabot " + c.name); !strings.Contains(string(raw), line) {
			t.Errorf("%q is missing", line)
		}
		for word := range strings.FieldsSeq(c.args) {
			if flag := strings.Trim(word, "[]"); strings.HasPrefix(flag, "-") && !strings.Contains(string(raw), flag) {
				t.Errorf("%s of %s is missing", flag, c.name)
			}
		}
	}
}
