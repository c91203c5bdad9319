package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"mokabot/internal/message"
	"mokabot/internal/store"
)

const (
	freshPost   = 2 * time.Minute // until then no copy can be there that no attempt is noted of
	maxUploads  = 3               // attempts at an attachment before the message goes without it
	maxOdd      = 10              // attempts at a message that is refused for an undocumented reason
	maxOddFull  = 4               // of them in its full form, which may be the reason
	maxAnswered = 60              // attempts at an edit that Discord itself answers with a failure
	maxArchived = 3               // attempts at an edit in an archived thread
)

// deliver tries to deliver one message and stores the result.
func (d *Delivery) deliver(work context.Context, m store.Due, t *trial) outcome {
	ctx, cancel := context.WithTimeout(work, attemptTime)
	defer cancel()
	o := outcome{id: m.ID, slot: slot{m.Channel, m.Lane}}
	id, err := d.attempt(ctx, &m, t)
	// What happened is written down even when the time for it is over.
	work, done := context.WithTimeout(context.WithoutCancel(work), noteTime)
	defer done()
	if err == nil {
		d.report(ResultSent)
		d.Log.Info("message delivered", "id", m.ID, "key", m.Key, "attempts", m.Attempts+1)
		o.err = d.Box.Sent(work, m.ID, id, d.Now())
	} else {
		o.wait, o.err = d.undelivered(work, m, t, err)
	}
	if o.err != nil {
		// The row is tried again; the nonce keeps that from showing twice.
		d.Log.Error("the outbox cannot be written", "id", m.ID, "err", o.err)
		o.wait = firstRetry
	}
	if refusedToken(err) {
		o.err = err
	}
	return o
}

func (d *Delivery) report(r Result) {
	if d.OnAttempt != nil {
		d.OnAttempt(r)
	}
}

// undelivered decides what becomes of a message after a failed attempt, and
// gives the time until the next one, zero if there is none.
func (d *Delivery) undelivered(ctx context.Context, m store.Due, t *trial, err error) (time.Duration, error) {
	if t.fails++; t.fails == 1 {
		t.since = time.Now()
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Status != 0 {
		t.answers++
	}
	log := d.Log.With("id", m.ID, "key", m.Key, "channel", m.Channel, "err", err)
	switch d.next(m, t, err) {
	case nextDrop:
		d.report(ResultDropped)
		log.Warn("message dropped")
		return 0, d.Box.Drop(ctx, m.ID, d.Now(), err.Error())
	case nextHuman:
		d.report(ResultDead)
		log.Error("message refused until somebody sees to it")
		return 0, d.Box.Dead(ctx, m, d.Now(), codeOf(err), err.Error())
	case nextReduced:
		t.extent++
		if remedyOf(err) == remedyPayload {
			t.extent = max(t.extent, extentPlain) // it was not for the file
		}
		d.report(ResultRetry)
		log.Warn("message is sent in a reduced form")
		return time.Millisecond, d.Box.Retry(ctx, m, certainlyRefused(err), err.Error())
	}
	d.report(ResultRetry)
	wait := retryAfter(m, t, err)
	log.Warn("message not delivered yet", "retry_in", wait)
	return wait, d.Box.Retry(ctx, m, certainlyRefused(err), err.Error())
}

// next is what to do after a failed attempt.
type next int

const (
	nextRetry   next = iota // the same again
	nextReduced             // less of it
	nextHuman               // nothing until somebody acts
	nextDrop                // nothing
)

func (d *Delivery) next(m store.Due, t *trial, err error) next {
	r := remedyOf(err)
	if errors.Is(err, errPerhapsSent) {
		return nextDrop
	}
	if m.Lane == store.LaneEdit {
		if r == remedyTime && t.answers < maxAnswered && time.Since(t.since) < editLife {
			return nextRetry
		}
		// The post that tells of the same news opens the thread again.
		if codeOf(err) == archivedThread && t.answers < maxArchived {
			return nextRetry
		}
		return nextDrop // the post itself was delivered
	}
	switch {
	case odd(r, err) && t.answers < maxOdd:
		if t.answers >= maxOddFull && t.extent < extentPlain {
			return nextReduced
		}
		return nextRetry
	case r == remedyPayload || odd(r, err):
		if t.extent < extentBare {
			return nextReduced
		}
		return nextHuman
	case r == remedyFile:
		if t.extent == extentFull {
			return nextReduced
		}
		return nextRetry
	case r == remedyHuman:
		return nextHuman
	case t.extent == extentFull && t.uploads >= maxUploads:
		return nextReduced
	}
	return nextRetry
}

// odd reports whether a refusal has no documented reason: it may pass, or be
// meant for this message.
func odd(r remedy, err error) bool {
	e, ok := errors.AsType[*Error](err)
	return r == remedyUnknown || ok && e.Status == http.StatusBadRequest && e.Code == 0
}

// attempt sends or edits, and gives the message's id.
func (d *Delivery) attempt(ctx context.Context, m *store.Due, t *trial) (string, error) {
	if m.EditOf != "" {
		return d.edit(ctx, *m)
	}
	if id, ok, err := d.sentEarlier(ctx, *m); ok || err != nil {
		return id, err
	}
	if err := d.redirect(ctx, m); err != nil {
		return "", err
	}
	if id, ok, err := d.forgotten(ctx, *m, t); ok || err != nil {
		return id, err
	}
	msg, err := d.compose(ctx, *m)
	if err == nil {
		msg, err = d.split(ctx, m, msg)
	}
	if err != nil {
		return "", err
	}
	msg = reduce(d.words(), msg, t.extent)
	if err := d.Box.Sending(ctx, m.ID, d.Now()); err != nil {
		return "", fmt.Errorf("note the attempt: %w", err)
	}
	receipt, err := d.Send.Send(ctx, m.Channel, msg, m.Nonce)
	if len(msg.Files) > 0 && mayBeUpload(err) {
		t.uploads++
	}
	if err == nil {
		d.noteMentions(ctx, *m, receipt)
	}
	return receipt.ID, err
}

// mayBeUpload reports whether sending may have failed for the attachment's
// size. Whether Discord can be reached at all was seen just before, while the
// message was looked for.
func mayBeUpload(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Status == 0 && e.Reached || e.Status >= 500 || e.Status == http.StatusRequestTimeout || e.Status == http.StatusRequestEntityTooLarge)
}

// redirect moves a message into the channel that is configured now.
func (d *Delivery) redirect(ctx context.Context, m *store.Due) error {
	if d.Channel == nil {
		return nil
	}
	to := d.Channel(m.Key, m.Account)
	if to == "" || to == m.Channel {
		return nil
	}
	if err := d.Box.Move(ctx, m.ID, to); err != nil {
		return fmt.Errorf("move the message: %w", err)
	}
	d.Log.Info("message goes into the channel that is configured now", "id", m.ID, "key", m.Key, "from", m.Channel, "to", to)
	m.Channel, m.FirstTriedAt, m.LastTriedAt = to, time.Time{}, time.Time{}
	return nil
}

// maxJoined is how many posts go into one message with another: an embed
// each, of the ten that Discord takes.
const maxJoined = maxEmbeds - 1

// compose reads the message, together with those that share it.
func (d *Delivery) compose(ctx context.Context, m store.Due) (message.Message, error) {
	var payloads []json.RawMessage
	var err error
	if m.EditOf == "" {
		payloads, err = d.Box.Joined(ctx, m, maxJoined, joinable)
		payloads = append([]json.RawMessage{m.Payload}, payloads...)
	} else if payloads, err = d.Box.Whole(ctx, m); len(payloads) == 0 {
		payloads = []json.RawMessage{m.Payload}
	}
	if err != nil {
		return message.Message{}, fmt.Errorf("read what is sent along: %w", err)
	}
	var parts []message.Message
	for _, raw := range payloads {
		var part message.Message
		if err = json.Unmarshal(raw, &part); err != nil { // the others must not go with it
			d.Log.Error("a stored message is not readable; it is left out", "id", m.ID, "key", m.Key, "err", err)
			continue
		}
		if m.EditOf != "" {
			part.Mentions = message.Mentions{} // an edit pings nobody
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return message.Message{}, &Error{Op: "read stored message", Kind: KindPermanent, Err: err}
	}
	return message.Join(parts), nil
}

// joinable counts how many of the posts behind the first go into one message
// with it, nothing left out.
func joinable(payloads []json.RawMessage) int {
	var parts []message.Message
	for i, raw := range payloads {
		var part message.Message
		if json.Unmarshal(raw, &part) != nil {
			part = message.Message{} // it will be left out
		}
		parts = append(parts, part)
		if !fits(message.Join(parts)) {
			return max(0, i-1)
		}
	}
	return len(payloads) - 1
}

// split makes several messages of one that does not fit, and gives the first.
// One that may have arrived was made to fit before.
func (d *Delivery) split(ctx context.Context, m *store.Due, msg message.Message) (message.Message, error) {
	if !m.FirstTriedAt.IsZero() || fits(msg) {
		return msg, nil
	}
	parts := split(msg)
	var payloads []json.RawMessage
	for _, p := range parts {
		raw, err := json.Marshal(p)
		if err != nil {
			return msg, fmt.Errorf("encode a part of the message: %w", err)
		}
		payloads = append(payloads, raw)
	}
	if err := d.Box.Split(ctx, *m, payloads); err != nil {
		return msg, fmt.Errorf("split the message: %w", err)
	}
	return parts[0], nil
}

// edit replaces an earlier message, unless that was deleted.
func (d *Delivery) edit(ctx context.Context, m store.Due) (string, error) {
	if m.TargetMessageID == "" {
		return "", &Error{Op: "edit message", Kind: KindPermanent, Message: "the message to edit was never delivered"}
	}
	msg, err := d.compose(ctx, m)
	if err != nil {
		return "", err
	}
	if err := d.Box.Sending(ctx, m.ID, d.Now()); err != nil {
		return "", fmt.Errorf("note the attempt: %w", err)
	}
	return m.TargetMessageID, d.Send.Edit(ctx, m.Channel, m.TargetMessageID, msg, m.Nonce)
}

// errPerhapsSent drops a message that may have arrived, where reading it twice would
// be worse than missing it.
var errPerhapsSent = errors.New("an earlier attempt may have arrived and cannot be looked for; it is not sent again")

// sentEarlier looks into the channel when an earlier attempt may have
// succeeded. The nonce guards the time until the message can be seen there; it
// is not relied on alone, because Discord promises no more than that it knows
// a nonce for "the past few minutes":
// https://docs.discord.com/developers/resources/message#create-message.
func (d *Delivery) sentEarlier(ctx context.Context, m store.Due) (string, bool, error) {
	first, last := m.FirstTriedAt, m.LastTriedAt
	if first.IsZero() {
		if m.Attempts > 0 || m.At.IsZero() || d.Now().Sub(m.At) < freshPost {
			return "", false, nil
		}
		first, last = m.At, m.At // a backup may have been restored that is older than the delivery
	}
	id, found, err := d.Send.Find(ctx, m.Channel, m.Nonce, first, last)
	log := d.Log.With("id", m.ID, "key", m.Key, "channel", m.Channel)
	switch {
	case found:
		log.Info("message had arrived after all")
	case m.FirstTriedAt.IsZero() && err != nil && KindOf(err) != KindUnauthorized:
		return "", false, nil // it was most likely never sent
	case errors.Is(err, ErrTooBusy) && m.Lane != store.LaneAlert:
		return "", false, fmt.Errorf("%w: %w", errPerhapsSent, err)
	case errors.Is(err, ErrTooBusy):
		// A ping that is lost is worse than one that is there twice.
		log.Warn("too many messages to look for an earlier attempt; the ping is sent again", "err", err)
		return "", false, nil
	case errors.Is(err, ErrNoHistory):
		// For a few minutes the nonce still keeps a second copy away.
		log.Warn("an earlier attempt cannot be looked for: give the bot Read Message History in this channel")
		return "", false, nil
	case err != nil && remedyOf(err) == remedyHuman:
		// The channel is closed to us; sending will say why.
		log.Warn("an earlier attempt could not be looked for", "err", err)
		return "", false, nil
	}
	return id, found, err
}

func refusedToken(err error) bool { return err != nil && KindOf(err) == KindUnauthorized }

// retryAfter doubles from two seconds to thirty. Discord's word counts more.
func retryAfter(m store.Due, t *trial, err error) time.Duration {
	limit := maxRetry
	if m.Lane == store.LaneEdit {
		limit = maxEdit
	}
	wait := jitter(min(firstRetry<<min(t.fails-1, maxDoubling), limit))
	if e, ok := errors.AsType[*Error](err); ok {
		wait = max(wait, e.RetryAfter)
	}
	return wait
}
