package discord

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"mokabot/internal/message"
)

const (
	// forgottenTime is for how long after a start a new incident may be one that
	// was told before: until each account was read and confirmed. Later it is
	// another one, however much its post looks like the first.
	forgottenTime = 10 * time.Minute
	// forgottenTries is how often the channel is asked for before a post goes out
	// without knowing: a ping that is there twice is better than one that is late.
	forgottenTries = 3
)

// forgotten finds a new post in its channel that the bot posted before the
// database was put back to an earlier time.
func (d *Delivery) forgotten(ctx context.Context, m Due, t *trial) (id string, found bool, err error) {
	if d.Since.IsZero() || !m.FirstTriedAt.IsZero() {
		return "", false, nil
	}
	log := d.Log.With("id", m.ID, "key", m.Key, "channel", m.Channel)
	posted, err := d.postedSince(ctx, m.Channel)
	switch {
	case err == nil:
	case errors.Is(err, ErrNoHistory), remedyOf(err) == remedyHuman, t.fails >= forgottenTries:
		log.Warn("it cannot be looked for whether an earlier state of the database was told already", "err", err)
		return "", false, nil
	default:
		return "", false, err
	}
	for _, p := range posted {
		if !d.tells(p, m) {
			continue
		}
		if _, known, err := d.Box.FindByMessage(ctx, p.ID); err != nil {
			return "", false, err
		} else if known {
			continue
		}
		log.Warn("the message is in the channel already, and the database did not know it: it was put back to an earlier time", "message", p.ID)
		return p.ID, true, nil
	}
	return "", false, nil
}

// postedSince are the bot's messages in a channel between [Delivery.Since] and the
// start, read once.
func (d *Delivery) postedSince(ctx context.Context, channel string) ([]Posted, error) {
	d.mu.Lock()
	posted, known := d.posted[channel]
	d.mu.Unlock()
	if known {
		return posted, nil
	}
	posted, err := d.Send.Own(ctx, channel, d.Since)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.posted[channel] = posted
	return posted, nil
}

// tells reports whether a message in the channel tells what a new post would. One
// with the post's name does. The posts about an incident or a budget are numbered,
// and after a database was put back the second need not be the one that was the
// second before: their titles have to agree, too. The first post about an incident
// has a new name; a message that has its title and its colour, which the end of an
// incident changes, tells the same.
func (d *Delivery) tells(p Posted, m Due) bool {
	same, incident := p.m.carries(m.Nonce), strings.HasPrefix(m.Key, "alert/")
	if !incident && !strings.HasPrefix(m.Key, "budget/") {
		return same
	}
	first := incident && strings.HasSuffix(m.Key, "/1") && m.At.Sub(d.began) < forgottenTime
	var due message.Message
	if !same && !first || json.Unmarshal(m.Payload, &due) != nil {
		return false
	}
	for _, card := range wireCards(due.Cards, due.Files) {
		for _, e := range p.m.Embeds {
			title := markerPattern.ReplaceAllString(e.Title, "")
			if title != "" && title == card.Title && (same || e.Color == card.Color) {
				return true
			}
		}
	}
	return false
}
