package discord

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"mokabot/internal/lang"
	"mokabot/internal/store"
)

// unpingedName names the stored list of roles and users that mentions did not reach.
const unpingedName = "discord/unpinged"

// Receipt is what Discord said of a message that it created.
type Receipt struct {
	ID string
	// Pinged are the roles and users, by id, that the message pinged as it should.
	Pinged []string
	// Unpinged are those that it should have pinged and that Discord does not
	// name in its answer: the role is not mentionable, it was deleted, or the user
	// left.
	Unpinged []string
	// ThreadRoles reports that members of a mentioned role could not be added
	// to the thread (FAILED_TO_MENTION_SOME_ROLES_IN_THREAD) and were not pinged.
	ThreadRoles bool
}

// Unpinged are the roles and users whom mentions in a channel do not reach.
type Unpinged struct {
	Channel string    `json:"channel"`
	IDs     []string  `json:"ids,omitempty"`    // roles and users
	Thread  bool      `json:"thread,omitempty"` // a thread could not take members of a role
	At      time.Time `json:"at"`               // of the last message that showed it
}

// loadUnpinged reads what earlier processes noted, unless that was done.
func (d *Delivery) loadUnpinged(ctx context.Context) error {
	d.mu.Lock()
	loaded := d.loaded
	d.mu.Unlock()
	if loaded || d.Values == nil {
		return nil
	}
	raw, ok, err := d.Values.Value(ctx, unpingedName)
	if err != nil {
		return err
	}
	var noted []Unpinged
	if ok {
		if err := json.Unmarshal(raw, &noted); err != nil {
			d.Log.Warn("whom earlier mentions did not reach is not readable; the list starts anew", "err", err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, u := range noted {
		if _, newer := d.unpinged[u.Channel]; !newer {
			d.unpinged[u.Channel] = u
		}
	}
	d.loaded = true
	return nil
}

// noteMentions notes for [Delivery.Unpinged] whom the mentions of a message did not
// reach, and forgets those whom they did.
func (d *Delivery) noteMentions(ctx context.Context, m store.Due, r Receipt) {
	if len(r.Unpinged) > 0 || r.ThreadRoles {
		d.Log.Error("a mention pinged nobody: allow it to be mentioned, or give the bot the permission to mention all roles in this channel",
			"key", m.Key, "channel", m.Channel, "ids", r.Unpinged, "thread", r.ThreadRoles)
	}
	d.changeUnpinged(ctx, m.Channel, func(u *Unpinged) {
		u.IDs = slices.DeleteFunc(u.IDs, func(id string) bool { return slices.Contains(r.Pinged, id) || slices.Contains(r.Unpinged, id) })
		u.IDs = append(u.IDs, r.Unpinged...)
		if len(r.Pinged) > 0 || r.ThreadRoles {
			u.Thread = r.ThreadRoles
		}
		if len(r.Unpinged) > 0 || r.ThreadRoles {
			u.At = d.Now()
		}
	})
}

// changeUnpinged changes what is noted of a channel, and keeps it.
func (d *Delivery) changeUnpinged(ctx context.Context, channel string, change func(*Unpinged)) {
	err := d.loadUnpinged(ctx) // what is not read would be overwritten
	if !d.changesUnpinged(channel, change) || d.Values == nil {
		return
	}
	d.keeping <- struct{}{} // the newest list is stored last
	defer func() { <-d.keeping }()
	if err == nil {
		var raw []byte
		if raw, err = json.Marshal(d.Unpinged()); err == nil {
			err = d.Values.SetValue(ctx, unpingedName, raw)
		}
	}
	if err != nil {
		d.Log.Warn("whom a mention did not reach is forgotten at a restart", "err", err)
	}
}

// changesUnpinged changes what is noted of a channel, and reports whether it is different
// now.
func (d *Delivery) changesUnpinged(channel string, change func(*Unpinged)) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.unpinged[channel]
	after := Unpinged{Channel: channel, IDs: slices.Clone(before.IDs), Thread: before.Thread, At: before.At}
	change(&after)
	if slices.Equal(before.IDs, after.IDs) && before.Thread == after.Thread && before.At.Equal(after.At) {
		return false
	}
	if d.unpinged[channel] = after; len(after.IDs) == 0 && !after.Thread {
		delete(d.unpinged, channel)
	}
	return true
}

// recheckUnpinged forgets the roles that can be pinged now.
func (d *Delivery) recheckUnpinged(ctx context.Context) {
	if d.Access == nil {
		return
	}
	for _, noted := range d.Unpinged() {
		if len(noted.IDs) == 0 {
			continue
		}
		access, err := d.Access(ctx, noted.Channel)
		if err != nil {
			continue // nothing is known, so what was seen stands
		}
		d.changeUnpinged(ctx, noted.Channel, func(u *Unpinged) {
			u.IDs = slices.DeleteFunc(u.IDs, func(id string) bool { return access.HasRole(id) && access.CanMention(id) })
		})
	}
}

// Unpinged lists the channels in which a mention did not reach everybody, until a later
// one does or the role can be pinged. The list survives a restart.
func (d *Delivery) Unpinged() []Unpinged {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.SortedFunc(maps.Values(d.unpinged), func(a, b Unpinged) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Channel, b.Channel))
	})
}

func (d *Delivery) words() *lang.Words {
	if d.Words == nil {
		return lang.For("")
	}
	return d.Words()
}

// receipt compares what Discord created with what was asked for.
func receipt(kept stored, wanted allowedMentions) Receipt {
	r := Receipt{ID: kept.ID, ThreadRoles: kept.Flags&flagRolesNotInThread != 0}
	sort := func(id string, pinged bool) {
		if pinged {
			r.Pinged = append(r.Pinged, id)
		} else {
			r.Unpinged = append(r.Unpinged, id)
		}
	}
	if kept.MentionRoles != nil {
		for _, id := range wanted.Roles {
			sort(id, slices.Contains(*kept.MentionRoles, id))
		}
	}
	if kept.Mentions != nil {
		for _, id := range wanted.Users {
			sort(id, slices.ContainsFunc(*kept.Mentions, func(u storedUser) bool { return u.ID == id }))
		}
	}
	return r
}
