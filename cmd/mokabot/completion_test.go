package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The scripts are run by the shells themselves, with a program in the place of
// ours that says what it was asked.
func TestCompletionInTheShells(t *testing.T) {
	dir := t.TempDir()
	stand := filepath.Join(dir, "mokabot")
	if err := os.WriteFile(stand, []byte("#!/bin/sh\n[ \"$1\" = __complete ] && shift && printf 'asked:%s\\n' \"$*\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for shell, ask := range map[string]string{
		"bash": "source %s; COMP_WORDS=(mokabot usage --period 7); COMP_CWORD=3; _mokabot; printf '%%s\\n' \"${COMPREPLY[@]}\"; complete -p mokabot",
		"fish": "source %s; complete -C 'mokabot usage --period 7'",
		"zsh":  "compdef() { :; }; compadd() { print -l -- $candidates }; source %s; words=(mokabot usage --period 7); CURRENT=4; _mokabot",
	} {
		t.Run(shell, func(t *testing.T) {
			_, script, _ := runLine(t, nil, "completion", shell)
			file := filepath.Join(dir, "completion."+shell)
			if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := exec.LookPath(shell); err != nil {
				t.Skip("there is no ", shell, " here")
			}
			args := []string{"-c", strings.ReplaceAll(strings.ReplaceAll(ask, "%s;", file+";"), "%%s", "%s")}
			if shell == "bash" {
				args = append([]string{"--norc"}, args...)
			}
			cmd := exec.Command(shell, args...)
			cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "HOME=" + dir}
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "asked:usage --period 7") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
