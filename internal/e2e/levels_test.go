package e2e

import (
	"strings"
	"testing"
	"time"

	"mokabot/internal/discordsim"
)

// Levels set in Discord are in force at once, and stay so when the file is read
// again and when the bot starts again.
func TestLevelsAreSetFromDiscord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.config(t, "accounts:\n", "  viewers: {everyone: true}\naccounts:\n")
	stop := w.run(t, file, nil)
	w.polled(t, 2)
	set := map[string]any{"action": "set", "level": "low", "below": "200", "account": "team"}
	refused, err := w.discord.Slash(deadline(t), discordsim.Call{User: discordsim.MemberID, Name: "levels", Options: set})
	if err != nil || !titled("Only the operators")(refused) {
		t.Errorf("a viewer sets a level: %s, %v", refused.JSON(), err)
	}
	if shown, err := w.discord.Slash(deadline(t), discordsim.Call{User: discordsim.MemberID, Name: "levels"}); err != nil || !titled("Alert levels")(shown) {
		t.Errorf("a viewer sees %s, %v", shown.JSON(), err)
	}
	if wrong := w.asks(t, "levels", map[string]any{"level": "low", "below": "-5"}); !titled("Nothing was changed")(wrong) {
		t.Errorf("a wrong limit: %s", wrong.JSON())
	}
	if wrong := w.asks(t, "levels", map[string]any{"level": "lowest", "below": "5"}); !titled("There is no such level")(wrong) {
		t.Errorf("an unknown level: %s", wrong.JSON())
	}
	if done := w.asks(t, "levels", set); !strings.Contains(string(done.JSON()), "below $200.00") || !strings.Contains(string(done.JSON()), "set in Discord") {
		t.Errorf("set: %s", done.JSON())
	}
	w.waits(t, discordsim.AlertsChannel, "the new level's ping", titled("team: balance is low"))
	w.asks(t, "reload", nil)
	if shown := w.asks(t, "levels", nil); !strings.Contains(string(shown.JSON()), "below $200.00") {
		t.Errorf("after a reload: %s", shown.JSON())
	}
	stop()
	w.run(t, file, nil)
	if shown := w.asks(t, "levels", nil); !strings.Contains(string(shown.JSON()), "below $200.00") {
		t.Errorf("after a restart: %s", shown.JSON())
	}
	if status := w.asks(t, "status", nil); !strings.Contains(string(status.JSON()), "Levels set in Discord: team") {
		t.Errorf("/status does not say so: %s", status.JSON())
	}
	w.config(t, "accounts:\n", "  viewers: {everyone: true}\naccounts:\n", "name: team", "name: prod")
	w.asks(t, "reload", nil)
	within := deadline(t)
	for again := time.NewTicker(500 * time.Millisecond); ; <-again.C {
		shown := string(w.asks(t, "levels", nil).JSON())
		if strings.Contains(shown, "below $200.00") && strings.Contains(shown, "prod") {
			break
		}
		if within.Err() != nil {
			t.Fatalf("the levels do not go with a renamed account: %s", shown)
		}
	}
	if done := w.asks(t, "levels", map[string]any{"action": "reset"}); strings.Contains(string(done.JSON()), "set in Discord") || !strings.Contains(string(done.JSON()), "below $20.00") {
		t.Errorf("reset: %s", done.JSON())
	}
	w.noViolations(t)
}

// A mention that reaches nobody, or not everybody in a thread, is said where people
// look: in the answer of /test, in /status after an alert, and by check.
func TestAMentionThatReachesNobodyIsReported(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		role discordsim.Role
		test string // what /test says
		want string // what /status says
	}{
		"a role that may not be mentioned": {discordsim.Role{}, "did not ping", "pinged nobody"},
		"a crowded role in a thread":       {discordsim.Role{Mentionable: true, Crowded: true}, "thread", "thread"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.role.ID, c.role.Name = discordsim.OnCallRole, "on-call"
			w.discord.AddRole(c.role)
			w.discord.SetPermissions(discordsim.AlertsChannel, discordsim.PermissionsUsual&^discordsim.PermissionMentionEveryone)
			w.run(t, w.config(t), nil)
			if answer := w.asks(t, "test", nil); !strings.Contains(string(answer.JSON()), c.test) {
				t.Errorf("/test: %s", answer.JSON())
			}
			w.polled(t, 2)
			w.spend(36_000_000)
			w.waits(t, discordsim.AlertsChannel, "the alert", titled("team: balance is low"))
			w.polled(t, 2) // the delivery is noted by then
			if status := w.asks(t, "status", nil); !strings.Contains(string(status.JSON()), c.want) {
				t.Errorf("/status: %s", status.JSON())
			}
		})
	}
}

// /test posts a marked message and says who was pinged.
func TestATestAlertIsPosted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(t, w.config(t), nil)
	if answer := w.asks(t, "test", nil); !strings.Contains(string(answer.JSON()), "a test message was posted in") || !answer.Ephemeral() {
		t.Errorf("the answer is %s", answer.JSON())
	}
	w.waits(t, discordsim.AlertsChannel, "the test alert", func(m discordsim.Message) bool { return strings.Contains(m.Content, "Test alert") })
	w.noViolations(t)
}
