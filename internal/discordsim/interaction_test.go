package discordsim_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/discordsim"
)

const hooks = "/webhooks/" + discordsim.ApplicationID + "/"

func TestADeferredAnswer(t *testing.T) {
	r := newRig(t)
	r.bot(func(i incoming) {
		if a := r.respond(i, `{"type":5,"data":{"flags":64}}`); a.status != 204 {
			t.Errorf("callback: %d %s", a.status, a.raw)
		}
		if m := r.Messages(discordsim.AlertsChannel); len(m) != 1 || !m[0].Thinking() || !m[0].Ephemeral() {
			t.Errorf("while it thinks: %+v", m)
		}
		if a := r.fill(i, text(fmt.Sprint(i.Data.Options[0].Value, " ", i.Member.User.Username, " ", i.Member.Permissions, " ", i.Locale))); a.status != 200 {
			t.Errorf("edit: %d %s", a.status, a.raw)
		}
	})
	m, err := r.Slash(deadline(t), discordsim.Call{Name: "balance", Locale: "zh-CN", Options: map[string]any{"account": "team"}})
	if err != nil || !strings.HasPrefix(m.Content, "team operator ") || !strings.HasSuffix(m.Content, " zh-CN") || !m.Ephemeral() || m.Thinking() || m.Edited != nil {
		t.Errorf("%s, %v", m.JSON(), err)
	}
	if raw := string(r.ask("GET", post, "").raw); raw != "[]" {
		t.Errorf("the history shows an ephemeral answer: %s", raw)
	}
	r.noted()
}

func TestInDirectMessagesThereIsNoMember(t *testing.T) {
	r := newRig(t)
	r.bot(func(i incoming) {
		r.respond(i, `{"type":4,"data":`+text(fmt.Sprintf("%v %v %s", i.Member == nil, i.GuildID == "", i.User.Username))+`}`)
	})
	for user, want := range map[string]string{"": "true true operator", discordsim.MemberID: "true true stranger"} {
		m, err := r.Slash(deadline(t), discordsim.Call{User: user, DM: true, Name: "balance"})
		if err != nil || m.Content != want {
			t.Errorf("%s, %v", m.JSON(), err)
		}
	}
	r.noted()
}

func TestGuildCommandsAreNotOfferedInDirectMessages(t *testing.T) {
	r := newRig(t)
	r.bot(func(incoming) {})
	r.ask("PUT", puts, `[]`)
	r.ask("PUT", "/applications/"+discordsim.ApplicationID+"/guilds/"+discordsim.GuildID+"/commands", `[{"name":"here","description":"d"}]`)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := r.Slash(ctx, discordsim.Call{DM: true, Name: "here"}); !errors.Is(err, discordsim.ErrUnknown) {
		t.Errorf("err = %v", err)
	}
}

func TestAnswersThatDiscordRefuses(t *testing.T) {
	r := newRig(t)
	codes := make(chan int, 10)
	r.bot(func(i incoming) {
		codes <- r.fill(i, text("early")).code                            // before the acknowledgement
		codes <- r.respond(i, `{"type":6}`).code                          // of a button
		codes <- r.respond(i, `{"type":4,"data":`+text("")+`}`).code      // empty
		codes <- r.respond(i, `{"type":4,"data":`+text("first")+`}`).code // right
		codes <- r.respond(i, `{"type":5}`).code                          // once more
	})
	if m, err := r.Slash(deadline(t), discordsim.Call{Name: "balance"}); err != nil || m.Content != "first" {
		t.Errorf("%s, %v", m.JSON(), err)
	}
	for i, want := range []int{10015, 50035, 50006, 0, 40060} {
		if got := <-codes; got != want {
			t.Errorf("answer %d has the code %d, want %d", i, got, want)
		}
	}
	r.noted("10015", "50035", "50006", "40060")
}

func TestAnAcknowledgementThatComesTooLate(t *testing.T) {
	inBubble(t, func(r *rig) {
		late := make(chan int, 1)
		r.bot(func(i incoming) {
			time.Sleep(4 * time.Second)
			late <- r.respond(i, `{"type":5}`).code
		})
		if _, err := r.Slash(deadline(r.t), discordsim.Call{Name: "balance"}); !errors.Is(err, discordsim.ErrNoAck) {
			r.t.Errorf("err = %v", err)
		}
		if code := <-late; code != 10062 {
			r.t.Errorf("code %d", code)
		}
		r.noted("not acknowledged", "10062")
	}, discordsim.WithAckTime(3*time.Second))
}

func TestAnInteractionsTokenEnds(t *testing.T) {
	const life = 15 * time.Minute
	inBubble(t, func(r *rig) {
		end := make(chan int, 1)
		r.bot(func(i incoming) {
			r.respond(i, `{"type":4,"data":`+text("x")+`}`)
			time.Sleep(life + time.Second)
			end <- r.fill(i, text("y")).code
		})
		if _, err := r.Slash(deadline(r.t), discordsim.Call{Name: "balance"}); err != nil {
			r.t.Error(err)
		}
		if code := <-end; code != 50027 {
			r.t.Errorf("code %d", code)
		}
	}, discordsim.WithInteractionLife(life))
}

func TestButtons(t *testing.T) {
	r := newRig(t)
	r.bot(func(i incoming) {
		switch i.Data.CustomID {
		case "update":
			r.respond(i, `{"type":7,"data":`+text("updated")+`}`)
		case "defer":
			r.respond(i, `{"type":6}`)
			r.fill(i, text("edited"))
		case "more":
			r.respond(i, `{"type":6}`)
			if a, err := r.try("POST", hooks+i.Token, text("more")); err != nil || a.status != 200 {
				t.Errorf("follow-up: %s, %v", a.raw, err)
			}
		}
	})
	const off = `{"type":2,"style":2,"label":"l","custom_id":"off","disabled":true}`
	id := r.ask("POST", post, buttons(button("update")+","+button("defer")+","+button("more")+","+off)).message(t).ID
	for custom, want := range map[string]string{"update": "updated", "defer": "edited", "more": "more"} {
		m, err := r.Click(deadline(t), discordsim.Press{MessageID: id, CustomID: custom})
		if err != nil || m.Content != want || (m.ID == id) != (custom != "more") {
			t.Errorf("%s: %s, %v", custom, m.JSON(), err)
		}
	}
	for custom, want := range map[string]error{"off": discordsim.ErrUsage, "none": discordsim.ErrUnknown} {
		if _, err := r.Click(deadline(t), discordsim.Press{MessageID: id, CustomID: custom}); !errors.Is(err, want) {
			t.Errorf("%s: %v", custom, err)
		}
	}
	r.noted()
}

func TestAutocompletion(t *testing.T) {
	r := newRig(t)
	r.bot(func(i incoming) {
		o := i.Data.Options[0]
		if o.Value == "many" {
			r.respond(i, `{"type":8,"data":{"choices":[`+strings.Repeat(`{"name":"n","value":"v"},`, 25)+`{"name":"n","value":"v"}]}}`)
			r.respond(i, `{"type":8,"data":{}}`)
			r.respond(i, `{"type":8,"data":{"choices":[]}}`)
			return
		}
		r.respond(i, fmt.Sprintf(`{"type":8,"data":{"choices":[{"name":"%v %v","value":"v"}]}}`, o.Value, o.Focused))
	})
	call := discordsim.Call{Name: "balance"}
	if list, err := r.Autocomplete(deadline(t), call, "account", "te"); err != nil || len(list) != 1 || list[0].Name != "te true" {
		t.Errorf("%v, %v", list, err)
	}
	if list, err := r.Autocomplete(deadline(t), call, "account", "many"); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := r.Autocomplete(deadline(t), call, "share", "x"); !errors.Is(err, discordsim.ErrUsage) {
		t.Errorf("err = %v", err)
	}
	r.noted("50035", "50035")
}

func TestAUserCannotDoEverything(t *testing.T) {
	r := newRig(t)
	if _, err := r.Slash(deadline(t), discordsim.Call{Name: "balance"}); !errors.Is(err, discordsim.ErrUnknown) && !errors.Is(err, discordsim.ErrNotConnected) {
		t.Errorf("without a bot: %v", err)
	}
	r.bot(func(incoming) {})
	for name, c := range map[string]discordsim.Call{
		"an option that is not there": {Name: "balance", Options: map[string]any{"none": "x"}},
		"a number for a text":         {Name: "balance", Options: map[string]any{"account": 1}},
		"a text for a switch":         {Name: "balance", Options: map[string]any{"share": "yes"}},
		"a user whom nobody knows":    {Name: "balance", User: "1"},
		"a channel that is not there": {Name: "balance", Channel: "1"},
	} {
		if _, err := r.Slash(deadline(t), c); !errors.Is(err, discordsim.ErrUsage) && !errors.Is(err, discordsim.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A bot that has not heard of its first acknowledgement cannot know that the next one is
// refused. Any other repetition is its fault.
func TestARepeatedAcknowledgementIsExcusedWhereTheBotCannotKnow(t *testing.T) {
	const ack = `{"type":5}`
	for _, c := range []struct {
		what   string
		first  func(r *rig, i incoming) // acknowledges
		before func(r *rig, id string)  // happens before the second acknowledgement
		noted  []string
	}{
		{"it heard", nil, nil, []string{"40060", "40060"}},
		{"the answer was cut", func(r *rig, i incoming) {
			r.Inject(discordsim.Fault{Kind: discordsim.FaultCutAfter, Path: "/callback"})
			_, _ = r.try("POST", "/interactions/"+i.ID+"/"+i.Token+"/callback", ack)
		}, nil, nil},
		{"it gave the connection up", nil, func(r *rig, _ string) { r.client.CloseIdleConnections() }, nil},
		{"the connection went dead", nil, func(r *rig, _ string) { r.Swallow(); r.client.CloseIdleConnections() }, nil},
		{"the event was sent again", nil, func(r *rig, id string) {
			r.Drop()
			_ = r.Disconnected(deadline(r.t))
			s := r.dialAt("/resume")
			s.want(10, "")
			s.send(6, fmt.Sprintf(`{"token":%q,"session_id":%q,"seq":2}`, discordsim.Token, id))
			s.want(0, "INTERACTION_CREATE")
		}, []string{"40060"}}, // the third time
	} {
		t.Run(c.what, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				s := r.dial()
				id := s.login()
				r.ask("PUT", puts, `[{"name":"balance","description":"d"}]`)
				go func() { _, _ = r.Slash(r.t.Context(), discordsim.Call{Name: "balance"}) }()
				var i incoming
				if err := json.Unmarshal(s.want(0, "INTERACTION_CREATE").D, &i); err != nil {
					r.t.Fatal(err)
				}
				if c.first != nil {
					c.first(r, i)
				} else {
					r.respond(i, ack)
				}
				if c.before != nil {
					c.before(r, id)
				}
				synctest.Wait()
				for range 2 {
					if code := r.respond(i, ack).code; code != 40060 {
						r.t.Errorf("code %d", code)
					}
				}
				r.noted(c.noted...)
			})
		})
	}
}
