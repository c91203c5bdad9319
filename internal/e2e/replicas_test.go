package e2e

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mokabot/internal/discordsim"
	"mokabot/internal/store/pgtest"
	"mokabot/internal/testbed"
)

// replicas is an arena for several processes of the program with one PostgreSQL.
type replicas struct {
	*arena
	pg    *pgtest.Server
	all   []*replica
	asked silence // of the gateway
}

// replica is one of them.
type replica struct {
	of   *replicas
	env  []string
	line *line // to the database

	mu     sync.Mutex
	p      *process
	paused bool
}

// newReplicas sets an arena for n replicas. ahead is how far the clocks of their
// machines are apart, which takes a program of its own; 0: they agree.
func newReplicas(t *testing.T, n int, ahead time.Duration, opts ...discordsim.Option) *replicas {
	t.Helper()
	r := &replicas{pg: pgtest.Start(t), arena: newArena(t, opts...)}
	r.address = r.pg.Database(t)
	r.hook(func(bool) { r.asked.heard() })
	if r.path = build(t); ahead != 0 {
		r.path = pathOf(t, wrongClock)
	}
	for i := range n {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		free.Close()
		database, err := url.Parse(r.address)
		if err != nil {
			t.Fatal(err)
		}
		own := newLine(t, database.Host)
		database.Host = own.address()
		r.all = append(r.all, &replica{of: r, line: own, env: []string{
			"MOKABOT_LISTEN=" + free.Addr().String(), "DATABASE_URL=" + database.String(),
			fmt.Sprintf("%s=%d@0", clockVariable, int((ahead * time.Duration(i-n/2)).Seconds())),
		}})
	}
	return r
}

// configure writes the configuration anew, see [arena.configure].
func (r *replicas) configure(changes ...string) {
	r.arena.configure(append(changes, "path: "+filepath.Join(r.dir, "mokabot.db"), "url: ${DATABASE_URL}")...)
}

// start starts the replica, unless it runs.
func (m *replica) start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.p != nil {
		return
	}
	own := *m.of.arena
	own.env = append(slices.Clone(own.env), m.env...)
	m.p, m.paused = own.start(), false
	within(m.of.t, 90*time.Second, "a replica to start", func() bool { return strings.Contains(m.p.log.String(), "mokabot starts") })
}

// kill ends it without a word.
func (m *replica) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.p == nil {
		return
	}
	m.p.kill()
	<-m.p.ended
	m.over()
}

// terminate asks it to end, and waits until it has.
func (m *replica) terminate() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.p == nil {
		return
	}
	if m.paused {
		m.signal(goOn)
	}
	m.signal(syscall.SIGTERM)
	if code := m.p.wait(m.of.t, time.Minute); code != 0 {
		m.of.t.Errorf("after SIGTERM a replica ended with %d\n%s", code, m.p.log.Tail())
	}
	m.over()
}

// pause stops its process until over, as a machine that is suspended.
func (m *replica) pause(over <-chan time.Time) {
	m.mu.Lock()
	if m.p == nil || m.paused {
		m.mu.Unlock()
		return
	}
	m.paused = true
	p := m.p
	m.signal(halt)
	m.mu.Unlock()
	select {
	case <-over:
	case <-p.ended:
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.p == p {
		m.paused = false
		m.signal(goOn)
	}
}

func (m *replica) signal(s syscall.Signal) { _ = m.p.cmd.Process.Signal(s) }

// over looks at what an ended process left. The caller holds mu.
func (m *replica) over() {
	text := m.p.log.String()
	testbed.NoSecrets(m.of.t, "the log", text)
	if strings.Contains(text, pgtest.Password) {
		m.of.t.Error("the log holds the database's password")
	}
	if code := m.p.cmd.ProcessState.ExitCode(); code > 0 || strings.Contains(text, "WARNING: DATA RACE") || strings.Contains(text, "panic: ") {
		m.of.t.Errorf("a replica ended with %d\n%s", code, m.p.log.Tail())
	}
	m.p = nil
}

// check fails when it ended by itself.
func (m *replica) check() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.p == nil {
		return
	}
	select {
	case <-m.p.ended:
		m.of.t.Errorf("a replica ended by itself with %d\n%s", m.p.cmd.ProcessState.ExitCode(), m.p.log.Tail())
		m.p = nil
	default:
	}
}

func (m *replica) runs() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.p != nil && !m.paused
}

func (m *replica) pid() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.p == nil {
		return 0
	}
	return m.p.cmd.Process.Pid
}

// lease is who leads by the database, 0 when nobody does or it does not answer.
func (r *replicas) lease() (pid int, epoch int64) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, r.address)
	if err != nil {
		return 0, 0
	}
	defer conn.Close(ctx)
	var holder string
	if err := conn.QueryRow(ctx, `SELECT CASE WHEN expires > now() THEN holder ELSE '' END, epoch FROM lease`).Scan(&holder, &epoch); err != nil {
		return 0, 0
	}
	if parts := strings.Split(holder, "/"); len(parts) == 3 {
		pid, _ = strconv.Atoi(parts[1])
	}
	return pid, epoch
}

// leader is the replica that leads, nil when none of them does.
func (r *replicas) leader() *replica {
	pid, _ := r.lease()
	for _, m := range r.all {
		if pid != 0 && m.pid() == pid {
			return m
		}
	}
	return nil
}

// takenOver waits until the lease has another epoch, and tells how long that took.
func (r *replicas) takenOver(began time.Time, from int64) time.Duration {
	within(r.t, 2*time.Minute, "a takeover", func() bool {
		pid, epoch := r.lease()
		return pid != 0 && epoch > from
	})
	return time.Since(began)
}

// standsBy reports whether a replica is there to take over.
func (r *replicas) standsBy(leader *replica) bool {
	return slices.ContainsFunc(r.all, func(m *replica) bool { return m != leader && m.runs() && !m.line.dead.Load() })
}

// silence is the longest time in which nothing was heard.
type silence struct {
	mu      sync.Mutex
	last    time.Time
	longest time.Duration
	end     string // of the longest, as by clock
}

// clock is the time of day, in an order that its text keeps for a day.
func (s *silence) clock() string { return time.Now().UTC().Format("15:04:05.0") }

func (s *silence) heard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if took := now.Sub(s.last); !s.last.IsZero() && took > s.longest {
		s.longest, s.end = took, s.clock()
	}
	s.last = now
}

func (s *silence) most() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.longest.Round(10 * time.Millisecond)
}
