package main

import (
	"bytes"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mokabot/internal/lang"
	"mokabot/moka/mokatest"
)

var update = flag.Bool("update", false, "write the transcripts anew")

const (
	testKey   = "sk-testTESTtestTESTtestTESTtestTESTtestTESTtest1234"
	testToken = "test+access/token+of+nobody=="
)

// gatewayEnvironment is that of somebody with one account and no file. The
// account is the gateway documentation's own example.
func gatewayEnvironment(t *testing.T) map[string]string {
	t.Helper()
	gateway := mokatest.New(mokatest.V2026_08)
	gateway.AddAccount(mokatest.Account{ID: 2, Username: "alice", AccessToken: testToken, Quota: 5_000_000, UsedQuota: 1_234_567, Requests: 42})
	gateway.AddKey(2, mokatest.Key{Key: testKey, Name: "normal", Remain: 45_005_000, Used: 101_150_000})
	gateway.Update(func(s *mokatest.State) {
		s.Models = []mokatest.Model{{ID: "openai/gpt-4o", OwnedBy: "openai", Ratio: 1.25, Completion: 4}, {ID: "moka/claude-sonnet-4-6", OwnedBy: "moka", Ratio: 1.5, Completion: 5}}
	})
	server := httptest.NewServer(gateway)
	t.Cleanup(server.Close)
	return map[string]string{"MOKA_BASE_URL": server.URL, "MOKA_API_KEY": testKey, "MOKA_ACCESS_TOKEN": testToken, "MOKA_USER_ID": "2"}
}

// runLine runs one command line in this process.
func runLine(t *testing.T, env map[string]string, args ...string) (status int, out, log string) {
	t.Helper()
	var o, e bytes.Buffer
	lookup := func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
	status = execute(t.Context(), terminal{out: &o, err: &e, lookup: lookup}, args)
	return status, o.String(), e.String()
}

// writeExamples writes the configurations that the transcripts name.
func writeExamples(t *testing.T) {
	t.Helper()
	for name, text := range map[string]string{
		"config-with-two.yaml": "accounts: [{name: team, api_key: \"${KEY_ONE}\"}, {name: backup, api_key: \"${KEY_TWO}\"}]\n" +
			"reports: [{name: weekly, cron: \"0 9 * * 1\", period: week, channel_id: \"1100000000000000022\"}]\n" +
			"budgets: [{name: monthly, period: month, amount: 500.00, channel_id: \"1100000000000000022\"}]\n",
		"two.yaml":             "accounts: [{name: team, base_url: \"${MOKA_BASE_URL}\", api_key: \"${MOKA_API_KEY}\"}, {name: backup, base_url: \"${MOKA_BASE_URL}\", api_key: \"${MOKA_API_KEY}\"}]\n",
		"chinese.yaml":         "language: zh-CN\naccounts: [{name: team, api_key: sk-1}]\n",
		"chinese-mistake.yaml": "language: zh-CN\npoll_intervall: 5m\naccounts: [{name: team, base_url: gateway.example}]\nreports: [{name: daily, cron: 0 9 * *}]\n",
		"chinese-tabs.yaml":    "language: zh-CN\naccounts:\n\t- name: team\n",
		"english-mistake.yaml": "poll_intervall: 5m\naccounts: [{name: team, api_key: sk-1}]\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Each file in testdata is a transcript: a line that begins with $ is a command
// line, what follows is its standard output, then its standard error behind
// "! ", then its exit status behind "? " unless it is 0. Those of *.zh-CN.txt are by somebody whose LANG is zh_CN.UTF-8.
//
//	go test ./cmd/mokabot -run Transcripts -update
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			path, err := filepath.Abs(file)
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			writeExamples(t)
			env := gatewayEnvironment(t)
			if strings.HasSuffix(file, ".zh-CN.txt") {
				env["LANG"] = "zh_CN.UTF-8"
			}
			var got strings.Builder
			for line := range strings.Lines(string(want)) {
				if command, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "$ mokabot"); ok {
					got.WriteString(transcribe(t, env, command))
				} else if strings.HasPrefix(line, "#") {
					got.WriteString(line)
				}
			}
			if *update {
				if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got.String() != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got.String(), want)
			}
		})
	}
}

func transcribe(t *testing.T, env map[string]string, command string) string {
	t.Helper()
	status, out, log := runLine(t, env, wordsOf(command)...)
	text := fmt.Sprintf("$ mokabot%s\n%s", command, out)
	for line := range strings.Lines(log) {
		text += "! " + line
	}
	if status != exitFine {
		text += fmt.Sprintf("? %d\n", status)
	}
	return strings.ReplaceAll(text, env["MOKA_BASE_URL"], "https://gateway.example")
}

// wordsOf splits a command line; "" is an empty argument.
func wordsOf(command string) []string {
	words := strings.Fields(command)
	for i, w := range words {
		if w == `""` {
			words[i] = ""
		}
	}
	return words
}

// Every flag of every subcommand stands in its line of the help, and is explained.
func TestEveryFlagIsExplained(t *testing.T) {
	for _, c := range subcommands() {
		flagsOf(c).VisitAll(func(f *flag.Flag) {
			if w := lang.Chinese().Arguments; w.Flags[c.name+"."+f.Name]+w.Flags["."+f.Name] == "" {
				t.Errorf("mokabot %s: %s is not explained in Chinese", c.name, dashed(f.Name))
			}
			if f.Usage == "" || !strings.Contains(c.args, dashed(f.Name)) {
				t.Errorf("mokabot %s: %s is not explained, or not in %q", c.name, dashed(f.Name), c.args)
			}
		})
		for _, w := range lang.All() {
			if w.Arguments.Abouts[c.name] == "" {
				t.Errorf("%s: mokabot %s is not explained", w.Tag, c.name)
			}
		}
		if status, out, log := runLine(t, nil, "help", c.name); status != exitFine || log != "" || !strings.HasPrefix(out, "mokabot "+c.name) {
			t.Errorf("help %s: %d %s%s", c.name, status, out, log)
		}
	}
	if status, out, log := runLine(t, nil, "help"); status != exitFine || log != "" || strings.Contains(out, " \n") {
		t.Errorf("help: %d %q%s", status, out, log)
	}
}
