package discordsim_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mokabot/internal/discordsim"
)

// output is what a process has printed so far.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func TestDiscordJS(t *testing.T) {
	modules := os.Getenv("MOKABOT_DISCORDJS")
	if modules == "" {
		t.Skip("needs Node.js, and in MOKABOT_DISCORDJS a folder whose node_modules hold discord.js 14, as .ci/run makes one")
	}
	getAlong(t, func(ctx context.Context, s *discordsim.Server) *exec.Cmd {
		bot := exec.CommandContext(ctx, "node", "testdata/discordjs_bot.js", s.URL()+"/api", discordsim.Token, discordsim.AlertsChannel)
		bot.Env = append(os.Environ(), "MOKABOT_DISCORDJS="+modules)
		return bot
	})
}

func TestDisgo(t *testing.T) {
	program := os.Getenv("MOKABOT_DISGO")
	if program == "" {
		t.Skip("needs in MOKABOT_DISGO the program of internal/discordsim/disgo, as .ci/run builds it")
	}
	getAlong(t, func(ctx context.Context, s *discordsim.Server) *exec.Cmd {
		return exec.CommandContext(ctx, program, s.URL()+"/api/v10", strings.Replace(s.URL(), "http", "ws", 1), discordsim.Token, discordsim.AlertsChannel)
	})
}

// getAlong has a bot of another library log in, register a command, post, edit,
// answer commands, completions and buttons, and resume. What it expects and the
// simulation does not do is a fault of the simulation.
func getAlong(t *testing.T, start func(context.Context, *discordsim.Server) *exec.Cmd) {
	s := discordsim.New(discordsim.WithAckTime(patience))
	t.Cleanup(s.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	said := &output{}
	bot := start(ctx, s)
	bot.Stdout, bot.Stderr = said, said
	if err := bot.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- bot.Wait() }()
	says := func(what string) {
		t.Helper()
		for !strings.Contains(said.String(), what) {
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
				t.Fatalf("it never said %q:\n%s\n%v", what, said, s.Violations())
			}
		}
	}
	says("ready mokabot 1")
	if n := s.Copies(discordsim.AlertsChannel, "hello, edited"); n != 1 {
		t.Errorf("%d edited messages", n)
	}
	talk(ctx, t, s)
	for _, cut := range []struct {
		what string
		cut  func()
	}{{"a cut", s.Drop}, {"RECONNECT", s.Reconnect}, {"a closed session", func() { s.CloseGateway(4000) }}} {
		before := s.Resumes()
		cut.cut()
		for s.Resumes() == before && ctx.Err() == nil {
			time.Sleep(20 * time.Millisecond)
		}
		if err := s.Connected(ctx); err != nil {
			t.Fatalf("after %s: %v\n%s", cut.what, err, said)
		}
		talk(ctx, t, s)
	}
	_ = bot.Process.Signal(syscall.SIGTERM)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if strings.Contains(said.String(), "error") {
		t.Error(said)
	}
	if broken := s.Violations(); len(broken) > 0 {
		t.Errorf("violations: %v", broken)
	}
}

// talk uses everything that the bot offers.
func talk(ctx context.Context, t *testing.T, s *discordsim.Server) {
	t.Helper()
	choices, err := s.Autocomplete(ctx, discordsim.Call{Name: "ping"}, "text", "x")
	if err != nil || len(choices) != 1 || choices[0].Name != "one x" {
		t.Errorf("completion %v, %v", choices, err)
	}
	m, err := s.Slash(ctx, discordsim.Call{Name: "ping", Options: map[string]any{"text": "one"}})
	if err != nil || m.Content != "pong one" {
		t.Fatalf("answer %s, %v", m.JSON(), err)
	}
	m, err = s.Click(ctx, discordsim.Press{MessageID: m.ID, CustomID: "again"})
	if err != nil || m.Content != "pressed" || len(m.Components) != 0 {
		t.Errorf("after the button %s, %v", m.JSON(), err)
	}
}
