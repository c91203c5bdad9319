package discord

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"mokabot/internal/clock"
)

// Session is what a RESUME needs. The zero value means that there is no session.
type Session struct {
	ID        string
	ResumeURL string
	Seq       int64 // of the last event received
}

const (
	handoverName = "discord/handover"
	handoverTime = 2 * time.Second // for storing it
	noteEvery    = time.Second     // between two notes of the sequence number
	// staleSession is when a RESUME is not worth the attempt: Discord keeps a
	// session for a few minutes after its connection was lost.
	staleSession = 5 * time.Minute
	// renewNote is between two notes of a quiet session, whose age counts.
	renewNote = staleSession / 4
)

// Handover stores what the next leader needs to continue: the gateway session, whose
// events Discord replays; who the bot is, which only READY says; and the pause that
// Discord asked the whole bot for.
//
// Fill in the fields, call [Handover.Load], then [Handover.Run] beside the
// gateway. The other methods return at once.
type Handover struct {
	Values Values
	Now    func() time.Time // by a clock that all replicas share
	Log    *slog.Logger

	mu     sync.Mutex
	now    handover
	noted  handover // what is stored
	before int64    // the sequence number stored before noted
	held   map[int]int64
	next   int
	urgent chan struct{} // something is to be noted at once
	moved  chan struct{} // the sequence number to note is another one
}

// handover is what is stored.
type handover struct {
	SessionID   string    `json:"session_id"`
	ResumeURL   string    `json:"resume_gateway_url"`
	Seq         int64     `json:"seq"`
	At          time.Time `json:"at"` // of the note
	Ready       Ready     `json:"ready"`
	PausedUntil time.Time `json:"paused_until,omitzero"`

	PausedFor time.Duration `json:"paused_for,omitzero"` // the pause lasts no longer, whatever the clock shows; 0: not known
}

func (h handover) same(o handover) bool {
	return h.SessionID == o.SessionID && h.ResumeURL == o.ResumeURL && h.Seq == o.Seq && h.PausedUntil.Equal(o.PausedUntil) &&
		h.Ready.ApplicationID == o.Ready.ApplicationID && slices.Equal(h.Ready.GuildIDs, o.Ready.GuildIDs)
}

// Load reads what the previous leader stored: the session to resume, zero when there
// is none; who the bot is in it; and how long Discord still wants the bot to pause.
func (h *Handover) Load(ctx context.Context) (Session, Ready, time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.urgent, h.moved, h.held = make(chan struct{}, 1), make(chan struct{}, 1), map[int]int64{}
	var was handover
	raw, ok, err := h.Values.Value(ctx, handoverName)
	if err == nil && ok {
		err = json.Unmarshal(raw, &was)
	}
	if err != nil {
		h.Log.Warn("what the leader before left cannot be read; a new session begins", "err", err)
		return Session{}, Ready{}, 0
	}
	now := h.Now()
	pause := min(max(was.PausedUntil.Sub(now), 0), cmp.Or(was.PausedFor, maxMemory))
	if was.SessionID == "" || now.Sub(was.At) > staleSession {
		return Session{}, Ready{}, pause
	}
	h.now, h.noted, h.before = was, was, was.Seq
	return Session{ID: was.SessionID, ResumeURL: was.ResumeURL, Seq: was.Seq}, was.Ready, pause
}

// Session notes how far the session has come; the zero value notes its end.
func (h *Handover) Session(s Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	other := h.now.SessionID != s.ID || h.now.ResumeURL != s.ResumeURL
	if h.now.Seq != s.Seq {
		signal(h.moved)
	}
	h.now.SessionID, h.now.ResumeURL, h.now.Seq = s.ID, s.ResumeURL, s.Seq
	if other {
		clear(h.held) // what is under way belongs to a session that is over
		h.before = 0
		signal(h.urgent)
	}
}

// Ready notes who the bot is in the session that began.
func (h *Handover) Ready(r Ready) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now.Ready = r
	signal(h.urgent)
}

// Pause notes that Discord wants the bot to pause.
func (h *Handover) Pause(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now.PausedUntil, h.now.PausedFor = h.Now().Add(d).Round(0), d
	signal(h.urgent)
}

// Hold has Discord send the event that is being handled to the next leader again, until
// release is called.
func (h *Handover) Hold() (release func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := h.next
	h.next++
	h.held[id] = h.before
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.held, id)
		signal(h.moved)
	}
}

// signal wakes whoever waits for the channel, which holds one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it has not looked since the last one
	}
}

// Run stores changes until ctx ends, the sequence number at most once a second.
func (h *Handover) Run(ctx context.Context) error {
	var noted time.Time
	timer := time.NewTimer(noteEvery) // the note that was loaded may be old
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.urgent:
		case <-timer.C:
		case <-h.moved:
			if wait := noteEvery - time.Since(noted); wait > 0 {
				timer.Reset(wait)
				continue
			}
		}
		wait := clock.Together(renewNote)
		if !h.note(ctx) {
			wait = noteEvery
		}
		noted = time.Now()
		timer.Reset(wait)
	}
}

// Note stores what has changed now.
func (h *Handover) Note(ctx context.Context) { h.note(ctx) }

// note reports whether everything is stored.
func (h *Handover) note(ctx context.Context) bool {
	h.mu.Lock()
	next, last := h.now, h.noted
	for _, seq := range slices.Sorted(maps.Values(h.held)) {
		next.Seq = min(next.Seq, seq)
		break
	}
	next.At = h.Now().Round(0)
	h.mu.Unlock()
	if next.same(last) && (next.SessionID == "" || next.At.Sub(last.At) < renewNote/2) {
		return true
	}
	raw, err := json.Marshal(next)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, handoverTime)
		defer cancel()
		err = h.Values.SetValue(ctx, handoverName, raw)
	}
	if err != nil {
		if ctx.Err() == nil {
			h.Log.Warn("what the next leader needs cannot be stored", "err", err)
		}
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noted = next
	if next.SessionID == last.SessionID {
		h.before = min(last.Seq, next.Seq)
	} else {
		h.before = 0
	}
	return true
}
