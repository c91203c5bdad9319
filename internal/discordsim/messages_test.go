package discordsim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/internal/discordsim"
)

func nonce(content, nonce string) string {
	return fmt.Sprintf(`{"content":%q,"nonce":%q,"enforce_nonce":true,%s}`, content, nonce, quiet)
}

func TestAnEnforcedNonceCreatesOnce(t *testing.T) {
	r := newRig(t)
	first := r.ask("POST", post, nonce("one", "n")).message(t)
	if first.Nonce != "n" {
		t.Errorf("the answer has the nonce %q", first.Nonce)
	}
	if again := r.ask("POST", post, nonce("two", "n")).message(t); again.ID != first.ID || again.Content != "one" {
		t.Errorf("the second is %+v, the first %+v", again, first)
	}
	if other := r.ask("POST", "/channels/"+discordsim.ReportChannel+"/messages", nonce("one", "n")).message(t); other.ID == first.ID {
		t.Error("a nonce counts in other channels too")
	}
	if err := r.Delete(discordsim.AlertsChannel, first.ID); err != nil {
		t.Fatal(err)
	}
	r.ask("POST", post, nonce("three", "n"))
	if n := len(r.Messages(discordsim.AlertsChannel)); n != 0 {
		t.Errorf("a deleted message is created again: %d", n)
	}
	if raw := r.ask("GET", post, "").raw; strings.Contains(string(raw), "nonce") {
		t.Errorf("the history tells nonces: %s", raw)
	}
	r.noted()
}

func TestANonceIsForgotten(t *testing.T) {
	r := newRig(t, discordsim.WithNonceWindow(time.Millisecond))
	first := r.ask("POST", post, nonce("one", "n")).message(t)
	time.Sleep(2 * time.Millisecond)
	if late := r.ask("POST", post, nonce("two", "n")).message(t); late.ID == first.ID {
		t.Error("the nonce is remembered forever")
	}
	r.noted()
}

func TestHistoryIsNewestFirstAndPaged(t *testing.T) {
	r := newRig(t)
	var ids []string
	for i := range 7 {
		m, err := r.Say(discordsim.AlertsChannel, discordsim.MemberID, fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.ID)
	}
	for query, want := range map[string]string{
		"":                                "6543210",
		"?limit=2":                        "65",
		"?after=" + ids[2] + "&limit=2":   "43",
		"?after=0&limit=3":                "210",
		"?before=" + ids[2]:               "10",
		"?before=" + ids[5] + "&limit=2":  "43",
		"?around=" + ids[3] + "&limit=3":  "432",
		"?after=" + ids[6] + "&limit=100": "",
	} {
		var page []struct{ Content string }
		if err := json.Unmarshal(r.ask("GET", post+query, "").raw, &page); err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, m := range page {
			got.WriteString(m.Content)
		}
		if got.String() != want {
			t.Errorf("%s gives %s, want %s", query, got.String(), want)
		}
	}
	r.SetPermissions(discordsim.AlertsChannel, discordsim.PermissionsUsual&^discordsim.PermissionHistory)
	if raw := string(r.ask("GET", post, "").raw); raw != "[]" {
		t.Errorf("without the permission: %s", raw)
	}
	r.noted()
}

func TestFilesAreKeptServedAndFound(t *testing.T) {
	r := newRig(t)
	payload := `{"embeds":[{"title":"t","image":{"url":"attachment://a.png"}}],"attachments":[{"id":"0","filename":"a.png"}],` + quiet + `}`
	body, multi := upload(payload, "a.png")
	id := r.ask("POST", post, body, multi).message(t).ID
	m := r.Messages(discordsim.AlertsChannel)[0]
	if len(m.Attachments) != 1 || string(m.Attachments[0].Data) != "data of a.png" || m.Embeds[0].Image.URL != m.Attachments[0].URL {
		t.Fatalf("stored %s", m.JSON())
	}
	resp, err := r.client.Get(m.Attachments[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, _ := io.ReadAll(resp.Body); string(got) != "data of a.png" {
		t.Errorf("%s holds %q", m.Attachments[0].URL, got)
	}
	// An edit that lists no attachments keeps them, and may go on showing them.
	keep := `{"embeds":[{"title":"u","image":{"url":"attachment://a.png"}}],` + quiet + `}`
	if a := r.ask("PATCH", post+"/"+id, keep); a.status != 200 || len(r.Violations()) != 0 {
		t.Errorf("%d %s %q", a.status, a.raw, r.Violations())
	}
	r.ask("PATCH", post+"/"+id, `{"attachments":[],"embeds":[{"title":"u","image":{"url":"attachment://a.png"}}],`+quiet+`}`)
	m = r.Messages(discordsim.AlertsChannel)[0]
	if len(m.Attachments) != 0 || m.Embeds[0].Image != nil || m.Edited == nil {
		t.Errorf("after the last edit: %s", m.JSON())
	}
	r.noted("attachment://a.png names no file")
}

func TestOnlyWhatIsAllowedIsMentioned(t *testing.T) {
	const content = "<@&" + discordsim.OnCallRole + "> <@&" + discordsim.ManagerRole + "> <@" + discordsim.OperatorID + "> @everyone"
	for _, c := range []struct {
		allowed      string
		roles, users int
		violations   int
	}{
		{`,"allowed_mentions":{"parse":[]}`, 0, 0, 0},
		{`,"allowed_mentions":{"parse":[],"roles":["` + discordsim.OnCallRole + `"]}`, 1, 0, 0},
		{`,"allowed_mentions":{"parse":[],"roles":["` + discordsim.ManagerRole + `"]}`, 0, 0, 0}, // not mentionable
		{`,"allowed_mentions":{"parse":["users","everyone"]}`, 0, 1, 0},                          // may not mention everyone
		{``, 1, 1, 1},
	} {
		r := newRig(t)
		r.ask("POST", post, fmt.Sprintf(`{"content":%q%s}`, content, c.allowed))
		m := r.Messages(discordsim.AlertsChannel)[0]
		if len(m.MentionRoles) != c.roles || len(m.Mentions) != c.users || m.MentionEveryone || len(r.Violations()) != c.violations {
			t.Errorf("%s: roles %q, users %v, everyone %v, violations %q", c.allowed, m.MentionRoles, m.Mentions, m.MentionEveryone, r.Violations())
		}
	}
}

func TestCommandsKeepTheirIDs(t *testing.T) {
	r := newRig(t)
	r.ask("PUT", puts, `[{"name":"a","description":"d","name_localizations":{"zh-CN":"甲"}},{"name":"b","description":"d"}]`)
	before := r.Commands("")
	r.ask("PUT", puts, `[{"name":"b","description":"e"}]`)
	after := r.Commands("")
	if len(before) != 2 || len(after) != 1 || after[0].ID != before[1].ID || after[0].Description != "e" {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if !strings.Contains(string(before[0].Raw), "甲") || r.Registrations() != 2 {
		t.Errorf("%s, %d registrations", before[0].Raw, r.Registrations())
	}
	if a := r.ask("DELETE", puts+"/"+after[0].ID, ""); a.status != http.StatusNoContent || len(r.Commands("")) != 0 {
		t.Errorf("%d, %v", a.status, r.Commands(""))
	}
	r.noted()
}

func TestSubscribersSeeEveryChangeInOrder(t *testing.T) {
	r := newRig(t)
	events := r.Subscribe(t.Context())
	id := r.ask("POST", post, text("one")).message(t).ID
	r.ask("PATCH", post+"/"+id, text("two"))
	r.ask("DELETE", post+"/"+id, "")
	var got []string
	for range 3 {
		select {
		case e := <-events:
			got = append(got, e.Type+" "+e.Message.Content)
		case <-deadline(t).Done():
			t.Fatalf("only %q", got)
		}
	}
	if !slices.Equal(got, []string{"create one", "update two", "delete two"}) {
		t.Errorf("events %q", got)
	}
	r.Close()
	if _, open := <-events; open {
		t.Error("the channel is still open after Close")
	}
}

func TestWaitMessageFindsWhatIsThereAndWhatComes(t *testing.T) {
	r := newRig(t)
	go func() { _, _ = r.try("POST", post, text("now")) }()
	m, err := r.WaitMessage(deadline(t), discordsim.AlertsChannel, func(m discordsim.Message) bool { return m.Content == "now" })
	if err != nil {
		t.Fatal(err)
	}
	if again, err := r.WaitMessage(deadline(t), "", func(o discordsim.Message) bool { return o.ID == m.ID }); err != nil || again.Content != "now" {
		t.Errorf("%v, %v", again, err)
	}
}
