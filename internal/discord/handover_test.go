package discord

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// shelf keeps values for a test, and can be out of reach.
type shelf struct {
	mu     sync.Mutex
	values map[string][]byte
	writes int
	err    error
}

// fail has every question and every note fail with err, or none with nil.
func (s *shelf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *shelf) Value(_ context.Context, name string) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[name]
	return v, ok, s.err
}

func (s *shelf) SetValue(_ context.Context, name string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.writes++
	s.values[name] = value
	return nil
}

func newHandover(t *testing.T, s *shelf) (h *Handover, session Session, ready Ready, wait time.Duration) {
	t.Helper()
	h = &Handover{Values: s, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	session, ready, wait = h.Load(t.Context())
	return h, session, ready, wait
}

func (s *shelf) seq(t *testing.T) int64 {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var h handover
	if err := json.Unmarshal(s.values[handoverName], &h); err != nil {
		t.Fatal(err)
	}
	return h.Seq
}

func TestTheNextLeaderGoesOnWithTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &shelf{values: map[string][]byte{}}
		h, session, _, _ := newHandover(t, kept)
		if session.ID != "" {
			t.Fatalf("of nothing came %+v", session)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go h.Run(ctx)
		h.Session(Session{ID: "s1", ResumeURL: "wss://resume.example", Seq: 1})
		h.Ready(Ready{ApplicationID: "app", UserID: "bot", Name: "mokabot", GuildIDs: []string{"1"}})
		synctest.Wait()
		for seq := range int64(5000) {
			h.Session(Session{ID: "s1", ResumeURL: "wss://resume.example", Seq: 1 + seq})
			time.Sleep(10 * time.Millisecond)
		}
		synctest.Wait()
		if kept.writes > 60 {
			t.Errorf("%d notes within 50 s", kept.writes)
		}
		if seq := kept.seq(t); seq < 4800 {
			t.Errorf("event %d of 5000 is noted", seq)
		}
		h.Pause(20 * time.Second)
		cancel()
		synctest.Wait()
		h.Session(Session{ID: "s1", ResumeURL: "wss://resume.example", Seq: 5001})
		h.Note(t.Context()) // the last word
		time.Sleep(5 * time.Second)
		_, session, ready, wait := newHandover(t, kept)
		if session.ID != "s1" || session.ResumeURL != "wss://resume.example" || session.Seq != 5001 {
			t.Errorf("the session is %+v", session)
		}
		if ready.ApplicationID != "app" || len(ready.GuildIDs) != 1 || wait != 15*time.Second {
			t.Errorf("%+v, a pause of %s", ready, wait)
		}
	})
}

// A killed leader has received interactions that it did not answer.
func TestEventsUnderWayAreSentAgain(t *testing.T) {
	kept := &shelf{values: map[string][]byte{}}
	h, _, _, _ := newHandover(t, kept)
	at := func(seq int64) { h.Session(Session{ID: "s1", Seq: seq}); h.Note(t.Context()) }
	at(1)
	at(10)
	at(20)
	release := h.Hold() // event 20, or one that came just before or after the note
	at(30)
	at(40)
	if seq := kept.seq(t); seq >= 20 {
		t.Errorf("while event 20 is handled %d is noted", seq)
	}
	release()
	at(41)
	if seq := kept.seq(t); seq != 41 {
		t.Errorf("when it is handled %d is noted", seq)
	}
	h.Hold()
	h.Session(Session{ID: "s2", Seq: 2})
	h.Note(t.Context())
	if seq := kept.seq(t); seq != 2 {
		t.Errorf("a new session is noted at %d", seq)
	}
}

func TestWhatCannotBeResumedIsNot(t *testing.T) {
	for _, c := range []struct {
		what  string
		then  func(*Handover, *shelf)
		wait  time.Duration
		found bool
	}{
		{"a session of now", func(*Handover, *shelf) {}, 0, true},
		{"a session that ended", func(h *Handover, _ *shelf) { h.Session(Session{}) }, 0, false},
		{"an old session", func(*Handover, *shelf) {}, staleSession + time.Second, false},
		{"no JSON", func(_ *Handover, s *shelf) { s.values[handoverName] = []byte("{") }, 0, false},
		{"a database that does not answer", func(_ *Handover, s *shelf) { s.fail(errors.New("down")) }, 0, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				kept := &shelf{values: map[string][]byte{}}
				h, _, _, _ := newHandover(t, kept)
				h.Session(Session{ID: "s1", Seq: 7})
				h.Note(t.Context())
				c.then(h, kept)
				h.Note(t.Context())
				time.Sleep(c.wait)
				if _, session, _, _ := newHandover(t, kept); (session.ID != "") != c.found {
					t.Errorf("the session is %+v", session)
				}
			})
		})
	}
}

func TestAQuietSessionDoesNotGetOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept, looks := &shelf{values: map[string][]byte{}}, 0
		h, _, _, _ := newHandover(t, kept)
		h.Now = func() time.Time { looks++; return time.Now() }
		ctx, cancel := context.WithCancel(t.Context())
		go h.Run(ctx)
		h.Session(Session{ID: "s1", Seq: 7})
		time.Sleep(time.Hour)
		cancel()
		synctest.Wait()
		if _, session, _, _ := newHandover(t, kept); session.ID == "" {
			t.Error("after an hour without an event the session is not resumed")
		}
		if looks > 60 {
			t.Errorf("the program woke %d times in an hour without an event", looks)
		}
	})
}

func TestANoteFollowsWhateverChangesIt(t *testing.T) {
	for _, c := range []struct {
		what string
		then func(*Handover, *shelf)
	}{
		{"an event", func(h *Handover, _ *shelf) { h.Session(Session{ID: "s1", Seq: 8}) }},
		{"an event that was handled", func(h *Handover, _ *shelf) {
			release := h.Hold()
			h.Session(Session{ID: "s1", Seq: 8})
			time.Sleep(10 * time.Second)
			release()
		}},
		{"a database that answers again", func(h *Handover, s *shelf) {
			s.fail(errors.New("down"))
			h.Session(Session{ID: "s1", Seq: 8})
			time.Sleep(10 * time.Second)
			s.fail(nil)
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				kept := &shelf{values: map[string][]byte{}}
				h, _, _, _ := newHandover(t, kept)
				ctx, cancel := context.WithCancel(t.Context())
				go h.Run(ctx)
				h.Session(Session{ID: "s1", Seq: 7})
				time.Sleep(time.Minute)
				c.then(h, kept)
				time.Sleep(2 * noteEvery)
				synctest.Wait()
				if seq := kept.seq(t); seq != 8 {
					t.Errorf("event %d is noted, want 8", seq)
				}
				cancel()
				synctest.Wait()
			})
		})
	}
}

// A stored pause is no longer than Discord asked for, wherever the clock stands at the
// restart.
func TestAStoredPauseOutlivesNoStepOfTheClock(t *testing.T) {
	for _, step := range []time.Duration{0, -time.Minute, -8 * time.Hour, -365 * 24 * time.Hour, 8 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(2 * 365 * 24 * time.Hour)
			s := &shelf{values: map[string][]byte{}}
			h, _, _, _ := newHandover(t, s)
			h.Pause(3 * time.Second)
			h.Note(t.Context())
			after := &Handover{Values: s, Now: func() time.Time { return time.Now().Add(step) }, Log: slog.New(slog.DiscardHandler)}
			_, _, pause := after.Load(t.Context())
			want := 3 * time.Second
			if step > 0 {
				want = 0 // as far as anybody can tell it is over
			}
			if pause != want {
				t.Errorf("a step of %s: a pause of %s, want %s", step, pause, want)
			}
		})
	}
}
