package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/alert"
	"mokabot/internal/discord"
	"mokabot/internal/discordsim"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/internal/store"
)

// leader is a replica that leads for a while: a bot with its session, which it leaves to
// the next one.
type leader struct {
	*turns
	bot       *Bot
	transport *http.Transport
	lines     []net.Conn
	handover  *discord.Handover
	gateway   *discord.Gateway
	lost      atomic.Bool // another one leads
	dead      atomic.Bool // the process was killed: nothing leaves it any more
	stop      context.CancelFunc
	ended     chan struct{}
	closed    chan struct{} // the session was let go
	unread    chan struct{} // until it is closed no event is handled; nil: they are at once

	calm
	work func(context.Context, *leader) error // what /alerts and a snooze do before they answer
}

// turns are leaders that take turns, with what they store.
type turns struct {
	t   *testing.T
	sim *discordsim.Server

	mu     sync.Mutex
	values map[string][]byte
}

var errNotLeader = errors.New("this replica no longer leads")

// dial connects to Discord for as long as the process lives.
func (l *leader) dial(real func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := real(ctx, network, addr)
		l.mu.Lock()
		defer l.mu.Unlock()
		if err == nil && l.dead.Load() {
			conn.Close()
			return nil, net.ErrClosed
		}
		l.lines = append(l.lines, conn)
		return conn, err
	}
}

var low = message.OpenIncident{Account: "team", Incident: alert.Incident{ID: "balance-1", Condition: alert.Balance}, Levels: 2, Remind: time.Hour}

func (l *leader) Open(ctx context.Context) ([]message.OpenIncident, error) {
	return []message.OpenIncident{low}, l.work(ctx, l)
}

func (l *leader) Snooze(ctx context.Context, _ alert.Ref, _ alert.SnoozeOptions) (message.OpenIncident, bool, error) {
	err := l.work(ctx, l)
	return low, err == nil, err
}

func (l *leader) leads() error {
	if l.lost.Load() || l.dead.Load() {
		return errNotLeader
	}
	return nil
}

func (l *leader) Value(_ context.Context, name string) ([]byte, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	raw, ok := l.values[name]
	return raw, ok, nil
}

func (l *leader) SetValue(_ context.Context, name string, raw []byte) error {
	if err := l.leads(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.values[name] = raw
	return nil
}

func (l *leader) SetValueAndEnqueue(ctx context.Context, name string, raw []byte, _ ...store.Outgoing) error {
	return l.SetValue(ctx, name, raw)
}

// lead begins with a leader that does some work for each /alerts.
func (s *turns) lead(work func(context.Context, *leader) error) *leader {
	s.t.Helper()
	l := &leader{turns: s, work: work, ended: make(chan struct{}), closed: make(chan struct{})}
	var err error
	if l.transport, err = s.sim.Memory(true, nil); err != nil {
		s.t.Fatal(err)
	}
	l.transport.DialContext = l.dial(l.transport.DialContext)
	log := slog.New(slog.DiscardHandler)
	rest := discord.NewREST(discordsim.Token, &http.Client{Transport: l.transport}, log, discord.WithPermission(l.leads))
	l.bot = quietBot(s.t)
	setup := *l.bot.setup()
	setup.Incidents, setup.Operators.Users = l, []string{discordsim.OperatorID}
	l.bot.Use(setup)
	l.bot.REST, l.bot.Values, l.bot.GuildIDs, l.bot.TakesOver, l.bot.Leads = rest, l, []string{discordsim.GuildID}, true, l.leads
	l.handover = &discord.Handover{Values: l, Now: time.Now, Log: log}
	l.gateway = &discord.Gateway{
		Token: discordsim.Token, REST: rest, Log: log, Values: l, Shared: true, KeepSession: true,
		OnSession: l.handover.Session, Hold: l.handover.Hold,
		OnInteraction: func(ctx context.Context, i *discordgo.Interaction) {
			if l.unread != nil {
				<-l.unread
			}
			l.bot.Interact(ctx, i)
		},
		OnReady:  func(ctx context.Context, r discord.Ready) { l.handover.Ready(r); l.bot.Ready(ctx, r) },
		OnClosed: func() { close(l.closed) },
	}
	l.gateway.Resume, l.gateway.ResumeReady, _ = l.handover.Load(context.Background())
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	before := s.begun()
	go func() { _ = l.handover.Run(ctx) }()
	go func() { defer close(l.ended); _ = l.gateway.Run(ctx) }()
	for s.begun() == before {
		time.Sleep(10 * time.Millisecond)
	}
	return l
}

// begun counts the sessions that began or were resumed.
func (s *turns) begun() int { return len(s.sim.Identifies()) + s.sim.Resumes() }

// kill ends a process without a word.
func (l *leader) kill() {
	l.dead.Store(true)
	l.mu.Lock()
	for _, conn := range l.lines {
		conn.Close()
	}
	l.mu.Unlock()
	l.stop()
}

// resign lets the session go and gives the lease back; what is under way goes on.
func (l *leader) resign() {
	l.stop()
	<-l.closed
	l.handover.Note(context.Background())
	l.lost.Store(true)
}

// Whoever ends while somebody's command is under way, and whenever: the person gets one
// answer, and it is the right one.
func TestACommandIsAnsweredOnceWhoeverLeads(t *testing.T) {
	proof.NotShort(t)
	soon, late := time.Second, 4*time.Second
	for _, c := range []struct {
		what         string
		first, next  time.Duration // what the command takes
		end          func(l *leader)
		after        time.Duration // from the command to the end
		unread       bool          // the first leader has the event and handles it when the next one leads
		fault        discordsim.Fault
		failsUnowned bool // the command fails where it ends after the lease
		undone       bool // by the first leader
	}{
		{what: "nothing happens"},
		{what: "the answer to the acknowledgement is cut", fault: discordsim.Fault{Kind: discordsim.FaultCutAfter, Path: "/callback"}},
		{what: "killed before the work was done", first: late, end: (*leader).kill, after: soon, undone: true},
		{what: "killed after the answer", end: (*leader).kill, after: 100 * time.Millisecond},
		{what: "ended in order while it works", first: late, end: (*leader).resign, after: soon},
		{what: "ended in order while it works, the next one is slower", first: 2 * soon, next: late, end: (*leader).resign, after: soon},
		{what: "ended in order, and the work fails without the lease", first: late, end: (*leader).resign, after: soon, failsUnowned: true, undone: true},
		{what: "the same, and the next one is slower", first: 2 * soon, next: late, end: (*leader).resign, after: soon, failsUnowned: true, undone: true},
		{what: "frozen with the event unread", next: soon, end: func(l *leader) { l.lost.Store(true) }, unread: true, failsUnowned: true, undone: true},
	} {
		for _, button := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, by a button: %t", c.what, button), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newTurns(t)
					var done, again atomic.Int32
					do := func(d time.Duration, count *atomic.Int32) func(context.Context, *leader) error {
						return func(ctx context.Context, l *leader) error {
							select {
							case <-time.After(d):
							case <-ctx.Done():
								return ctx.Err()
							}
							if err := l.leads(); err != nil && (c.failsUnowned || l.dead.Load()) {
								return err
							}
							count.Add(1)
							return nil
						}
					}
					var next *leader
					first := s.lead(func(context.Context, *leader) error { return nil })
					list, err := s.sim.Slash(t.Context(), discordsim.Call{Name: "alerts"})
					if err != nil {
						t.Fatal(err)
					}
					time.Sleep(10 * time.Second) // it is noted
					first.work = do(c.first, &done)
					if c.unread {
						first.unread = make(chan struct{})
					}
					if c.fault.Kind != 0 {
						s.sim.Inject(c.fault)
					}
					answered := make(chan discordsim.Message, 1)
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
					defer cancel()
					go func() {
						var m discordsim.Message
						var err error
						if button {
							m, err = s.sim.Click(ctx, discordsim.Press{MessageID: list.ID, CustomID: "alerts:1h:balance-1:team"})
						} else {
							m, err = s.sim.Slash(ctx, discordsim.Call{Name: "alerts"})
						}
						if err != nil {
							t.Error(err)
						}
						answered <- m
					}()
					time.Sleep(c.after)
					if c.end != nil {
						c.end(first)
						next = s.lead(do(c.next, &again))
					}
					if c.unread {
						time.Sleep(100 * time.Millisecond)
						close(first.unread)
					}
					m := <-answered
					time.Sleep(30 * time.Second)
					final := s.message(m.ID)
					if want := "team"; final.Thinking() || !strings.Contains(string(final.JSON()), want) || strings.Contains(string(final.JSON()), lang.English().Failure.Unexpected) {
						t.Errorf("the person sees %s", final.JSON())
					}
					if c.undone && (done.Load() != 0 || again.Load() == 0) || !c.undone && done.Load() == 0 {
						t.Errorf("done %d times by the first, %d times by the next", done.Load(), again.Load())
					}
					s.end(first, next)
				})
			})
		}
	}
}

func newTurns(t *testing.T) *turns {
	time.Sleep(time.Until(time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC))) // a bubble begins before Discord's epoch
	return &turns{t: t, sim: discordsim.New(), values: map[string][]byte{}}
}

// message is a message of the alerts' channel as it is now.
func (s *turns) message(id string) discordsim.Message {
	for _, m := range s.sim.Messages(discordsim.AlertsChannel) {
		if m.ID == id {
			return m
		}
	}
	return discordsim.Message{}
}

func (s *turns) end(leaders ...*leader) {
	for _, l := range leaders {
		if l != nil {
			l.stop()
			<-l.ended
			l.bot.REST.Close()
			l.transport.CloseIdleConnections()
		}
	}
	s.sim.Close()
	for _, v := range s.sim.Violations() {
		s.t.Error(v)
	}
}
