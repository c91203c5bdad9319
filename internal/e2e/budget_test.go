package e2e

import (
	"strings"
	"testing"

	"mokabot/internal/discordsim"
)

// A budget's warning shows how it is used up, and its button tells how it
// stands now, to those who may see figures.
func TestABudgetsWarning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const key = "budgets:\n  - {name: monthly, amount: %, channel_id: \"" + discordsim.ReportChannel + "\", mention_roles: [\"" + discordsim.OnCallRole + "\"]}\nalerts:\n"
	file := w.config(t, "alerts:\n", strings.Replace(key, "%", "1000.00", 1))
	w.run(t, file, nil)
	w.polled(t, 2)
	w.spend(5_000_000) // $10
	w.polled(t, 2)
	w.config(t, "alerts:\n", strings.Replace(key, "%", "12.00", 1)) // a changed budget is checked at once
	w.asks(t, "reload", nil)
	post := w.waits(t, discordsim.ReportChannel, "the warning", holding("Budget monthly: ", "$10.00 of $12.00 spent"))
	if len(post.MentionRoles) != 1 || len(post.Attachments) != 1 || !strings.Contains(post.Attachments[0].Description, "$10.00 of $12.00 spent") || post.Embeds[0].Image == nil {
		t.Errorf("the warning is %s", post.JSON())
	}
	details := w.click(t, "", post, "budget:monthly")
	if !holding("Budget monthly", "$2.00")(details) || !details.Ephemeral() || len(details.Attachments) != 1 {
		t.Errorf("details: %s", details.JSON())
	}
	if refused := w.click(t, discordsim.MemberID, post, "budget:monthly"); holding("$2.00")(refused) || !refused.Ephemeral() {
		t.Errorf("somebody without access gets %s", refused.JSON())
	}
	w.config(t, "alerts:\n", strings.Replace(key, "%", "50.00", 1))
	w.asks(t, "reload", nil)
	closed := w.waits(t, discordsim.ReportChannel, "the end of the warning", func(m discordsim.Message) bool { return m.ID == post.ID && holding("Closed")(m) })
	if len(closed.Components) != 0 || len(closed.Attachments) != 1 || closed.Embeds[0].Image == nil {
		t.Errorf("closed: %s", closed.JSON())
	}
	w.noViolations(t)
}
