package e2e

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
	"mokabot/internal/store"
)

// arena is a world for the program as a process of its own, which reaches the
// simulated Discord through a proxy.
type arena struct {
	*world
	t     *testing.T
	proxy *discordsim.Proxy
	env   []string
	file  string // the configuration
	path  string // of the program; empty: this one

	address string // of the database; empty: a file
}

// identifySpacing is what these tests ask between two IDENTIFYs. The program waits 5.5 s; a
// busy machine may deliver the first of two later than the second. That Discord's 5 s are
// kept is tested on a virtual clock, in internal/discord.
const identifySpacing = 4 * time.Second

// newArena sets the arena; the configuration is [world.config]'s.
func newArena(t *testing.T, opts ...discordsim.Option) *arena {
	t.Helper()
	proof.NotShort(t)
	s := &arena{world: newWorld(t, opts...), t: t}
	var err error
	if s.proxy, err = s.discord.Proxy(); err != nil {
		t.Fatal(err)
	}
	authority := filepath.Join(s.dir, "authority.pem")
	if err := s.proxy.WriteCA(authority); err != nil {
		t.Fatal(err)
	}
	s.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir,
		"SSL_CERT_FILE=" + authority, "HTTPS_PROXY=" + s.proxy.URL,
	}
	s.configure()
	return s
}

// configure writes the configuration anew, with a log that says everything.
// changes are those of [world.config].
func (s *arena) configure(changes ...string) {
	s.file = s.config(s.t, append(changes, "storage:\n", "log: {level: debug}\nstorage:\n")...)
}

// hook has f called before and after each request to the gateway. The
// configuration must be written anew.
func (s *arena) hook(f func(done bool)) {
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f(false)
		defer f(true)
		s.gateway.ServeHTTP(w, r)
	}))
	s.t.Cleanup(s.server.Close)
}

// database is the address of the program's.
func (s *arena) database() string {
	if s.address != "" {
		return s.address
	}
	return filepath.Join(s.dir, "mokabot.db")
}

// read gives f the database as it is, also while the program runs.
func (s *arena) read(f func(*store.DB) error) error {
	db, err := store.OpenReadOnly(s.database())
	if err != nil {
		return err
	}
	return errors.Join(f(db), db.Close())
}

// waiting is how many messages the outbox holds back, and how many it gave up.
func (s *arena) waiting() (waiting, dead int, err error) {
	err = s.read(func(db *store.DB) error {
		waiting, dead, err = db.Depth(context.Background())
		return err
	})
	return waiting, dead, err
}

// process is a running program.
type process struct {
	cmd      *exec.Cmd
	out, log *lockedBuffer
	ended    chan struct{} // closed when it has
}

func (s *arena) start(args ...string) *process {
	s.t.Helper()
	if len(args) == 0 {
		args = []string{"run", "--config", s.file}
	}
	self := s.path
	if self == "" {
		self = build(s.t)
	}
	p := &process{cmd: exec.Command(self, args...), out: &lockedBuffer{}, log: &lockedBuffer{}, ended: make(chan struct{})}
	p.cmd.Env, p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = s.env, s.dir, p.out, p.log
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.ended) }()
	s.t.Cleanup(func() { p.kill(); <-p.ended })
	return p
}

// kill ends it without a word.
func (p *process) kill() { _ = p.cmd.Process.Kill() }

// terminate asks it to end, and tells how long that took.
func (p *process) terminate(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	code := p.wait(t, patience)
	if took := time.Since(began); code != 0 {
		t.Errorf("after SIGTERM the program ended with %d after %s\n%s", code, took, p.log.Tail())
	}
	return time.Since(began)
}

// wait gives the exit status.
func (p *process) wait(t *testing.T, most time.Duration) int {
	t.Helper()
	limit := time.NewTimer(most)
	defer limit.Stop()
	select {
	case <-p.ended:
	case <-limit.C:
		_ = p.cmd.Process.Signal(syscall.SIGQUIT) // it says what it is doing
		<-p.ended
		t.Errorf("the program did not end within %s\n%s", most, p.log.Tail())
	}
	return p.cmd.ProcessState.ExitCode()
}

// patience is how long anything may take on a loaded machine: what is sooner by a
// promise is proven in virtual time, and only a failure lasts this long.
const patience = 90 * time.Second

// within polls until ok.
func within(t *testing.T, most time.Duration, what string, ok func() bool) bool {
	t.Helper()
	limit, tick := time.NewTimer(most), time.NewTicker(50*time.Millisecond)
	defer limit.Stop()
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Errorf("waited %s in vain for %s", most, what)
			return false
		}
	}
	return true
}

// number reads a whole number from the environment, other when there is none.
func number(t *testing.T, name string, other int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return other
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s=%s is no number", name, text)
	}
	return n
}

// ledger remembers every message that the bot posted unasked, as it was then.
type ledger struct {
	mu    sync.Mutex
	posts []discordsim.Message
}

func (s *arena) ledger() *ledger {
	l := &ledger{}
	events := s.discord.Subscribe(s.t.Context())
	go func() {
		for e := range events {
			if e.Type == "create" && e.Message.Author.ID == discordsim.BotUserID && e.Message.InteractionMetadata == nil {
				l.mu.Lock()
				l.posts = append(l.posts, e.Message)
				l.mu.Unlock()
			}
		}
	}()
	return l
}

func (l *ledger) list() []discordsim.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]discordsim.Message(nil), l.posts...)
}
