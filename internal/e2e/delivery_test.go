package e2e

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
)

// D1: every connection that is open swallows what comes, HTTP/2 pings included;
// new ones work.
func TestAnAlertIsPostedAlthoughAllConnectionsSwallow(t *testing.T) {
	proof.NeedsLong(t)
	t.Parallel()
	s := newArena(t)
	p := s.start()
	s.ready(t, p)
	s.polled(t, 2)
	if n := s.discord.Swallow(); n == 0 {
		t.Fatal("no connection was open")
	}
	began := time.Now()
	s.spend(36_000_000)
	if _, err := s.discord.WaitMessage(deadline(t), discordsim.AlertsChannel, titled("team: balance is low")); err != nil {
		t.Fatalf("%v\n%s", err, p.log.Tail())
	}
	t.Logf("posted %.1f s after all connections began to swallow", time.Since(began).Seconds())
	p.terminate(t)
	s.noViolations(t)
}

// D4: somebody corrects the channel and reloads.
func TestAnAlertGoesIntoTheChannelThatWasCorrected(t *testing.T) {
	t.Parallel()
	const wrong = "1999999999999999999"
	s := newArena(t)
	s.configure("channel_id: \""+discordsim.AlertsChannel+"\"\n  confirm_after", "channel_id: \""+wrong+"\"\n  confirm_after")
	p := s.start()
	s.polled(t, 2)
	s.spend(36_000_000)
	within(t, patience, "the refusal", func() bool {
		_, dead, err := s.waiting()
		return err == nil && dead == 1
	})
	s.configure()
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if _, err := s.discord.WaitMessage(deadline(t), discordsim.AlertsChannel, titled("team: balance is low")); err != nil {
		t.Fatalf("%v\n%s", err, p.log.Tail())
	}
	p.terminate(t)
	if n := s.discord.Copies(discordsim.AlertsChannel, "team: balance is low"); n != 1 {
		t.Errorf("%d copies", n)
	}
}

// Nobody has to tell the bot that a permission was given back.
func TestARefusedAlertIsPostedWhenThePermissionIsBack(t *testing.T) {
	t.Parallel()
	s := newArena(t)
	s.discord.Deny(discordsim.AlertsChannel, discordsim.PermissionSend)
	p := s.start()
	s.ready(t, p)
	s.polled(t, 2)
	s.spend(36_000_000)
	within(t, patience, "the refusal", func() bool {
		_, dead, err := s.waiting()
		return err == nil && dead == 1
	})
	s.discord.SetPermissions(discordsim.AlertsChannel, discordsim.PermissionsUsual) // CHANNEL_UPDATE
	began := time.Now()
	if _, err := s.discord.WaitMessage(deadline(t), discordsim.AlertsChannel, titled("team: balance is low")); err != nil {
		t.Fatalf("%v\n%s", err, p.log.Tail())
	}
	t.Logf("posted %.1f s after the permission was back", time.Since(began).Seconds())
	p.terminate(t)
}

// D9: whether or not Discord has stored it.
func TestAMessageUnderWayIsPostedRightAfterAKill(t *testing.T) {
	t.Parallel()
	for _, stored := range []bool{false, true} {
		s := newArena(t)
		p := s.start()
		s.polled(t, 2)
		if stored {
			s.discord.CutAfterStoring(2)
		} else {
			s.discord.Inject(discordsim.Fault{Kind: discordsim.FaultHang, Method: http.MethodPost, Path: "/messages", Count: -1})
		}
		s.spend(36_000_000)
		within(t, patience, "a message to be under way", func() bool {
			for _, r := range s.discord.Requests() {
				if r.Method == http.MethodPost && r.Path == "/channels/"+discordsim.AlertsChannel+"/messages" {
					return true
				}
			}
			return false
		})
		p.kill()
		<-p.ended
		s.discord.Heal()
		s.discord.ForgetNonces()
		began := time.Now()
		p = s.start()
		within(t, patience, "the message to be posted", func() bool {
			waiting, dead, err := s.waiting()
			return err == nil && waiting+dead == 0
		})
		t.Logf("stored before the kill %t: settled %.1f s after the restart", stored, time.Since(began).Seconds())
		if n := s.discord.Copies(discordsim.AlertsChannel, "team: balance is low"); n != 1 {
			t.Errorf("%d copies", n)
		}
		p.terminate(t)
	}
}
