package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
)

var (
	setUp  = regexp.MustCompile("(?s)\n## (?:Set it up|安装)\n.*?```sh\n(.*?)```")
	blanks = regexp.MustCompile(`DISCORD_TOKEN=… MOKA_API_KEY=sk-…`)
)

// A newcomer follows the set-up of the README to the letter, in an empty home
// folder and a checkout of their own: the commands are taken from the document,
// and what init asks is answered as somebody would who types. It ends with the
// first ping.
func TestANewcomerFollowsTheREADME(t *testing.T) {
	proof.NeedsLong(t) // it compiles the program in another folder
	t.Parallel()
	for _, readme := range []string{"README.md", "README.zh-CN.md"} {
		t.Run(readme, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.spend(36_000_000) // $18.01 is left: less than the default level
			checkout := t.TempDir()
			if out, err := exec.Command("sh", "-c", `(cd ../.. && git ls-files -z | tar --null -T - -cf -) | tar -C "$0" -xf -`, checkout).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			text, err := os.ReadFile(filepath.Join(checkout, readme))
			if err != nil {
				t.Fatal(err)
			}
			found := setUp.FindSubmatch(text)
			if found == nil || !blanks.Match(found[1]) {
				t.Fatalf("%s has no commands to set it up:\n%s", readme, found)
			}
			script := blanks.ReplaceAllString(string(found[1]), "DISCORD_TOKEN="+discordsim.Token+" MOKA_API_KEY="+testKey)
			script = strings.ReplaceAll(script, "./mokabot run", "exec ./mokabot run") // so that it can be stopped
			answers := w.server.URL + "\n\n" + discordsim.AlertsChannel + "\n"         // the gateway, no access token, the channel
			cmd := exec.CommandContext(t.Context(), "bash", "-exc", script)
			cmd.Dir, cmd.Stdin = checkout, strings.NewReader(answers)
			cmd.Env = append(w.throughProxy(t), "HOME="+t.TempDir(), "PATH="+os.Getenv("PATH"), "NO_PROXY=127.0.0.1,localhost")
			for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GOSUMDB", "GOTOOLCHAIN"} {
				value, err := exec.Command("go", "env", name).Output()
				if err != nil {
					t.Fatal(err)
				}
				cmd.Env = append(cmd.Env, name+"="+strings.TrimSpace(string(value)))
			}
			said := &lockedBuffer{}
			cmd.Stdout, cmd.Stderr = said, said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // compiling, and half a minute until a low balance is confirmed
			defer cancel()
			ended := make(chan struct{})
			go func() { cmd.Wait(); close(ended); cancel() }()
			t.Cleanup(func() { cmd.Process.Signal(syscall.SIGTERM); <-ended })
			ping, err := w.discord.WaitMessage(ctx, discordsim.AlertsChannel, func(m discordsim.Message) bool { return strings.Contains(string(m.JSON()), "$18.01") })
			if err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			t.Logf("%s\nfirst post: %s", said, ping.JSON())
		})
	}
}
