package discord_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/discord"
	"mokabot/internal/discordsim"
	"mokabot/internal/message"
	"mokabot/internal/proof"
)

// online is a gateway client with its REST sender, connected to the simulated
// Discord on the clock of a testing bubble, with the times of the real program.
type online struct {
	*testing.T
	sim       *discordsim.Server
	transport *http.Transport
	gateway   *discord.Gateway
	rest      *discord.REST
	values    *values
	shared    bool         // replicas take turns, and
	leads     func() error // this is the one, with no error; nil: always
	handover  *discord.Handover
	token     string // of the last interaction
	log       *strings.Builder
	logMu     sync.Mutex
	done      chan error
	stop      context.CancelFunc
}

// Write takes the log.
func (o *online) Write(p []byte) (int, error) {
	o.logMu.Lock()
	defer o.logMu.Unlock()
	return o.log.Write(p)
}

// connected runs f with a client that is being connected.
func connected(t *testing.T, opts []discordsim.Option, f func(*online)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC))) // a bubble begins before Discord's epoch
		o := &online{T: t, log: &strings.Builder{}, values: &values{all: map[string][]byte{}}}
		o.sim = discordsim.New(append([]discordsim.Option{discordsim.WithIdentifySpacing(5 * time.Second)}, opts...)...)
		var err error
		if o.transport, err = o.sim.Memory(true, nil); err != nil {
			t.Fatal(err)
		}
		f(o)
		o.leave()
		o.transport.CloseIdleConnections()
		o.sim.Close()
		for _, v := range o.sim.Violations() {
			if !outagesDoing(v) {
				t.Error(v)
			}
		}
		if t.Failed() {
			t.Log(o.log)
		}
	})
}

// outagesDoing reports whether a violation is what an outage does to people who
// give commands meanwhile.
func outagesDoing(violation string) bool {
	return strings.Contains(violation, "was not acknowledged within") || strings.Contains(violation, "Unknown interaction") ||
		strings.Contains(violation, "Interaction has already been acknowledged")
}

// enter starts the client.
func (o *online) enter() {
	log := slog.New(slog.NewTextHandler(o, &slog.HandlerOptions{Level: slog.LevelDebug}))
	leads := func() error { return nil }
	if o.leads != nil {
		leads = o.leads
	}
	o.rest = discord.NewREST(discordsim.Token, &http.Client{Transport: o.transport}, log, discord.WithPermission(leads))
	o.handover = &discord.Handover{Values: o.values, Now: time.Now, Log: log}
	o.gateway = &discord.Gateway{
		Token: discordsim.Token, REST: o.rest, Log: log, Values: o.values, Shared: o.shared, KeepSession: true,
		OnInteraction: o.answer,
		OnReady: func(ctx context.Context, r discord.Ready) {
			o.handover.Ready(r)
			commands := []*discordgo.ApplicationCommand{{Name: "help", Description: "d"}}
			if err := o.rest.SyncCommands(ctx, r.ApplicationID, []string{discordsim.GuildID}, commands, o.values); err != nil && ctx.Err() == nil {
				log.Error("commands", "err", err)
			}
		},
		OnSession: o.handover.Session, Hold: o.handover.Hold,
	}
	o.gateway.Resume, o.gateway.ResumeReady, _ = o.handover.Load(context.Background())
	o.done = make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	o.stop = cancel
	go func(h *discord.Handover) { _ = h.Run(ctx) }(o.handover)
	go func(g *discord.Gateway) { o.done <- g.Run(ctx) }(o.gateway)
}

func (o *online) answer(ctx context.Context, i *discordgo.Interaction) {
	o.logMu.Lock()
	o.token = i.Token
	o.logMu.Unlock()
	if o.rest.Defer(ctx, i.ID, i.Token, true) == nil {
		_ = o.rest.Reply(ctx, i.AppID, i.Token, message.Message{Text: "well"}, nil)
	}
}

// leave ends the client, and gives its error.
func (o *online) leave() error {
	if o.stop == nil {
		return nil
	}
	o.stop()
	err := <-o.done
	o.handover.Note(context.Background())
	o.rest.Close()
	o.stop = nil
	return err
}

// ask waits until a command is answered, which somebody gives twice a second,
// and gives how long that took.
func (o *online) ask() time.Duration {
	o.Helper()
	began := time.Now()
	answered := make(chan time.Duration, 1000)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	var people sync.WaitGroup
	defer people.Wait()
	defer cancel()
	for {
		people.Go(func() {
			if m, err := o.sim.Slash(ctx, discordsim.Call{Name: "help"}); err == nil && m.Content == "well" {
				answered <- time.Since(began)
			}
		})
		select {
		case took := <-answered:
			return took
		case <-time.After(time.Second / 2):
		case <-ctx.Done():
			o.Fatalf("no command is answered\n%s", o.log)
		}
	}
}

type values struct {
	mu     sync.Mutex
	all    map[string][]byte
	before func(name string) error // a value is set; nil: nothing happens
}

func (v *values) Value(_ context.Context, name string) ([]byte, bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	raw, ok := v.all[name]
	return raw, ok, nil
}

func (v *values) SetValue(_ context.Context, name string, raw []byte) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.before != nil {
		if err := v.before(name); err != nil {
			return err
		}
	}
	v.all[name] = raw
	return nil
}

func (v *values) copy() map[string][]byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.all)
}

// ailment is one way in which the connection goes wrong: it begins so, or it is
// struck while all is well.
type ailment struct {
	name       string
	begin      []discordsim.GatewayFault
	dials      []dial             // what the next dials to the gateway meet, instead of Discord
	rest       []discordsim.Fault // of the request for the gateway's address
	strike     func(*discordsim.Server)
	over       time.Duration // how long it lasts, which does not count as healing
	identifies int           // at most; 0: one
	resumes    int           // after so many it is known to have struck
}

// dial is what happens to a dial to the gateway.
type dial func(context.Context) (net.Conn, error)

func refused(context.Context) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
}

// unanswered is a dial that the network swallows.
func unanswered(ctx context.Context) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// silent is a connection on which nothing ever comes back.
func silent(context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, far) }()
	return near, nil
}

// wordy is a connection on which something else comes back, without end.
func wordy(context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, far) }()
	go func() {
		for {
			if _, err := io.WriteString(far, "HTTP/1.1 101 Switching Protocols\r\nX: y\r\n"); err != nil {
				return
			}
		}
	}()
	return near, nil
}

// meet has the next dials to the gateway meet these.
func (o *online) meet(dials []dial) {
	real := o.transport.DialContext
	var mu sync.Mutex
	o.transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		mu.Lock()
		var next dial
		if strings.HasPrefix(addr, "gateway.") && len(dials) > 0 {
			next, dials = dials[0], dials[1:]
		}
		mu.Unlock()
		if next != nil {
			return next(ctx)
		}
		return real(ctx, network, addr)
	}
}

// muted is a line that died without a word, until the bot gives it up.
func muted(s *discordsim.Server) {
	s.Mute(true)
	_ = s.Disconnected(context.Background())
	s.Mute(false)
}

func dropInto(kind discordsim.GatewayFaultKind, count int) func(*discordsim.Server) {
	return func(s *discordsim.Server) {
		s.InjectGateway(discordsim.GatewayFault{Kind: kind, Count: count})
		s.Drop()
	}
}

func away(d time.Duration) func(*discordsim.Server) {
	return func(s *discordsim.Server) {
		s.Down(true)
		time.Sleep(d)
		s.Down(false)
	}
}

func ailments() []ailment {
	begins := func(kind discordsim.GatewayFaultKind, count int) []discordsim.GatewayFault {
		return []discordsim.GatewayFault{{Kind: kind, Count: count}}
	}
	asked := func(f discordsim.Fault) []discordsim.Fault { f.Path = "/gateway"; return []discordsim.Fault{f} }
	all := []ailment{
		{name: "nothing"},
		{name: "a cut", strike: (*discordsim.Server).Drop},
		{name: "ten cuts in a row", begin: begins(discordsim.GatewayDrop, 10)},
		{name: "op 7 as answer to RESUME", strike: dropInto(discordsim.GatewayReconnectOnResume, 1)},
		{name: "op 7 as answer to every RESUME", strike: dropInto(discordsim.GatewayReconnectOnResume, 3), identifies: 2},
		{name: "op 9 as answer to RESUME", strike: dropInto(discordsim.GatewayInvalidOnResume, 1), identifies: 2},
		{name: "no HELLO on RESUME", strike: dropInto(discordsim.GatewaySilent, 1)},
		{name: "no HELLO on RESUME, twice", strike: dropInto(discordsim.GatewaySilent, 2)},
		{name: "silence after HELLO on RESUME", strike: dropInto(discordsim.GatewayNoReady, 1), identifies: 2},
		{name: "op 7 at once", begin: begins(discordsim.GatewayReconnect, 2), identifies: 3},
		{name: "op 9 five times", begin: begins(discordsim.GatewayInvalid, 5), identifies: 6},
		{name: "no HELLO, twice", begin: begins(discordsim.GatewaySilent, 2)},
		{name: "no READY", begin: begins(discordsim.GatewayNoReady, 1), identifies: 2},
		{name: "op 7 while ready", strike: (*discordsim.Server).Reconnect},
		{name: "op 9 while ready, resumable", strike: func(s *discordsim.Server) { s.Invalidate(true) }},
		{name: "op 9 while ready, not resumable", strike: func(s *discordsim.Server) { s.Invalidate(false) }, identifies: 2},
		{name: "op 1 while ready", strike: (*discordsim.Server).AskHeartbeat},
		{name: "heartbeats that are not answered", strike: dropInto(discordsim.GatewayNoAck, 1), resumes: 2},
		{name: "a line muted without a word", strike: muted, resumes: 1},
		{name: "a line that swallows everything", strike: func(s *discordsim.Server) { s.Swallow() }},
		{name: "Discord away for 30 s", strike: away(30 * time.Second), over: 30 * time.Second},
		{name: "Discord away for 150 s", strike: away(150 * time.Second), over: 150 * time.Second, identifies: 2},
		{name: "Discord away for an hour", strike: away(time.Hour), over: time.Hour, identifies: 2},
		{name: "a refused websocket (503), six times", begin: begins(discordsim.GatewayRefuse, 6)},
		{name: "a refused websocket on RESUME, six times", strike: dropInto(discordsim.GatewayRefuse, 6)},
		{name: "a refused dial, six times", dials: slices.Repeat([]dial{refused}, 6)},
		{name: "a dial that is not answered, twice", dials: []dial{unanswered, unanswered}},
		{name: "TLS that is not answered, twice", dials: []dial{silent, silent}},
		{name: "words instead of TLS", dials: []dial{wordy, wordy}},
		{name: "no address (502), four times", rest: asked(discordsim.Fault{Kind: discordsim.FaultStatus, Count: 4})},
		{name: "no address (a page, 429)", rest: asked(discordsim.Fault{Kind: discordsim.FaultCloudflare, Count: 2})},
		{name: "a login page (401) instead of the address", rest: asked(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 401, Count: 3})},
		{name: "no address (404)", rest: []discordsim.Fault{{Kind: discordsim.FaultStatus, Status: 404, Path: "/gateway/bot", Body: `{"message":"404: Not Found","code":0}`, Count: 4}}},
		{name: "an empty address", rest: asked(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 200, Body: `{}`})},
		{name: "the request for the address hangs", rest: asked(discordsim.Fault{Kind: discordsim.FaultHang})},
	}
	for _, code := range []int{1000, 1001, 4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009} {
		a := ailment{name: fmt.Sprint("close ", code), strike: func(s *discordsim.Server) { s.CloseGateway(code) }}
		if code == 4007 || code == 4009 {
			a.identifies = 2
		}
		all = append(all, a)
	}
	return all
}

// quickAilments stand for all of them with -short.
var quickAilments = []string{"a cut", "op 7 as answer to RESUME", "op 9 as answer to RESUME", "op 7 at once", "op 9 five times", "close 4000", "close 4009"}

// Commands are answered again within 45 s of the beginning of any trouble with
// the connection, or of its end when it lasts longer. With -v this prints the
// table of all of them.
func TestEveryConnectionFaultHealsWithin45Seconds(t *testing.T) {
	const healed = 45 * time.Second
	for _, a := range ailments() {
		t.Run(a.name, func(t *testing.T) {
			if !slices.Contains(quickAilments, a.name) {
				proof.NotShort(t)
			}
			t.Parallel()
			connected(t, nil, func(o *online) {
				for _, f := range a.begin {
					o.sim.InjectGateway(f)
				}
				for _, f := range a.rest {
					o.sim.Inject(f)
				}
				o.meet(a.dials)
				began := time.Now()
				o.enter()
				if a.strike != nil {
					o.ask()
					began = time.Now()
					a.strike(o.sim)
				}
				for requests, connections := o.sim.FaultsLeft(); requests+connections > 0 || o.sim.Resumes() < a.resumes; requests, connections = o.sim.FaultsLeft() {
					time.Sleep(100 * time.Millisecond)
					if time.Since(began) > 10*time.Minute {
						t.Fatal("the fault does not strike")
					}
				}
				o.ask()
				took := time.Since(began) - a.over
				ids := o.sim.Identifies()
				if took > healed || len(ids) > max(1, a.identifies) {
					t.Errorf("a command was answered after %s and %d IDENTIFYs", took, len(ids))
				}
				t.Logf("%-45s %5.1f s, %d IDENTIFYs, %d RESUMEs", a.name, took.Seconds(), len(ids), o.sim.Resumes())
			})
		})
	}
}

// What no new attempt can cure ends the client, whenever it comes.
func TestWhatEndsTheClientForGood(t *testing.T) {
	for _, code := range []int{4004, 4010, 4011, 4012, 4013, 4014} {
		for _, running := range []bool{false, true} {
			connected(t, nil, func(o *online) {
				if !running {
					o.sim.InjectGateway(discordsim.GatewayFault{Kind: discordsim.GatewayClose, Code: code, Count: -1})
				}
				o.enter()
				if running {
					o.ask()
					o.sim.CloseGateway(code)
				}
				err := <-o.done
				o.done <- err
				if fatal, ok := errors.AsType[*discord.FatalError](err); !ok || fatal.Code != code {
					o.Errorf("close %d, running %t: %v", code, running, err)
				}
				o.handover.Note(context.Background())
				next := &discord.Handover{Values: o.values, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
				if s, _, _ := next.Load(context.Background()); s.ID != "" {
					o.Errorf("close %d, running %t: the next process would resume %+v", code, running, s)
				}
			})
		}
	}
}

// A session is continued by the next process, and what was asked between the two
// is answered once.
func TestCommandsGivenDuringARestartAreAnswered(t *testing.T) {
	connected(t, nil, func(o *online) {
		o.enter()
		o.ask()
		if err := o.leave(); err != nil {
			t.Fatal(err)
		}
		answer := make(chan error, 1)
		go func() {
			_, err := o.sim.Slash(context.Background(), discordsim.Call{Name: "help"})
			answer <- err
		}()
		time.Sleep(time.Second)
		o.enter()
		if err := <-answer; err != nil {
			t.Errorf("the command between two processes: %v", err)
		}
		if n := len(o.sim.Identifies()); n != 1 {
			t.Errorf("%d IDENTIFYs", n)
		}
		if refused := slices.ContainsFunc(o.sim.Violations(), func(v string) bool { return strings.Contains(v, "already") }); refused {
			t.Errorf("answered twice: %v", o.sim.Violations())
		}
	})
}

// A session from before a long pause is not tried.
func TestAnOldSessionIsNotResumed(t *testing.T) {
	connected(t, nil, func(o *online) {
		o.enter()
		o.ask()
		_ = o.leave()
		time.Sleep(time.Hour)
		o.enter()
		if took := o.ask(); took > 2*time.Second {
			t.Errorf("a command is answered only after %s", took)
		}
		if len(o.sim.Identifies()) != 2 || o.sim.Resumes() != 0 {
			t.Errorf("%d IDENTIFYs, %d RESUMEs", len(o.sim.Identifies()), o.sim.Resumes())
		}
	})
}

// When Discord allows no more sessions today, the client begins none until it does again.
func TestTheLimitOfSessionsADayIsKept(t *testing.T) {
	connected(t, nil, func(o *online) {
		body := `{"url":"wss://gateway.discord.gg","shards":1,"session_start_limit":{"total":1000,"remaining":0,"reset_after":7200000,"max_concurrency":1}}`
		o.sim.Inject(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 200, Path: "/gateway/bot", Body: body, Count: 24})
		began := time.Now()
		o.enter()
		if err := o.sim.Connected(context.Background()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 100*time.Minute || took > 130*time.Minute {
			t.Errorf("a session was begun after %s", took)
		}
		o.ask()
	})
}

// A replica that cannot count an IDENTIFY where the next leader sees it, or that
// lost its lease while it counted, sends none. It begins a session as soon as it can.
func TestAReplicaSendsNoIdentifyThatOthersDoNotSee(t *testing.T) {
	lost := errors.New("another replica leads")
	for _, c := range []struct {
		name    string
		counted error // while the trouble lasts
		leads   error
	}{
		{"the database is away", errors.New("no database"), nil},
		{"the lease is lost", nil, lost},
	} {
		t.Run(c.name, func(t *testing.T) {
			connected(t, nil, func(o *online) {
				trouble, counting := true, false
				o.values.before = func(name string) error {
					if counting = trouble && name == "discord/identifies"; counting {
						return c.counted
					}
					return nil
				}
				o.shared, o.leads = true, func() error {
					o.values.mu.Lock()
					defer o.values.mu.Unlock()
					if counting {
						counting = false
						return c.leads
					}
					return nil
				}
				o.enter()
				time.Sleep(time.Minute)
				if n := len(o.sim.Identifies()); n != 0 {
					t.Fatalf("%d IDENTIFYs were sent", n)
				}
				o.values.mu.Lock()
				trouble = false
				o.values.mu.Unlock()
				if took := o.ask(); took > 45*time.Second {
					t.Errorf("a command is answered only after %s", took)
				}
			})
		})
	}
}

// Neither the bot token nor that of an interaction is in the log, at its finest.
func TestTheConnectionsLogHoldsNoToken(t *testing.T) {
	connected(t, nil, func(o *online) {
		o.sim.InjectGateway(discordsim.GatewayFault{Kind: discordsim.GatewayClose, Text: "token " + discordsim.Token})
		o.enter()
		o.ask()
		o.sim.Reconnect()
		o.ask()
		_ = o.leave()
		if text := o.log.String(); !strings.Contains(text, "discord session ready") || strings.Contains(text, discordsim.Token) || strings.Contains(text, o.token) {
			t.Errorf("the log: %s", text)
		}
	})
}

// Neither a Discord that ends every session, nor a program that is started again
// and again, nor both, sends Discord's 1001st IDENTIFY of a day or two within 5 s:
// the simulation would reset the token.
func TestNoTroubleCostsTheToken(t *testing.T) {
	proof.NotShort(t)
	for _, c := range []struct {
		name  string
		fault discordsim.GatewayFault
		life  time.Duration // of a process; it is killed
		lasts time.Duration
	}{
		{"every IDENTIFY is answered with INVALID SESSION", discordsim.GatewayFault{Kind: discordsim.GatewayInvalid, Count: -1}, 48 * time.Hour,
			proof.Size(10*time.Minute, 20*time.Minute, 26*time.Hour)},
		{"a process that is killed every ten seconds", discordsim.GatewayFault{Kind: discordsim.GatewayInvalidOnResume, Count: -1}, 10 * time.Second,
			proof.Size(2*time.Minute, 5*time.Minute, 20*time.Minute)},
		{"a process that is killed at once", discordsim.GatewayFault{Kind: discordsim.GatewayInvalid, Count: -1}, 300 * time.Millisecond,
			proof.Size(time.Minute, 2*time.Minute, 4*time.Minute)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			connected(t, nil, func(o *online) {
				o.sim.InjectGateway(c.fault)
				for began := time.Now(); time.Since(began) < c.lasts; {
					o.enter()
					time.Sleep(min(c.life, c.lasts))
					kept := o.values.copy()
					if err := o.leave(); err != nil {
						t.Fatal(err)
					}
					o.values.all = kept // what a killed process would have left
				}
				ids := o.sim.Identifies()
				t.Logf("%d IDENTIFYs within %s", len(ids), c.lasts)
				if len(ids) == 0 {
					t.Error("this proves nothing")
				}
			})
		})
	}
}
