package discord_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/internal/store"
)

// protocols are those that a slow test covers: HTTP/2, and HTTP/1.1 with MOKABOT_LONG.
func protocols() []bool {
	if !proof.Long() {
		return []bool{true}
	}
	return []bool{true, false}
}

// D5, D6: edits that wait, fail or are refused and uploads that fail hold no ping up.
func TestNoLaneWaitsForAWorseOne(t *testing.T) {
	proof.NotShort(t)
	edits := discordsim.Fault{Method: http.MethodPatch, Path: postPath, Count: -1}
	uploads := discordsim.Fault{Method: http.MethodPost, Path: postPath, Count: -1, Upload: true}
	with := func(f discordsim.Fault, kind discordsim.FaultKind, change ...func(*discordsim.Fault)) discordsim.Fault {
		f.Kind = kind
		for _, c := range change {
			c(&f)
		}
		return f
	}
	for _, c := range []struct {
		name  string
		fault discordsim.Fault
	}{
		{"an edit is held for 600 s", with(edits, discordsim.FaultRateLimit, func(f *discordsim.Fault) { f.Wait = 600 * time.Second })},
		{"an edit fails forever", with(edits, discordsim.FaultStatus, func(f *discordsim.Fault) { f.Status = 500 })},
		{"an edit is never answered", with(edits, discordsim.FaultHang)},
		{"an edit of an archived thread", with(edits, discordsim.FaultCode, func(f *discordsim.Fault) { f.Code = 50083 })},
		{"an edit that is refused", with(edits, discordsim.FaultCode, func(f *discordsim.Fault) { f.Code = 50035 })},
		{"an upload is always cut", with(uploads, discordsim.FaultCutUpload)},
		{"an upload is never read", with(uploads, discordsim.FaultSlowUpload)},
		{"an upload is too large", with(uploads, discordsim.FaultStatus, func(f *discordsim.Fault) { f.Status = 413 })},
		{"an upload is refused by its code", with(uploads, discordsim.FaultCode, func(f *discordsim.Fault) { f.Code = 50045 })},
	} {
		for _, http2 := range protocols() {
			t.Run(fmt.Sprintf("%s, HTTP/2 %t", c.name, http2), func(t *testing.T) {
				t.Parallel()
				bubble(t, http2, func(r *rig) {
					r.enqueue(store.Outgoing{Key: "alert/a/1/1", Payload: encoded(ping("first"))})
					r.posted("first", time.Minute)
					r.sim.Inject(c.fault)
					r.enqueue(
						store.Outgoing{Key: "alert/a/1/1/edit/1", EditOf: "alert/a/1/1", Payload: encoded(ping("first, edited"))},
						store.Outgoing{Key: "report/daily/1", Lane: store.LanePost, Payload: encoded(report("daily report"))},
					)
					time.Sleep(time.Second)
					r.enqueue(store.Outgoing{Key: "alert/a/1/2", Payload: encoded(ping("second"))})
					if took := r.posted("second", time.Minute); took > time.Second {
						t.Errorf("the ping waited %s", took)
					}
					r.posted("daily report", 3*time.Minute)
					if c.fault.Upload && r.sim.Copies(discordsim.AlertsChannel, "The attachment could not be uploaded") != 1 {
						t.Error("the report does not say that its picture is missing")
					}
					_, dead, err := r.db.Depth(r.Context())
					if dead > 0 || err != nil {
						t.Errorf("%d refused, %v", dead, err)
					}
					r.settled(25 * time.Hour)
					r.once("second", "daily report")
				})
			})
		}
	}
}

// An edit that is due together with a post arrives although its thread was archived
// meanwhile, as every thread is that nobody writes in; without a post it is dropped.
func TestAnEditOutlivesAnArchivedThread(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration // until the post that goes with it is due, negative: there is none
	}{{"at once", 0}, {"held for others", 2 * time.Second}, {"no post", -1}} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, true, func(r *rig) {
				r.enqueue(store.Outgoing{Key: "alert/a/1/1", Payload: encoded(ping("first"))})
				r.posted("first", time.Minute)
				r.sim.Archive(discordsim.AlertsChannel)
				r.enqueue(store.Outgoing{Key: "alert/a/1/1/ended", EditOf: "alert/a/1/1", Payload: encoded(ping("closed"))})
				if c.after < 0 {
					r.settled(time.Minute)
					if r.sim.Copies(discordsim.AlertsChannel, "closed") != 0 {
						t.Error("an archived thread was edited")
					}
					return
				}
				time.Sleep(c.after)
				r.enqueue(store.Outgoing{Key: "alert/a/1/2", Payload: encoded(ping("fine again"))})
				r.posted("fine again", time.Minute)
				r.settled(time.Minute)
				r.once("closed", "fine again")
			})
		})
	}
}

func TestOnlyTheNewestEditIsSent(t *testing.T) {
	bubble(t, true, func(r *rig) {
		r.enqueue(store.Outgoing{Key: "p", Payload: encoded(ping("figures 0"))})
		r.posted("figures 0", time.Minute)
		r.sim.Inject(discordsim.Fault{Kind: discordsim.FaultStatus, Method: http.MethodPatch, Count: 12})
		for i := 1; i <= 3; i++ {
			r.enqueue(store.Outgoing{Key: fmt.Sprint("p/edit/", i), EditOf: "p", Payload: encoded(ping(fmt.Sprint("figures ", i)))})
			time.Sleep(time.Second)
		}
		r.posted("figures 3", 10*time.Minute)
		edits := 0
		for _, e := range r.sim.Ledger() {
			if e.Edit {
				edits++
			}
		}
		if edits != 1 {
			t.Errorf("%d edits arrived", edits)
		}
	})
}

// D14: Whatever an edit made of a message, a sender that has forgotten that it was
// delivered finds it again.
func TestARestoredBackupPostsNothingTwice(t *testing.T) {
	proof.NotShort(t)
	for _, c := range []struct {
		name   string
		others int // messages by others since
		tried  bool
	}{
		{"an attempt was noted", 0, true}, {"none was", 0, false}, {"in a busy channel", 2500, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, true, func(r *rig) {
				r.enqueue(store.Outgoing{Key: "p", Payload: encoded(ping("before"))})
				r.posted("before", time.Minute)
				r.enqueue(store.Outgoing{Key: "p/edit", EditOf: "p", Payload: encoded(ping("after"))})
				r.posted("after", time.Minute)
				r.settled(time.Minute)
				for i := range c.others {
					if _, err := r.sim.Say(discordsim.AlertsChannel, discordsim.OperatorID, fmt.Sprint("chat ", i)); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(time.Hour)
				r.sim.ForgetNonces()
				r.forget("p", c.tried)
				r.settled(2 * time.Minute)
				r.once("after")
				if n := r.sim.Copies(discordsim.AlertsChannel, "before"); n != 0 {
					t.Errorf("%d copies of the old text", n)
				}
			})
		})
	}
}

// forget makes the outbox take a sent message for one that is due, as a backup
// of its file would.
func (r *rig) forget(key string, tried bool) {
	r.Helper()
	db, err := sql.Open("sqlite", r.path)
	if err != nil {
		r.Fatal(err)
	}
	defer db.Close()
	set := "attempts = 1"
	if !tried {
		set = "attempts = 0, first_tried = 0, last_tried = 0"
	}
	if _, err := db.Exec(`UPDATE outbox SET state = 'due', message_id = '', `+set+` WHERE post = ?`, key); err != nil {
		r.Fatal(err)
	}
	r.delivery.Retry() // it looks
}

// D10: What does not fit one message becomes several; everybody is pinged, every
// account and every line is shown.
func TestNothingIsSentThatIsNotShown(t *testing.T) {
	var roles []string
	bubble(t, true, func(r *rig) {
		for i := range 120 {
			id := fmt.Sprint(1200000000000000000 + i)
			roles = append(roles, id)
			r.sim.AddRole(discordsim.Role{ID: id, Name: id, Mentionable: true})
		}
		long := strings.Repeat("the gateway answered with a long text. ", 30)
		var out []store.Outgoing
		for i := range 10 {
			m := ping(fmt.Sprintf("account %d: refused", i))
			m.Cards = []message.Card{{Title: fmt.Sprintf("card of account %d.", i), Text: long[:900]}}
			out = append(out, store.Outgoing{Key: fmt.Sprintf("alert/a%d/1/1", i), Account: fmt.Sprint("a", i), Joins: true, Payload: encoded(m)})
		}
		many := ping("too many people")
		many.Mentions.Roles = roles
		many.Cards = nil
		for i := range 14 {
			many.Cards = append(many.Cards, message.Card{Title: fmt.Sprintf("part %d.", i), Text: long})
		}
		out = append(out, store.Outgoing{Key: "many", Payload: encoded(many)})
		var lines []string
		for i := range 90 {
			lines = append(lines, fmt.Sprintf("line %d of a long text. %s", i, long[:40]))
		}
		out = append(out, store.Outgoing{Key: "text", Payload: encoded(message.Message{Text: strings.Join(lines, "\n")})})
		r.enqueue(out...)
		r.settled(10 * time.Minute)
		for i := range 10 {
			r.once(fmt.Sprintf("account %d: refused", i), fmt.Sprintf("card of account %d.", i))
		}
		for i := range 14 {
			r.once(fmt.Sprintf("part %d.", i))
		}
		for i := range 90 {
			r.once(fmt.Sprintf("line %d of a long text", i))
		}
		var pinged []string
		for _, e := range r.sim.Ledger() {
			pinged = append(pinged, e.Pinged...)
		}
		for _, id := range roles {
			if !slices.Contains(pinged, id) {
				t.Errorf("role %s was not pinged", id)
			}
		}
		if broken := r.sim.Violations(); len(broken) > 0 {
			t.Error(broken)
		}
	})
}

// D4: the channel of the configuration in force counts, not that of the message.
func TestARefusedPostGoesIntoTheChannelConfiguredNow(t *testing.T) {
	const wrong, none = "1999999999999999999", "1999999999999999998"
	for _, c := range []struct {
		name  string
		first string
		fault *discordsim.Fault // in the right channel, before it is moved
	}{
		{"there is no such channel", wrong, nil},
		{"another channel, and the first attempt may have arrived", discordsim.ReportChannel, &discordsim.Fault{Kind: discordsim.FaultCutBefore, Method: http.MethodPost, Path: "/messages", Count: 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, true, func(r *rig) {
				var configured atomic.Value
				configured.Store(c.first)
				r.delivery.Channel = func(string, string) string { return configured.Load().(string) }
				if c.fault != nil {
					r.sim.Inject(*c.fault)
				}
				r.enqueue(store.Outgoing{Key: "alert/a/1/1", Account: "a", Channel: c.first, Joins: true, Payload: encoded(ping("one"))},
					store.Outgoing{Key: "alert/b/1/1", Account: "b", Channel: c.first, Joins: true, Payload: encoded(ping("two"))})
				time.Sleep(time.Second)
				configured.Store(discordsim.AlertsChannel)
				r.delivery.Retry()
				r.posted("one", time.Minute)
				r.posted("two", time.Minute)
				r.settled(time.Minute)
				r.once("one", "two")
				if n := len(r.sim.Messages(discordsim.ReportChannel)); n != 0 {
					t.Errorf("%d messages in the old channel", n)
				}
			})
		})
	}
}

func TestRefusalsAreTriedAgainEveryHour(t *testing.T) {
	bubble(t, true, func(r *rig) {
		r.sim.SetPermissions(discordsim.AlertsChannel, discordsim.PermissionView)
		r.enqueue(store.Outgoing{Key: "p", Payload: encoded(ping("late"))})
		time.Sleep(30 * time.Minute)
		letters, err := r.db.DeadLetters(r.Context(), 9)
		if err != nil || len(letters) != 1 || letters[0].Code != 50013 {
			t.Fatalf("%+v, %v", letters, err)
		}
		before := r.sim.Invalid()
		r.sim.SetPermissions(discordsim.AlertsChannel, discordsim.PermissionsUsual)
		time.Sleep(10 * time.Minute)
		if n := r.sim.Invalid(); n != before || before > 3 {
			t.Errorf("%d refused requests, then %d", before, n)
		}
		r.posted("late", time.Hour)
		r.settled(time.Minute)
		r.once("late")
	})
}

func TestWhatNoFullFormFitsGoesAsPlainText(t *testing.T) {
	bubble(t, true, func(r *rig) {
		r.sim.Inject(discordsim.Fault{Kind: discordsim.FaultCode, Code: 50035, Method: http.MethodPost, Path: postPath})
		r.enqueue(store.Outgoing{Key: "p", Payload: encoded(ping("team: $4.00 left"))})
		r.posted("team: $4.00 left", 5*time.Second)
		r.once("team: $4.00 left", "Discord refused the full form")
		if e := r.sim.Ledger()[0]; !slices.Equal(e.Pinged, []string{discordsim.OnCallRole}) {
			t.Errorf("pinged %v", e.Pinged)
		}
	})
}

// Whom a mention did not reach stays known, also over a restart, until a later
// one does or the role can be pinged.
func TestAMentionThatPingsNobodyIsNoticed(t *testing.T) {
	const silent = "1300000000000000001"
	for name, c := range map[string]struct {
		change func(*rig) // what happens then
		forgot bool
	}{
		"restart": {func(r *rig) { r.halt(); r.start(0) }, false},
		"a message that pings somebody else": {func(r *rig) {
			r.enqueue(store.Outgoing{Key: "q", Payload: encoded(ping("psst again"))})
			r.settled(time.Minute)
		}, false},
		"a message that pings nobody": {func(r *rig) {
			r.enqueue(store.Outgoing{Key: "q", Payload: encoded(message.Message{Text: "fine again"})})
			r.settled(time.Minute)
		}, false},
		"the role is mentionable and is pinged": {func(r *rig) {
			r.sim.AddRole(discordsim.Role{ID: silent, Name: "silent", Mentionable: true})
			m := ping("psst again")
			m.Mentions.Roles = append(m.Mentions.Roles, silent)
			r.enqueue(store.Outgoing{Key: "q", Payload: encoded(m)})
			r.settled(time.Minute)
		}, true},
		"the role is mentionable, as an event says": {func(r *rig) {
			r.sim.AddRole(discordsim.Role{ID: silent, Name: "silent", Mentionable: true})
			r.delivery.Retry()
		}, true},
		"the role is mentionable, which nobody says": {func(r *rig) {
			r.sim.AddRole(discordsim.Role{ID: silent, Name: "silent", Mentionable: true})
			time.Sleep(time.Hour)
		}, true},
		"the role is mentionable after a restart": {func(r *rig) {
			r.halt()
			r.sim.AddRole(discordsim.Role{ID: silent, Name: "silent", Mentionable: true})
			r.start(0)
		}, true},
		"the channel cannot be read": {func(r *rig) {
			r.sim.Inject(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 502, Method: http.MethodGet, Count: -1})
			r.delivery.Retry()
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, true, func(r *rig) {
				r.sim.AddRole(discordsim.Role{ID: silent, Name: "silent"})
				m := ping("psst")
				m.Mentions.Roles = append(m.Mentions.Roles, silent)
				r.enqueue(store.Outgoing{Key: "p", Payload: encoded(m)})
				r.posted("psst", time.Minute)
				time.Sleep(time.Second)
				if found := r.delivery.Unpinged(); len(found) != 1 || found[0].Channel != discordsim.AlertsChannel || !slices.Equal(found[0].IDs, []string{silent}) {
					t.Fatalf("%+v", found)
				}
				c.change(r)
				time.Sleep(time.Minute)
				if found := r.delivery.Unpinged(); (len(found) == 0) != c.forgot || len(found) == 1 && !slices.Equal(found[0].IDs, []string{silent}) {
					t.Errorf("%+v", found)
				}
			})
		})
	}
}

// Without the permission to read the history an attempt that may have arrived
// cannot be looked for. That is said, and the nonce keeps the copy away.
func TestAChannelWhoseHistoryMayNotBeRead(t *testing.T) {
	bubble(t, true, func(r *rig) {
		r.sim.SetPermissions(discordsim.AlertsChannel, discordsim.PermissionsUsual&^discordsim.PermissionHistory)
		r.sim.CutAfterStoring(1)
		r.enqueue(store.Outgoing{Key: "p", Payload: encoded(ping("blind"))})
		r.settled(time.Minute)
		r.once("blind")
		if !strings.Contains(r.log.String(), "Read Message History") {
			t.Error("the log does not say which permission is missing")
		}
	})
}

// A post that waits for those of other accounts goes when its time has come, whatever
// part of a second Discord's clock has left out.
func TestAPostIsHeldBackNoLongerThanItSays(t *testing.T) {
	for _, fraction := range []time.Duration{0, 300 * time.Millisecond, 700 * time.Millisecond, 999 * time.Millisecond} {
		bubble(t, true, func(r *rig) {
			time.Sleep(fraction)
			r.enqueue(store.Outgoing{Key: "alert/a/1/1", Payload: encoded(ping("first"))})
			r.posted("first", time.Minute)
			const hold = 2 * time.Second
			r.enqueue(
				store.Outgoing{Key: "alert/a/2/1", Payload: encoded(ping("second")), NotBefore: time.Now().Add(hold), Joins: true},
				store.Outgoing{Key: "alert/b/1/1", Payload: encoded(ping("third")), NotBefore: time.Now().Add(hold), Joins: true},
			)
			if took := r.posted("third", time.Minute); took < hold || took > hold+time.Second {
				t.Errorf("at %s past the second: posted after %s", fraction, took)
			}
			r.once("second", "third")
		})
	}
}
