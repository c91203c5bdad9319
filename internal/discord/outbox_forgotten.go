package discord

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"mokabot/internal/message"
	"mokabot/internal/store"
)

const (
	// forgottenTime is how long after a start a new incident may be one that was posted
	// before: until each account was read and confirmed. A later one is another incident,
	// however much its post looks like the first.
	forgottenTime = 10 * time.Minute
	// forgottenTries is how often reading the channel may fail before a post goes out
	// anyway: a ping that is there twice is better than one that is late.
	forgottenTries = 3
)

// forgotten finds a new post in its channel that the bot posted before the
// database was put back to an earlier time.
func (d *Delivery) forgotten(ctx context.Context, m store.Due, t *trial) (id string, found bool, err error) {
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
		if !d.repeats(p, m) {
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

// repeats reports whether a new post repeats a message of the channel: one with the
// post's nonce. The posts about an incident or a budget are numbered, and after a
// database was put back the second need not be the former second: their titles have to
// agree, too. The first post about an incident has a new nonce and repeats a message
// with its title and colour; the end of an incident changes the colour.
func (d *Delivery) repeats(p Posted, m store.Due) bool {
	same, incident := p.m.carries(m.Nonce), strings.HasPrefix(m.Key, "alert/")
	if !incident && !strings.HasPrefix(m.Key, "budget/") {
		return same
	}
	first := incident && strings.HasSuffix(m.Key, "/1") && m.At.Sub(d.began) < forgottenTime
	var due message.Message
	if !same && !first || json.Unmarshal(m.Payload, &due) != nil {
		return false
	}
	for _, card := range toEmbeds(due.Cards, due.Files) {
		for _, e := range p.m.Embeds {
			title := markerPattern.ReplaceAllString(e.Title, "")
			if title != "" && title == card.Title && (same || e.Color == card.Color) {
				return true
			}
		}
	}
	return false
}
