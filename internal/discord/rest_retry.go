package discord

import (
	"context"
	"math/rand/v2"
	"time"
)

// do sends the request, as often as is right, and decodes the answer into out
// unless that is nil.
func (r *REST) do(ctx context.Context, q request, out any) error {
	for attempt := 1; ; attempt++ {
		err := r.attempt(ctx, q, out)
		if err == nil {
			return nil
		}
		if attempt > 1 && q.open && err.Kind == KindAcknowledged {
			return nil // the first attempt did arrive
		}
		wait, again := r.again(ctx, q, err, attempt)
		if !again {
			return err
		}
		if pause(ctx, wait) != nil {
			return err
		}
	}
}

// again decides whether to repeat, and how long to wait before.
func (r *REST) again(ctx context.Context, q request, err *Error, attempt int) (time.Duration, bool) {
	var wait time.Duration
	switch {
	case attempt >= maxAttempts || ctx.Err() != nil:
		return 0, false
	case err.Kind == KindRateLimited && err.Status != 0:
		wait = err.RetryAfter + rand.N(r.backoff/4+1)
	case err.Kind == KindTransient && (q.harmless() || !err.Reached):
		wait = jitter(r.backoff << (attempt - 1))
	default:
		return 0, false
	}
	deadline, limited := ctx.Deadline()
	if wait > maxWait || limited && time.Until(deadline) < wait {
		return 0, false
	}
	return wait, true
}

// jitter spreads d over [d/2, d).
func jitter(d time.Duration) time.Duration {
	if d < 2 {
		return d
	}
	return d/2 + rand.N(d/2)
}

func (r *REST) attempt(ctx context.Context, q request, out any) *Error {
	if r.refused.Load() && !q.open {
		return &Error{Op: q.op, Kind: KindUnauthorized, Message: "the bot token was refused earlier; no request was made"}
	}
	if err := r.admit(ctx, q); err != nil {
		return err
	}
	start := time.Now()
	status, err := r.exchange(ctx, q, out)
	took := time.Since(start)
	if err != nil && err.Kind == KindUnauthorized && !q.open {
		r.confirmRefusal(ctx, err)
	}
	if err != nil {
		r.observe(q.op, string(err.Kind), took)
		r.log.Debug("discord request", "op", q.op, "status", status, "took", took, "err", err)
		return err
	}
	r.observe(q.op, "ok", took)
	r.log.Debug("discord request", "op", q.op, "status", status, "took", took)
	return nil
}

// confirmRefusal asks once more whether Discord refuses the bot token, because no more
// requests are made from then on and in an outage Discord refuses a valid one, too.
// Unless a second answer confirms it, the failure counts as transient.
func (r *REST) confirmRefusal(ctx context.Context, refused *Error) {
	_, err := r.exchange(ctx, ownUser, nil)
	if err == nil || err.Kind != KindUnauthorized {
		refused.Kind = KindTransient
		r.log.Warn("discord refused the bot token once", "op", refused.Op, "asked again", err)
		return
	}
	r.refused.Store(true)
	r.log.Error("discord refuses the bot token; no more requests are made", "op", refused.Op)
}

// admit waits for the rate limit, unless that would take longer than the context or
// maxWait allows.
func (r *REST) admit(ctx context.Context, q request) *Error {
	for {
		wait := r.limits.reserve(q.route, time.Now())
		if wait <= 0 {
			if err := ctx.Err(); err != nil {
				return &Error{Op: q.op, Kind: KindTransient, Err: err}
			}
			return nil
		}
		deadline, limited := ctx.Deadline()
		if wait > maxWait || limited && time.Until(deadline) < wait {
			return &Error{Op: q.op, Kind: KindRateLimited, RetryAfter: wait, Message: "held back by Discord's rate limit"}
		}
		if err := pause(ctx, wait); err != nil {
			return &Error{Op: q.op, Kind: KindTransient, Err: err}
		}
	}
}
