package discordsim_test

import (
	"errors"
	"strings"
	"testing"

	"mokabot/internal/discordsim"
)

// modal is the answer that opens a form with one line.
func modal(line string) string {
	return `{"type":9,"data":{"custom_id":"ask","title":"How long?","components":[{"type":1,"components":[` + line + `]}]}}`
}

const line = `{"type":4,"custom_id":"time","style":1,"label":"Time","max_length":5}`

func TestAFormIsOpenedAndSent(t *testing.T) {
	r := newRig(t)
	filled := make(chan struct{}, 2)
	r.bot(func(i incoming) {
		switch {
		case i.Type == 3:
			defer func() { filled <- struct{}{} }()
			if a := r.respond(i, modal(line)); a.status != 204 {
				t.Errorf("callback: %d %s", a.status, a.raw)
			}
			if a := r.fill(i, text("x")); a.code != 10008 {
				t.Errorf("a form is filled like an answer: %d %s", a.status, a.raw)
			}
		case i.Data.CustomID != "ask" || i.Message.Content != "below" || i.Locale != "zh-CN":
			t.Errorf("sent: %+v", i)
		default:
			r.respond(i, `{"type":6}`)
			r.fill(i, text("for "+i.Data.Components[0].Components[0].Value))
		}
	})
	id := r.ask("POST", post, strings.Replace(buttons(button("ask")), `"components"`, `"content":"below","components"`, 1)).message(t).ID
	press := discordsim.Press{MessageID: id, CustomID: "ask", Locale: "zh-CN"}
	f, err := r.Open(deadline(t), press)
	if err != nil || f.Title != "How long?" || len(f.Inputs) != 1 || !f.Inputs[0].Required || f.Inputs[0].MaxLength != 5 {
		t.Fatalf("%+v, %v", f, err)
	}
	for _, values := range []map[string]string{nil, {"time": ""}, {"time": "much too long"}, {"time": "2h", "other": "x"}} {
		if _, err := r.Submit(deadline(t), f, values); !errors.Is(err, discordsim.ErrUsage) && !errors.Is(err, discordsim.ErrUnknown) {
			t.Errorf("the client sends %v: %v", values, err)
		}
	}
	if m, err := r.Submit(deadline(t), f, map[string]string{"time": "2h"}); err != nil || m.ID != id || m.Content != "for 2h" {
		t.Errorf("%s, %v", m.JSON(), err)
	}
	if _, err := r.Click(deadline(t), press); !errors.Is(err, discordsim.ErrUsage) {
		t.Errorf("a form in the place of a message: %v", err)
	}
	<-filled
	<-filled
	r.noted("10008", "10008")
}

func TestFormsThatDiscordRefuses(t *testing.T) {
	r := newRig(t)
	bad := []string{
		`{"type":9}`,
		`{"type":9,"data":{"custom_id":"","title":"t","components":[{"type":1,"components":[` + line + `]}]}}`,
		`{"type":9,"data":{"custom_id":"a","title":"` + strings.Repeat("t", 46) + `","components":[{"type":1,"components":[` + line + `]}]}}`,
		`{"type":9,"data":{"custom_id":"a","title":"t","components":[]}}`,
		`{"type":9,"data":{"custom_id":"a","title":"t","components":[` + line + `]}}`,
		modal(line + "," + strings.Replace(line, "time", "other", 1)),
		modal(`{"type":2,"style":1,"label":"l","custom_id":"x"}`),
		modal(`{"type":4,"custom_id":"time","style":3,"label":"Time"}`),
		modal(`{"type":4,"custom_id":"time","style":1}`),
		modal(`{"type":4,"custom_id":"time","style":1,"label":"Time","max_length":0}`),
		modal(`{"type":4,"custom_id":"time","style":1,"label":"Time","min_length":9,"max_length":5}`),
		modal(`{"type":4,"custom_id":"time","style":1,"label":"Time","placeholder":"` + strings.Repeat("p", 101) + `"}`),
	}
	answered := make(chan struct{})
	r.bot(func(i incoming) {
		if i.Type == 5 {
			if a := r.respond(i, modal(line)); a.code != 50035 {
				t.Errorf("a form in answer to a form: %d %s", a.status, a.raw)
			}
			r.respond(i, `{"type":4,"data":`+text("done")+`}`)
			return
		}
		defer close(answered)
		for _, body := range bad {
			if a := r.respond(i, body); a.code != 50035 {
				t.Errorf("%s: %d %s", body, a.status, a.raw)
			}
		}
		r.respond(i, modal(line))
	})
	id := r.ask("POST", post, buttons(button("ask"))).message(t).ID
	f, err := r.Open(deadline(t), discordsim.Press{MessageID: id, CustomID: "ask"})
	<-answered
	if err != nil {
		t.Fatal(err)
	}
	if m, err := r.Submit(deadline(t), f, map[string]string{"time": "2h"}); err != nil || m.Content != "done" {
		t.Errorf("%s, %v", m.JSON(), err)
	}
	if n := len(r.Violations()); n != len(bad)+1 {
		t.Errorf("%d violations, want %d", n, len(bad)+1)
	}
}
