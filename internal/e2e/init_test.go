package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mokabot/internal/discordsim"
	"mokabot/internal/testbed"
)

// initEnvironment is that of somebody who has everything in variables.
func (w *world) initEnvironment(t *testing.T) []string {
	return append(w.throughProxy(t),
		"MOKA_BASE_URL="+w.server.URL, "MOKA_API_KEY="+testKey, "MOKA_ACCESS_TOKEN="+testToken, "MOKA_USER_ID=2",
		"DISCORD_TOKEN="+discordsim.Token, "DISCORD_CHANNEL_ID="+discordsim.AlertsChannel, "TZ=Asia/Shanghai")
}

// From an empty folder to a running bot, without a terminal: init --yes, then run.
func TestInitThenRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	env := w.initEnvironment(t)
	file := filepath.Join(t.TempDir(), "config.yaml")
	cmd, out, log := program(t, env, "init", "--yes", "--config", file)
	cmd.Run()
	if cmd.ProcessState.ExitCode() != 0 {
		t.Fatalf("init ends with %d\n%s%s", cmd.ProcessState.ExitCode(), out, log)
	}
	for _, want := range []string{"scope=bot+applications.commands", "#alerts", "mokabot run --config " + file} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("init does not say %q:\n%s", want, out)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	testbed.NoSecrets(t, "the file", string(text))
	testbed.NoSecrets(t, "the output", out.String()+log.String())
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
	if !strings.Contains(string(text), "timezone: Asia/Shanghai") || !strings.Contains(string(text), "${MOKA_API_KEY}") {
		t.Errorf("init wrote\n%s", text)
	}
	again, _, log := program(t, env, "init", "--yes", "--config", file)
	if again.Run(); again.ProcessState.ExitCode() != 1 || !strings.Contains(log.String(), "--force") {
		t.Errorf("a second init ends with %d\n%s", again.ProcessState.ExitCode(), log)
	}
	w.runs(t, env, "run", "--config", file)
}

// The variables alone are enough, too.
func TestRunWithoutAFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	env := append(w.initEnvironment(t), "DISCORD_GUILD_ID="+discordsim.GuildID, "MOKABOT_LISTEN="+freeAddress(t))
	w.runs(t, env, "run")
	check, out, log := program(t, env, "healthcheck")
	if err := check.Run(); err != nil || out.String() != "ok\n" {
		t.Errorf("healthcheck: %v\n%s%s", err, out, log)
	}
}

// runs starts the bot and waits until it is connected and the account was read.
func (w *world) runs(t *testing.T, env []string, args ...string) {
	t.Helper()
	cmd, _, log := program(t, env, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if err := w.discord.Connected(deadline(t)); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	answer, err := w.discord.Slash(deadline(t), discordsim.Call{Name: "balance"})
	if err != nil || !titled("$90.01")(answer) {
		t.Errorf("/balance answers %s, %v\n%s", answer.JSON(), err, log)
	}
}

// Asked at a terminal, a wrong answer is asked for again, and what was typed is
// kept in files that only the owner reads.
func TestInitAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	const wrong = "sk-wrongWRONGwrongWRONGwrongWRONGwrongWRONGwrong1234"
	answers := strings.Join([]string{w.server.URL, wrong, "", w.server.URL, testKey, "", discordsim.Token, discordsim.AlertsChannel}, "\n") + "\n"
	for _, language := range []string{"en", "zh-CN"} {
		cmd, out, log := program(t, w.throughProxy(t), "init", "--config", file, "--force", "--language", language)
		cmd.Stdin = strings.NewReader(answers)
		cmd.Run()
		if cmd.ProcessState.ExitCode() != 0 {
			t.Fatalf("init ends with %d\n%s%s", cmd.ProcessState.ExitCode(), out, log)
		}
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(text), "language: "+language) {
			t.Fatalf("%s, %v", text, err)
		}
		testbed.NoSecrets(t, "the file", string(text))
		secret := filepath.Join(dir, "secrets", "moka_api_key")
		if info, err := os.Stat(secret); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", secret, info, err)
		}
		if status, out, log := command(t, nil, "balance", "--config", file); status != 0 || !strings.Contains(out, "$90.01") {
			t.Errorf("balance ends with %d\n%s%s", status, out, log)
		}
	}
}

// What does not work is not written.
func TestInitWritesNothingThatDoesNotWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.initEnvironment(t)
	for what, change := range map[string]string{
		"a wrong key": "MOKA_API_KEY=sk-wrongWRONGwrongWRONGwrongWRONGwrongWRONGwrong1234", "a wrong bot token": "DISCORD_TOKEN=MTIz.wrong.token-of-nobody-at-all",
		"another channel": "DISCORD_CHANNEL_ID=1200000000000000099", "no channel id": "DISCORD_CHANNEL_ID=alerts", "nobody there": "MOKA_BASE_URL=http://127.0.0.1:1",
	} {
		t.Run(what, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "config.yaml")
			cmd, out, log := program(t, append(good[:len(good):len(good)], change), "init", "--yes", "--config", file)
			cmd.Run()
			if _, err := os.Stat(file); cmd.ProcessState.ExitCode() == 0 || !os.IsNotExist(err) {
				t.Errorf("init ends with %d, %v\n%s%s", cmd.ProcessState.ExitCode(), err, out, log)
			}
			if strings.Contains(out.String(), "no bot token") {
				t.Errorf("the token that is there is said to be missing:\n%s", out)
			}
		})
	}
	cmd, _, log := program(t, nil, "init", "--yes")
	if cmd.Run(); cmd.ProcessState.ExitCode() != 2 || !strings.Contains(log.String(), "MOKA_API_KEY") {
		t.Errorf("with nothing: %d %s", cmd.ProcessState.ExitCode(), log)
	}
}
