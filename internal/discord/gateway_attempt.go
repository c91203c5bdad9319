package discord

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// attempt is one try to connect: what has happened so far.
type attempt struct {
	s      *session
	link   *link
	done   chan error // discordgo's Open
	opened bool
	ready  bool
}

// open connects, with IDENTIFY or RESUME, and returns when the session is
// ready. When it fails, nothing of the attempt is left running, unless the
// error is errStuck.
func (s *session) open(ctx context.Context, resume bool) error {
	ctx, cancel := context.WithTimeout(ctx, s.g.Timing.Ready)
	defer cancel()
	s.tried = time.Now()
	linked := s.begin(ctx, resume)
	a := &attempt{s: s, done: make(chan error, 1)}
	go func() { a.done <- s.dg.Open() }()
	err := a.run(ctx, linked)
	if err != nil {
		cancel()
		return a.cut(err)
	}
	s.held, s.tried = true, time.Time{}
	return nil
}

func (s *session) begin(ctx context.Context, resume bool) <-chan *link {
	select {
	case <-s.down:
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx, s.resuming, s.link = ctx, resume, nil
	s.linked = make(chan *link, 1)
	return s.linked
}

// run follows the attempt until it is ready or has failed.
func (a *attempt) run(ctx context.Context, linked <-chan *link) error {
	greeting := time.NewTimer(a.s.g.Timing.Hello)
	defer greeting.Stop()
	var ready <-chan struct{}
	for !a.opened || !a.ready {
		select {
		case a.link = <-linked:
			ready = a.link.ready
		case <-ready:
			a.ready, ready = true, nil
		case err := <-a.done:
			a.done = nil
			if err != nil {
				return a.explain(err)
			}
			a.opened = true
			a.s.current().setOpened()
		case <-a.s.down:
			a.opened = false
			return a.explain(errDropped)
		case <-greeting.C:
			if !a.greeted() {
				return errNoHello
			}
		case <-ctx.Done():
			return because(errNoReady, context.Cause(ctx))
		}
	}
	return nil
}

func (a *attempt) greeted() bool {
	l := a.s.current()
	if l == nil {
		return false
	}
	select {
	case <-l.hello:
		return true
	default:
		return false
	}
}

// explain prefers what was seen on the line to what discordgo says about it.
func (a *attempt) explain(err error) error {
	l := a.s.current()
	if l == nil {
		return fmt.Errorf("%w: %w", errUnreachable, err)
	}
	why := l.reason()
	if why == nil {
		why = err
	}
	if !a.greeted() && errors.Is(why, errDropped) {
		return fmt.Errorf("%w: %w", errUnreachable, err)
	}
	return why
}

// cut ends a failed attempt from outside: closing the connection makes every
// call of discordgo's that waits for it return.
func (a *attempt) cut(why error) error {
	if l := a.s.current(); l != nil {
		l.fail(why)
	}
	limit := time.NewTimer(teardownWait)
	defer limit.Stop()
	if a.done != nil {
		select {
		case err := <-a.done:
			a.opened = err == nil
		case <-limit.C:
			return because(why, errStuck)
		}
	}
	if !a.opened {
		return why
	}
	select {
	case <-a.s.down:
		return why
	case <-limit.C:
		return because(why, errStuck)
	}
}

// watch returns why the connection ended. It ends it itself when heartbeats
// are not answered; then no close frame is sent, for Discord would drop a
// session that is closed properly.
func (s *session) watch(ctx context.Context) error {
	l := s.current()
	interval, _, _ := l.pulse()
	const slack = 100 * time.Millisecond
	most := time.Duration(s.g.Timing.MostAge*float64(interval)) + slack
	tick := time.NewTicker(min(max(interval/10, 10*time.Millisecond), time.Second))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.down:
			s.held = false
			if why := l.reason(); why != nil {
				return why
			}
			return errDropped
		case now := <-tick.C:
			_, ackAt, latency := l.pulse()
			s.g.notePulse(ackAt, latency)
			if interval > 0 && now.Sub(ackAt) > most {
				l.fail(errNoAck)
			}
			if err := s.overdue(l, now); err != nil {
				return err
			}
		}
	}
}

// overdue tells that discordgo still holds a connection that ended a while
// ago.
func (s *session) overdue(l *link, now time.Time) error {
	ended := l.endedAt()
	if ended.IsZero() || now.Sub(ended) < teardownWait {
		return nil
	}
	s.held = false
	return because(errStuck, l.reason())
}

// end lets go of a connection that is still open, with a farewell when the bot
// goes offline on purpose.
func (s *session) end(farewell bool) {
	l := s.current()
	if l == nil || !s.held {
		return
	}
	if farewell {
		l.farewell()
	}
	l.fail(context.Canceled)
	limit := time.NewTimer(teardownWait)
	defer limit.Stop()
	select {
	case <-s.down:
	case <-limit.C:
		s.g.Log.Error("discord session given up", "err", errStuck)
	}
	s.held = false
}
