package discordsim_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
)

func TestWhatTheGatewayCloses(t *testing.T) {
	for _, c := range []struct {
		name string
		op   int
		data string
		code int
	}{
		{"a wrong token", 2, `{"token":"wrong","intents":1,"properties":{"os":"o"}}`, 4004},
		{"no intents", 2, `{"token":"` + discordsim.Token + `","properties":{"os":"o"}}`, 4013},
		{"a presence before IDENTIFY", 3, `{}`, 4003},
		{"an unknown op", 99, `{}`, 4001},
		{"a heartbeat of text", 1, `"x"`, 4002},
		{"a shard that is none", 2, `{"token":"` + discordsim.Token + `","intents":1,"properties":{"os":"o"},"shard":[2,1]}`, 4010},
		{"unknown intents", 2, `{"token":"` + discordsim.Token + `","intents":1073741824,"properties":{"os":"o"}}`, 4013},
		{"intents that were not granted", 2, `{"token":"` + discordsim.Token + `","intents":3,"properties":{"os":"o"}}`, 4014},
		{"a threshold out of bounds", 2, `{"token":"` + discordsim.Token + `","intents":1,"large_threshold":7,"properties":{"os":"o"}}`, 4002},
		{"a payload that is too large", 3, `"` + strings.Repeat("x", 4096) + `"`, 4002},
		{"a resumption with a wrong token", 6, `{"token":"wrong","session_id":"x","seq":1}`, 4004},
	} {
		r := newRig(t)
		s := r.dial()
		s.want(10, "")
		s.send(c.op, c.data)
		s.wantClose(c.code)
		if len(r.Violations()) != 1 {
			t.Errorf("%s: %q", c.name, r.Violations())
		}
	}
	r := newRig(t)
	s := r.dial()
	s.login()
	s.send(2, identify)
	s.wantClose(4005)
}

func TestAResumptionReplaysWhatWasMissed(t *testing.T) {
	r := newRig(t)
	s := r.dial()
	id := s.login() // two events
	s.send(1, "2")
	s.want(11, "")
	r.Drop()
	if err := r.Disconnected(deadline(t)); err != nil {
		t.Fatal(err)
	}
	channel := r.AddChannel(discordsim.Channel{Name: "new"})
	s = r.dialAt("/resume")
	s.want(10, "")
	s.send(6, fmt.Sprintf(`{"token":"Bot %s","session_id":%q,"seq":2}`, discordsim.Token, id))
	if p := s.want(0, "CHANNEL_CREATE"); p.S != 3 {
		t.Errorf("the sequence goes on at %d", p.S)
	}
	s.want(0, "RESUMED")
	r.RemoveChannel(channel)
	s.want(0, "CHANNEL_DELETE")
	if len(r.Identifies()) != 1 || r.Resumes() != 1 {
		t.Errorf("%d identifies, %d resumes", len(r.Identifies()), r.Resumes())
	}
	r.noted()
}

func TestSessionsThatCannotBeResumed(t *testing.T) {
	const window = time.Minute
	inBubble(t, func(r *rig) {
		resume := func(id string, seq int) *socket {
			s := r.dialAt("/resume")
			s.want(10, "")
			s.send(6, fmt.Sprintf(`{"token":%q,"session_id":%q,"seq":%d}`, discordsim.Token, id, seq))
			return s
		}
		resume("unknown", 1).want(9, "")

		s := r.dial()
		id := s.login()
		_ = s.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(time.Second))
		_ = r.Disconnected(deadline(r.t))
		resume(id, 1).want(9, "")

		s = r.dial()
		id = s.login()
		r.Drop()
		_ = r.Disconnected(deadline(r.t))
		resume(id, 99).wantClose(4007)
		time.Sleep(window)
		resume(id, 1).want(9, "")
		r.noted("4007")
	}, discordsim.WithResumeWindow(window))
}

func TestIdentifyingTooOften(t *testing.T) {
	r := newRig(t, discordsim.WithIdentifySpacing(time.Hour))
	r.dial().login()
	s := r.dial()
	s.want(10, "")
	s.send(2, identify)
	s.want(9, "")
	r.noted("IDENTIFY only")
}

func TestAMissingHeartbeatIsNoted(t *testing.T) {
	for name, before := range map[string]func(*socket){
		"after READY":            func(s *socket) { s.login() },
		"after HELLO":            func(s *socket) { s.want(10, "") },
		"while READY is to come": func(s *socket) { s.want(10, ""); s.send(2, identify) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				if name == "while READY is to come" {
					r.InjectGateway(discordsim.GatewayFault{Kind: discordsim.GatewayNoReady})
				}
				s := r.dial()
				before(s)
				for {
					if _, err := s.next(); err != nil {
						break
					}
				}
				r.noted("heartbeat")
			}, discordsim.WithHeartbeat(20*time.Second))
		})
	}
}

func TestAResumptionBelongsWhereReadyTold(t *testing.T) {
	r := newRig(t)
	id := r.dial().login()
	again := func(path string) {
		s := r.dialAt(path)
		s.want(10, "")
		s.send(6, fmt.Sprintf(`{"token":%q,"session_id":%q,"seq":2}`, discordsim.Token, id))
		s.want(0, "RESUMED")
	}
	again("/resume")
	r.noted()
	r.Down(true)
	r.Down(false)
	again("/") // the other address may have been out of reach
	r.noted()
	for what, befalls := range map[string]func(){ // the connection that is about to resume
		"its line swallows":        func() { r.Swallow() },
		"it is cut":                r.Drop,
		"it is asked to reconnect": r.Reconnect,
		"it is closed with a code": func() { r.CloseGateway(4000) },
		"nothing arrives":          func() { r.Dark(true); r.Dark(false) },
	} {
		again("/resume")
		r.dialAt("/resume").want(10, "")
		befalls()
		again("/")
		if r.noted(); t.Failed() {
			t.Fatal(what)
		}
	}
	again("/")
	r.noted("where READY told")
}

func TestTheThousandAndFirstIdentifyResetsTheToken(t *testing.T) {
	proof.NotShort(t)
	proof.NotRaced(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := discordsim.New()
		defer s.Close()
		transport, err := s.Memory(false, nil)
		if err != nil {
			t.Fatal(err)
		}
		dialer := websocket.Dialer{NetDialContext: transport.DialContext, TLSClientConfig: transport.TLSClientConfig}
		for n := 1; n <= 1001; n++ {
			ws, _, err := dialer.DialContext(t.Context(), "wss://gateway.discord.gg/?v=9&encoding=json", nil)
			if err != nil {
				t.Fatal(err)
			}
			at := &socket{t: t, Conn: ws}
			at.want(10, "")
			at.send(2, identify)
			if n <= 1000 {
				at.want(0, "READY")
			} else {
				at.wantClose(4004)
			}
			_ = ws.Close()
			time.Sleep(10 * time.Second)
		}
		if got := s.Violations(); len(got) != 2 {
			t.Errorf("violations %q", got)
		}
	})
}

func TestFaultsOfTheGateway(t *testing.T) {
	r := newRig(t)
	r.InjectGateway(discordsim.GatewayFault{Kind: discordsim.GatewayRefuse, Code: 502})
	if _, resp, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+r.URL()[4:]+"/?v=9&encoding=json", nil); err == nil || resp.StatusCode != 502 {
		t.Errorf("%v", err)
	}
	for _, c := range []struct {
		kind discordsim.GatewayFaultKind
		look func(s *socket)
	}{
		{discordsim.GatewaySilent, func(s *socket) { s.silent() }},
		{discordsim.GatewayNoReady, func(s *socket) { s.want(10, ""); s.send(2, identify); s.silent() }},
		{discordsim.GatewayReconnect, func(s *socket) { s.want(10, ""); s.send(2, identify); s.want(7, "") }},
		{discordsim.GatewayInvalid, func(s *socket) { s.want(10, ""); s.send(2, identify); s.want(9, "") }},
		{discordsim.GatewayClose, func(s *socket) { s.want(10, ""); s.send(2, identify); s.wantClose(4000) }},
		{discordsim.GatewayNoAck, func(s *socket) { s.login(); s.send(1, "null"); s.silent() }},
		{discordsim.GatewayDrop, func(s *socket) {
			s.login()
			if _, err := s.next(); err == nil {
				t.Error("not dropped")
			}
		}},
	} {
		r.InjectGateway(discordsim.GatewayFault{Kind: c.kind})
		c.look(r.dial())
	}
	r.dial().login() // the faults are used up
	r.noted()
}

// silent wants nothing to come for a while.
func (s *socket) silent() {
	s.t.Helper()
	_ = s.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	var p packet
	err := s.ReadJSON(&p)
	if late, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); !ok || !late.Timeout() {
		s.t.Errorf("got %+v, %v instead of silence", p, err)
	}
}

func TestWhatTheServerSendsUnasked(t *testing.T) {
	r := newRig(t)
	s := r.dial()
	s.login()
	r.AskHeartbeat()
	s.want(1, "")
	r.Reconnect()
	s.want(7, "")
	r.Invalidate(true)
	if p := s.want(9, ""); string(p.D) != "true" {
		t.Errorf("op 9 with %s", p.D)
	}
	r.Mute(true)
	s.send(1, "2")
	r.AddChannel(discordsim.Channel{Name: "unseen"})
	s.silent()
	r.Mute(false)
	s = r.dial()
	s.login()
	r.CloseGateway(4009)
	s.wantClose(4009)
}
