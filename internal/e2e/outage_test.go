package e2e

import (
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/testbed"
	"mokabot/moka/mokatest"
)

func TestAlertsArePostedWhileTheWebsocketIsDead(t *testing.T) {
	t.Parallel()
	s := newArena(t)
	s.discord.InjectGateway(discordsim.GatewayFault{Kind: discordsim.GatewayRefuse, Count: -1})
	p := s.start()
	s.polled(t, 2)
	for _, step := range []struct {
		change func()
		says   string
	}{
		{func() { s.spend(36_000_000) }, "team: balance is low"},
		{func() { s.spend(7_500_000) }, "team: balance alert escalated to critical"},
		{func() { s.topUp(40_000_000) }, "team: balance is fine again"},
	} {
		began := time.Now()
		step.change()
		if _, err := s.discord.WaitMessage(deadline(t), discordsim.AlertsChannel, titled(step.says)); err != nil {
			t.Fatalf("%s: %v\n%s", step.says, err, p.log.Tail())
		}
		t.Logf("%s: posted %.1f s after the change (polled every second, confirmed after one)", step.says, time.Since(began).Seconds())
	}
	if n := len(s.discord.Identifies()); n != 0 {
		t.Errorf("%d IDENTIFYs over a websocket that was always refused", n)
	}
	p.terminate(t)
	s.noViolations(t)
	testbed.NoSecrets(t, "the log", p.log.String())
}

func TestTheEndUnderLoadAnswersWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what  string
		fault mokatest.Fault
		says  string
	}{
		{"a slow gateway", mokatest.Fault{Path: "/v1/models", Delay: 2 * time.Second}, "team: 2 models"},
		{"a gateway that never answers", mokatest.Fault{Hang: true}, "The gateway"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			s := newArena(t)
			p := s.start()
			s.ready(t, p)
			s.discord.Inject(discordsim.Fault{Kind: discordsim.FaultHang, Path: "/messages", Method: "POST"})
			s.spend(36_000_000)
			within(t, patience, "a message to be under way", func() bool {
				waiting, _, err := s.waiting()
				return err == nil && waiting > 0
			})
			s.gateway.Fault(c.fault)
			s.endUnderLoad(p, c.says)
		})
	}
}

// endUnderLoad asks for the models many times at once and then has the program
// end. Everybody must get an answer.
func (s *arena) endUnderLoad(p *process, says string) {
	const users = 50
	t := s.t
	already := s.acknowledged()
	var asking sync.WaitGroup
	for range users {
		asking.Go(func() {
			m, err := s.discord.Slash(deadline(t), discordsim.Call{Name: "models"})
			if err != nil || !titled(says)(m) {
				t.Errorf("a command under way was answered with %v, %v", m.Embeds, err)
			}
		})
	}
	within(t, patience, "all commands to be under way", func() bool { return s.acknowledged() >= already+users })
	began := time.Now()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if code := p.wait(t, patience); code != 0 {
		t.Errorf("the program ended with %d\n%s", code, p.log.Tail())
	}
	took := time.Since(began)
	asking.Wait()
	t.Logf("%d commands under way: the end took %.1f s", users, took.Seconds())
	s.noViolations(t)
}

func TestReloadsInARowLeaveOneWatchBehind(t *testing.T) {
	t.Parallel()
	s := newArena(t)
	p := s.start()
	s.ready(t, p)
	for range 30 {
		_ = p.cmd.Process.Signal(syscall.SIGHUP)
		time.Sleep(10 * time.Millisecond) // signals of one moment are one
	}
	s.polled(t, 2)
	began := time.Now()
	s.polled(t, 8)
	if took := time.Since(began); took < 4*time.Second {
		t.Errorf("eight polls, one a second, took %s", took)
	}
	p.terminate(t) // the race detector has its say in the exit status
	s.noViolations(t)
}

// ready waits until a command is answered. There is one at a time, so that none
// is left under way.
func (s *arena) ready(t *testing.T, p *process) {
	t.Helper()
	if err := s.discord.Connected(deadline(t)); err != nil {
		t.Fatalf("%v\n%s", err, p.log.Tail())
	}
	within(t, patience, "a command to be answered", func() bool {
		_, err := s.discord.Slash(deadline(t), discordsim.Call{Name: "help"})
		return err == nil
	})
}

// acknowledged counts the commands that were.
func (s *arena) acknowledged() (n int) {
	for _, r := range s.discord.Requests() {
		if strings.HasSuffix(r.Path, "/callback") && r.Status < 300 {
			n++
		}
	}
	return n
}
