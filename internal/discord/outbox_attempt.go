package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"mokabot/internal/message"
)

// deliver tries one message and writes down what became of it.
func (d *Delivery) deliver(work context.Context, m Due) outcome {
	ctx, cancel := context.WithTimeout(work, attemptTime)
	defer cancel()
	o := outcome{channel: m.Channel}
	id, err := d.attempt(ctx, m)
	// What happened is written down even when the time for it is over.
	work, done := context.WithTimeout(context.WithoutCancel(work), noteTime)
	defer done()
	if err == nil {
		d.tell(ResultSent)
		o.err = d.Box.Sent(work, m.ID, id, d.Now())
		d.Log.Info("message delivered", "id", m.ID, "key", m.Key, "attempts", m.Attempts+1)
	} else if permanent(err) {
		d.tell(ResultDead)
		d.Log.Error("message given up", "id", m.ID, "key", m.Key, "channel", m.Channel, "err", err)
		o.err = d.Box.Dead(work, m.ID, d.Now(), err.Error())
	} else {
		d.tell(ResultRetry)
		o.retryAt = d.Now().Add(retryAfter(err, m.Attempts, d.age(m)))
		d.Log.Warn("message not delivered yet", "id", m.ID, "key", m.Key, "retry_at", o.retryAt, "err", err)
		o.err = d.Box.Retry(work, m.ID, o.retryAt, err.Error())
	}
	if o.err != nil {
		// The row is tried again; the nonce keeps that from showing twice.
		d.Log.Error("the outbox cannot be written", "id", m.ID, "err", o.err)
		o.retryAt = d.Now().Add(firstRetry)
	}
	if refusedToken(err) {
		o.err = err
	}
	return o
}

func (d *Delivery) tell(r Result) {
	if d.OnAttempt != nil {
		d.OnAttempt(r)
	}
}

// attempt sends or edits, and gives the message's id.
func (d *Delivery) attempt(ctx context.Context, m Due) (string, error) {
	msg, err := d.compose(ctx, m)
	if err != nil {
		return "", err
	}
	if m.EditOf != "" {
		return d.edit(ctx, m, msg)
	}
	if id, ok, err := d.sentEarlier(ctx, m); ok || err != nil {
		return id, err
	}
	if err := d.Box.Sending(ctx, m.ID, d.Now()); err != nil {
		return "", fmt.Errorf("note the attempt: %w", err)
	}
	return d.Send.Send(ctx, m.Channel, msg, m.Nonce)
}

// mostJoined is how many posts go into one message with another: an embed
// each, of the ten that Discord takes.
const mostJoined = maxEmbeds - 1

// compose reads the message, together with those that share it.
func (d *Delivery) compose(ctx context.Context, m Due) (message.Message, error) {
	var payloads []json.RawMessage
	var err error
	if m.EditOf == "" {
		payloads, err = d.Box.Joined(ctx, m, mostJoined)
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

// edit replaces an earlier message. One that somebody has deleted needs no
// edit any more.
func (d *Delivery) edit(ctx context.Context, m Due, msg message.Message) (string, error) {
	if m.TargetMessageID == "" {
		return "", &Error{Op: "edit message", Kind: KindPermanent, Message: "the message to edit was never delivered"}
	}
	if err := d.Box.Sending(ctx, m.ID, d.Now()); err != nil {
		return "", fmt.Errorf("note the attempt: %w", err)
	}
	err := d.Send.Edit(ctx, m.Channel, m.TargetMessageID, msg)
	if hasCode(err, codeUnknownMessage) {
		d.Log.Info("the message to edit has been deleted", "id", m.ID, "key", m.Key)
		err = nil
	}
	return m.TargetMessageID, err
}

// sentEarlier looks into the channel when an earlier attempt may have
// succeeded. The nonce guards the time until the message can be seen there; it
// is not relied on alone, because Discord promises no more than that it knows
// a nonce for "the past few minutes":
// https://docs.discord.com/developers/resources/message#create-message.
func (d *Delivery) sentEarlier(ctx context.Context, m Due) (string, bool, error) {
	if m.FirstTriedAt.IsZero() {
		return "", false, nil
	}
	id, found, err := d.Send.Find(ctx, m.Channel, m.Nonce, m.FirstTriedAt)
	if found {
		d.Log.Info("message had arrived after all", "id", m.ID, "key", m.Key)
	}
	if err != nil && permanent(err) {
		// Either the channel is closed to us, and sending will tell why; or it
		// is so full that nobody can tell, and a message lost is worse than one
		// that is there twice.
		d.Log.Warn("an earlier attempt could not be looked for", "id", m.ID, "key", m.Key, "err", err)
		return "", false, nil
	}
	return id, found, err
}

// age is the time since the first attempt.
func (d *Delivery) age(m Due) time.Duration {
	if m.FirstTriedAt.IsZero() {
		return 0
	}
	return d.Now().Sub(m.FirstTriedAt)
}

func refusedToken(err error) bool { return err != nil && KindOf(err) == KindUnauthorized }

func permanent(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == KindPermanent
}

// retryAfter grows from two seconds to forty with the attempts, and with
// the time since the first of them, because looking for that one may fail as
// well and counts as none. Discord's word counts more.
func retryAfter(err error, attempts int, age time.Duration) time.Duration {
	const share = 8 // of the age
	wait := max(firstRetry<<min(max(attempts, 0), mostDoubling), age/share)
	wait = jitter(min(wait, longestRetry))
	if e, ok := errors.AsType[*Error](err); ok {
		wait = max(wait, e.RetryAfter)
	}
	return wait
}
