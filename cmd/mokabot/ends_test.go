package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mokabot/internal/proof"
)

// What runs until it is interrupted ends well, also when it has only begun to start.
func TestAnInterruptedStartEndsWell(t *testing.T) {
	proof.NotShort(t)
	file := filepath.Join(t.TempDir(), "config.yaml")
	text := "discord: {token: " + strings.Repeat("t", 60) + `, guild_ids: ["11"]}` + "\naccounts: [{name: a, base_url: http://127.0.0.1:1, api_key: sk-" + strings.Repeat("k", 48) +
		"}]\nalerts: {channel_id: \"12\", levels: [{name: low, below: 5}]}\nstorage: {path: " + filepath.Join(t.TempDir(), "mokabot.db") + "}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{{"run", "--config", file}, {"demo", "--listen", "127.0.0.1:0"}, {"preview", "--config", file, "--listen", "127.0.0.1:0"}} {
		var out, log bytes.Buffer
		if got := execute(ctx, terminal{out: &out, err: &log, lookup: func(string) (string, bool) { return "", false }}, args); got != exitFine {
			t.Errorf("%v: exit %d, %s", args, got, log.String())
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// Nothing that was asked for is lost without a word.
func TestAnAnswerThatCannotBeWrittenIsAFailure(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"help", "balance"}, {"balance", "-h"}, {"version"}, {"completion", "bash"}} {
		var log bytes.Buffer
		got := execute(t.Context(), terminal{out: full{}, err: &log, lookup: os.LookupEnv}, args)
		if got != exitFailed || !strings.Contains(log.String(), "no space left") {
			t.Errorf("%v: exit %d, %q", args, got, log.String())
		}
		if got := execute(t.Context(), terminal{out: io.Discard, err: full{}, lookup: os.LookupEnv}, args); got != exitFine {
			t.Errorf("%v without a log: exit %d", args, got)
		}
	}
}
