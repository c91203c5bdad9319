package discordsim_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/internal/discordsim"
)

func TestTheThreeShapesOf429(t *testing.T) {
	for _, c := range []struct {
		kind         discordsim.FaultKind
		global, json bool
	}{
		{discordsim.FaultRateLimit, false, true},
		{discordsim.FaultGlobalRateLimit, true, true},
		{discordsim.FaultCloudflare, false, false},
	} {
		r := newRig(t)
		r.Inject(discordsim.Fault{Kind: c.kind, Method: "POST", Wait: 1500 * time.Millisecond})
		if a := r.ask("GET", alerts, ""); a.status != 200 {
			t.Errorf("another method: %d", a.status)
		}
		a := r.ask("POST", post, text("x"))
		if a.status != 429 || a.header.Get("Retry-After") != "1.5" || (a.header.Get("X-RateLimit-Global") == "true") != c.global || json.Valid(a.raw) != c.json {
			t.Errorf("%d %v %s", a.status, a.header, a.raw)
		}
		if a := r.ask("POST", post, text("x")); a.status != 200 {
			t.Errorf("the fault goes on: %d", a.status)
		}
		if r.Invalid() != 1 {
			t.Errorf("%d invalid requests", r.Invalid())
		}
		r.noted()
	}
}

func TestTheMomentsOfARequest(t *testing.T) {
	var told []string
	r := newRig(t, discordsim.WithOnRequest(func(m discordsim.Moment, method, path string) {
		told = append(told, fmt.Sprint(m, " ", method, " ", path))
	}))
	r.ask("POST", post, text("x"))
	r.Inject(discordsim.Fault{Kind: discordsim.FaultStatus})
	r.ask("POST", post, text("x"))
	want := []string{"0 POST " + post, "1 POST " + post, "0 POST " + post} // the last was never carried out
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestNoMoreRequestsAreKeptThanAskedFor(t *testing.T) {
	r := newRig(t, discordsim.WithRequests(3))
	for i := range 20 {
		if _, err := r.try("POST", post, text(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		kept := r.Requests()
		if len(kept) < min(3, i+1) || len(kept) > 6 {
			t.Fatalf("after %d requests %d are kept", i+1, len(kept))
		}
		if last := kept[len(kept)-1]; last.Status != 200 || !strings.Contains(string(last.Body), fmt.Sprintf("%q", fmt.Sprint(i))) {
			t.Fatalf("the last of %d: %d %s", i+1, last.Status, last.Body)
		}
	}
}

func TestCutLines(t *testing.T) {
	r := newRig(t)
	r.CutAfterStoring(2)
	for range 2 { // the transport repeats no POST
		if a, err := r.try("POST", post, nonce("once", "n")); err == nil {
			t.Errorf("an answer came: %d", a.status)
		}
	}
	if seen := r.Requests(); len(seen) != 2 || seen[1].Status != 0 {
		t.Errorf("the requests without an answer: %+v", seen)
	}
	if n := len(r.Messages(discordsim.AlertsChannel)); n != 1 {
		t.Errorf("%d messages are stored", n)
	}
	r.ForgetNonces()
	r.Inject(discordsim.Fault{Kind: discordsim.FaultCutBefore, Path: "/messages", Count: -1})
	if _, err := r.try("POST", post, text("x")); err == nil || len(r.Messages(discordsim.AlertsChannel)) != 1 {
		t.Errorf("%v", err)
	}
	if requests, connections := r.FaultsLeft(); requests != 1 || connections != 0 {
		t.Errorf("%d and %d faults are left", requests, connections)
	}
	r.Heal()
	if requests, _ := r.FaultsLeft(); requests != 0 {
		t.Errorf("after Heal %d faults are left", requests)
	}
	r.Inject(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 400, Body: `{"code":7}`})
	if a := r.ask("POST", post, text("x")); a.status != 400 || a.code != 7 || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	r.Inject(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 503})
	if a := r.ask("POST", post, text("x")); a.status != 503 || len(r.Messages(discordsim.AlertsChannel)) != 1 {
		t.Errorf("%d", a.status)
	}
	last := r.Requests()[len(r.Requests())-1]
	if last.Status != 503 || last.Path != post || !strings.Contains(string(last.Body), "content") {
		t.Errorf("%+v", last)
	}
}

func TestAHangEndsWithTheServer(t *testing.T) {
	r := newRig(t)
	r.Inject(discordsim.Fault{Kind: discordsim.FaultHang})
	done := make(chan error, 1)
	go func() { _, err := r.try("GET", alerts, ""); done <- err }()
	select {
	case err := <-done:
		t.Errorf("it answers: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	r.Close()
	if err := <-done; err == nil {
		t.Error("it answers")
	}
}

func TestDownAndUpAgain(t *testing.T) {
	r := newRig(t)
	s := r.dial()
	s.login()
	r.Down(true)
	if err := r.Disconnected(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.try("GET", alerts, ""); err == nil {
		t.Error("it answers while it is down")
	}
	r.Down(false)
	if a := r.ask("GET", alerts, ""); a.status != 200 {
		t.Errorf("%d", a.status)
	}
	r.dial().login()
	r.noted()
}

func TestRateLimitsAreTold(t *testing.T) {
	r := newRig(t, discordsim.WithRateLimit(2, time.Minute))
	for i, want := range []string{"1", "0"} {
		if a := r.ask("POST", post, text("x")); a.status != 200 || a.header.Get("X-RateLimit-Remaining") != want || a.header.Get("X-RateLimit-Bucket") == "" {
			t.Errorf("%d: %d %v", i, a.status, a.header)
		}
	}
	if a := r.ask("POST", post, text("x")); a.status != 429 || a.header.Get("X-RateLimit-Scope") != "user" || !strings.Contains(string(a.raw), `"global":false`) {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := r.ask("POST", "/channels/"+discordsim.ReportChannel+"/messages", text("x")); a.status != 200 {
		t.Errorf("another channel: %d", a.status)
	}
	r.noted("429")
}
