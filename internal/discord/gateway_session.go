package discord

import (
	"encoding/json"
	"time"
)

// kept is the session as the gateway client knows it.
type kept struct {
	Session
	ready    Ready     // of READY, which a RESUME does not repeat
	reported bool      // OnReady was called in this session
	alive    time.Time // the last sign of life from Discord
}

// resumeWindow is how long after its last sign of life a session is worth a
// RESUME. Discord keeps it for "a few minutes".
const resumeWindow = 3 * time.Minute

// resumable reports whether Discord may still know the session.
func (k kept) resumable() bool { return k.ID != "" && time.Since(k.alive) < resumeWindow }

// setSession changes what is known of the session, after a sign of life. Only the
// goroutine of the connection does so.
func (g *Gateway) setSession(change func(*kept)) {
	g.mu.Lock()
	before := g.session.Session
	change(&g.session)
	g.session.alive = time.Now()
	now := g.session.Session
	g.mu.Unlock()
	if now != before && g.OnSession != nil {
		g.OnSession(now)
	}
}

// endSession forgets the session.
func (g *Gateway) endSession() { g.setSession(func(k *kept) { *k = kept{} }) }

func (g *Gateway) currentSession() kept {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.session
}

// sessionOf reads READY: what we need of it, so that nothing else in it can
// keep the bot away.
func sessionOf(p payload) (Session, Ready) {
	type object struct {
		ID   string `json:"id"`
		Name string `json:"username"`
	}
	var r struct {
		SessionID   string   `json:"session_id"`
		ResumeURL   string   `json:"resume_gateway_url"`
		User        object   `json:"user"`
		Application object   `json:"application"`
		Guilds      []object `json:"guilds"`
	}
	_ = json.Unmarshal(p.Data, &r)
	ready := Ready{ApplicationID: r.Application.ID, UserID: r.User.ID, Name: r.User.Name}
	for _, g := range r.Guilds {
		if g.ID != "" {
			ready.GuildIDs = append(ready.GuildIDs, g.ID)
		}
	}
	return Session{ID: r.SessionID, ResumeURL: r.ResumeURL, Seq: max(p.Seq, 0)}, ready
}
