package discord

import (
	"maps"
	"slices"
	"time"

	"mokabot/internal/lang"
)

// Receipt is what Discord said of a message that it created.
type Receipt struct {
	ID string
	// Unpinged are the roles and users, by id, that the message should have
	// pinged and that Discord does not name in its answer: the role is not
	// mentionable, it was deleted, or the user left.
	Unpinged []string
	// ThreadRoles reports that members of a mentioned role could not be added
	// to the thread (FAILED_TO_MENTION_SOME_ROLES_IN_THREAD) and were not pinged.
	ThreadRoles bool
}

// Unpinged is a message whose mention did not reach everybody.
type Unpinged struct {
	Channel string
	IDs     []string // roles and users; empty when a thread could not take a role's members
	At      time.Time
}

// noteMentions remembers for [Delivery.Unpinged] whom a message pinged in vain.
func (d *Delivery) noteMentions(m Due, r Receipt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(r.Unpinged) == 0 && !r.ThreadRoles {
		if m.Lane == 0 {
			delete(d.unpinged, m.Channel)
		}
		return
	}
	d.unpinged[m.Channel] = Unpinged{Channel: m.Channel, IDs: r.Unpinged, At: d.Now()}
	d.Log.Error("a mention pinged nobody: allow it to be mentioned, or give the bot Mention Everyone in this channel",
		"key", m.Key, "channel", m.Channel, "ids", r.Unpinged, "thread", r.ThreadRoles)
}

// Unpinged lists the channels whose last mention did not reach everybody.
func (d *Delivery) Unpinged() []Unpinged {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.SortedFunc(maps.Values(d.unpinged), func(a, b Unpinged) int { return b.At.Compare(a.At) })
}

func (d *Delivery) words() *lang.Words {
	if d.Words == nil {
		return lang.For("")
	}
	return d.Words()
}

// receipt compares what Discord created with what was asked for.
func receipt(kept stored, asked wireMentions) Receipt {
	r := Receipt{ID: kept.ID, ThreadRoles: kept.Flags&flagRolesNotInThread != 0}
	if kept.MentionRoles != nil {
		for _, id := range asked.Roles {
			if !slices.Contains(*kept.MentionRoles, id) {
				r.Unpinged = append(r.Unpinged, id)
			}
		}
	}
	if kept.Mentions != nil {
		for _, id := range asked.Users {
			if !slices.ContainsFunc(*kept.Mentions, func(u storedUser) bool { return u.ID == id }) {
				r.Unpinged = append(r.Unpinged, id)
			}
		}
	}
	return r
}
