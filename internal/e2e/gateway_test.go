package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
)

// row is one way in which the gateway goes wrong. Either it begins with a
// world in which no connection is well, or it strikes a connection that is.
type row struct {
	name   string
	begin  []discordsim.GatewayFault
	rest   []discordsim.Fault // of the request for the gateway's address
	strike func(*discordsim.Server)
	over   func(*discordsim.Server) bool // the fault has had its effect; nil: when it was used up
	fatal  string                        // what the program says when it ends
}

func faults(kind discordsim.GatewayFaultKind, count int) []discordsim.GatewayFault {
	return []discordsim.GatewayFault{{Kind: kind, Count: count}}
}

// dropInto cuts the connection, and the next one has a fault.
func dropInto(kind discordsim.GatewayFaultKind, count int) func(*discordsim.Server) {
	return func(d *discordsim.Server) {
		d.InjectGateway(discordsim.GatewayFault{Kind: kind, Count: count})
		d.Drop()
	}
}

// away takes Discord off the net for a while.
func away(d time.Duration) func(*discordsim.Server) {
	return func(s *discordsim.Server) {
		s.Down(true)
		<-time.After(d)
		s.Down(false)
	}
}

// muted is a line that died without a word, until the bot gives it up.
func muted(d *discordsim.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	d.Mute(true)
	_ = d.Disconnected(ctx)
	d.Mute(false)
}

func rows() []row {
	all := []row{
		{name: "nothing", begin: nil},
		{name: "a dropped socket", strike: (*discordsim.Server).Drop},
		{name: "ten dropped sockets in a row", begin: faults(discordsim.GatewayDrop, 10)},
		{name: "op 7 as answer to RESUME", strike: dropInto(discordsim.GatewayReconnectOnResume, 1)},
		{name: "op 9 as answer to RESUME", strike: dropInto(discordsim.GatewayInvalidOnResume, 1)},
		{name: "no HELLO on RESUME", strike: dropInto(discordsim.GatewaySilent, 1)},
		{name: "silence after HELLO on RESUME", strike: dropInto(discordsim.GatewayNoReady, 1)},
		{name: "op 7 at once", begin: faults(discordsim.GatewayReconnect, 2)},
		{name: "op 9 five times", begin: faults(discordsim.GatewayInvalid, 5)},
		{name: "no HELLO, twice", begin: faults(discordsim.GatewaySilent, 2)},
		{name: "no READY", begin: faults(discordsim.GatewayNoReady, 1)},
		{name: "op 7 while running", strike: (*discordsim.Server).Reconnect},
		{name: "op 9 while running, resumable", strike: func(d *discordsim.Server) { d.Invalidate(true) }},
		{name: "op 9 while running, not resumable", strike: func(d *discordsim.Server) { d.Invalidate(false) }},
		{name: "op 1 while running", strike: (*discordsim.Server).AskHeartbeat},
		{name: "missing heartbeat ACKs, every 41.25 s", begin: faults(discordsim.GatewayNoAck, 1),
			over: func(d *discordsim.Server) bool { return d.Resumes() > 0 }},
		{name: "a line muted without a word", strike: muted},
		{name: "a server away for 30 s", strike: away(30 * time.Second)},
		{name: "a refused websocket (503), six times", begin: faults(discordsim.GatewayRefuse, 6)},
		{name: "no address of the gateway (502), four times", rest: []discordsim.Fault{{Kind: discordsim.FaultStatus, Path: "/gateway", Count: 4}}},
		{name: "no address of the gateway (a page, 429)", rest: []discordsim.Fault{{Kind: discordsim.FaultCloudflare, Path: "/gateway", Count: 2}}},
		{name: "somebody's login page (401) instead of the address", rest: []discordsim.Fault{{Kind: discordsim.FaultStatus, Status: 401, Path: "/gateway", Count: 3}}},
		{name: "the request for the address hangs", rest: []discordsim.Fault{{Kind: discordsim.FaultHang, Path: "/gateway"}}},
		{name: "a server away for 150 s", strike: away(150 * time.Second)},
	}
	for _, code := range []int{4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009} {
		all = append(all, row{name: fmt.Sprint("close ", code), strike: func(d *discordsim.Server) { d.CloseGateway(code) }})
	}
	for _, final := range []struct {
		code int
		says string
	}{
		{4004, "Discord does not accept the bot token"}, {4010, "shard number"}, {4011, "demands sharding"},
		{4012, "install a newer mokabot"}, {4013, "install a newer mokabot"}, {4014, "check the Bot page"},
	} {
		all = append(all, row{name: fmt.Sprint("close ", final.code), fatal: final.says,
			begin: []discordsim.GatewayFault{{Kind: discordsim.GatewayClose, Count: -1, Code: final.code}}})
	}
	all = append(all, row{name: "close 4004 while running", fatal: "Discord does not accept the bot token",
		strike: func(d *discordsim.Server) { d.CloseGateway(4004) }})
	return all
}

// TestEveryGatewayFaultHealsInTheProgram runs the program against each fault
// and prints a table. How soon it has to heal is tested on a virtual clock, in
// TestEveryConnectionFaultHealsWithin45Seconds.
func TestEveryGatewayFaultHealsInTheProgram(t *testing.T) {
	proof.NeedsLong(t)
	t.Parallel()
	build(t)              // what that takes is no part of any healing
	const sideBySide = 20 // most of their time is waiting
	var wg sync.WaitGroup
	var mu sync.Mutex
	var results []result
	free := make(chan struct{}, sideBySide)
	for _, r := range rows() {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			t.Run(r.name, func(t *testing.T) {
				got := r.run(t)
				mu.Lock()
				defer mu.Unlock()
				results = append(results, got)
			})
		})
	}
	wg.Wait()
	t.Log("\n" + table(results))
}

func (r row) run(t *testing.T) result {
	s := newArena(t, discordsim.WithIdentifySpacing(identifySpacing))
	for _, f := range r.begin {
		s.discord.InjectGateway(f)
	}
	for _, f := range r.rest {
		s.discord.Inject(f)
	}
	began := time.Now()
	p := s.start()
	if r.strike != nil {
		s.answers(t, p)
		began = time.Now()
		r.strike(s.discord)
	}
	got := result{row: r}
	if r.fatal != "" {
		r.ends(t, p)
	} else {
		within(t, patience, "the fault to strike", func() bool {
			rest, connections := s.discord.FaultsLeft()
			return rest+connections == 0 && (r.over == nil || r.over(s.discord))
		})
		s.answers(t, p)
	}
	got.took, got.identifies, got.resumes = time.Since(began), s.discord.Identifies(), s.discord.Resumes()
	if r.fatal == "" {
		p.terminate(t)
	}
	got.check(t, s, p)
	return got
}

// ends waits for the program to give up, with a sentence.
func (r row) ends(t *testing.T, p *process) {
	t.Helper()
	if code := p.wait(t, patience); code != 1 || !strings.Contains(p.log.String(), r.fatal) {
		t.Errorf("the program ended with %d and\n%s", code, p.log.Tail())
	}
}

// answers waits until a command is answered. Somebody asks twice a second.
func (s *arena) answers(t *testing.T, p *process) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	answered := make(chan struct{}, 1)
	var users sync.WaitGroup
	defer users.Wait()
	defer cancel()
	again := time.NewTicker(time.Second / 2)
	defer again.Stop()
	for {
		users.Go(func() {
			if m, err := s.discord.Slash(ctx, discordsim.Call{Name: "help"}); err == nil && titled("What I do")(m) {
				select {
				case answered <- struct{}{}:
				default:
				}
			}
		})
		select {
		case <-answered:
			return
		case <-again.C:
		case <-p.ended:
			t.Fatalf("the program ended\n%s", p.log.Tail())
		case <-ctx.Done():
			t.Fatalf("no command is answered\n%s", p.log.Tail())
		}
	}
}
