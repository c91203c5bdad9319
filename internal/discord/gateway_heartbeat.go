package discord

import (
	"math/rand/v2"
	"time"

	"mokabot/internal/clock"
)

// heartbeat keeps the times of
// https://docs.discord.com/developers/events/gateway#sending-heartbeats.
type heartbeat struct {
	interval time.Duration
	next     *time.Timer // when to send one
	overdue  *time.Timer // when the answer to the last one is
	sent     time.Time   // the one that is not answered; zero: none
}

// Discord asks for a heartbeat every 41 s. By those alone, a line that died
// without a word would be noticed after 80 s; ours come at least every 15 s, and
// are answered within 10 s or never.
const (
	maxInterval = 15 * time.Second
	minInterval = 100 * time.Millisecond
	maxAckTime  = 10 * time.Second
)

func newHeartbeat() heartbeat { return heartbeat{next: stoppedTimer(), overdue: stoppedTimer()} }

// stoppedTimer never fires before it is reset.
func stoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// begin waits a random part of the interval, so that not all bots of the world
// beat at once after an outage. ms is what HELLO asks for.
func (h *heartbeat) begin(ms float64) {
	ms = min(max(ms, float64(minInterval.Milliseconds())), float64(maxInterval.Milliseconds()))
	h.interval = time.Duration(ms * float64(time.Millisecond))
	h.next.Reset(rand.N(h.interval))
}

// wait is the time until the next one, at most the interval. It comes when the program
// wakes for other looks too.
func (h *heartbeat) wait() time.Duration { return min(clock.Together(h.interval), h.interval) }

// answered has an error when the last one was not.
func (h *heartbeat) answered() error {
	if h.sent.IsZero() {
		return nil
	}
	return errNoAck
}

func (h *heartbeat) stop() {
	h.next.Stop()
	h.overdue.Stop()
}

// sendHeartbeat sends one because it is time or because Discord asked for one.
func (c *connection) sendHeartbeat() error {
	if c.state == stateHello {
		return nil
	}
	var seq *int64 // null before the first event
	if s := c.g.currentSession(); s.Seq > 0 && (c.resume || c.state == stateReady) {
		seq = &s.Seq
	}
	c.beat.next.Reset(c.beat.wait())
	if c.beat.sent.IsZero() {
		c.beat.sent = time.Now()
		c.beat.overdue.Reset(min(c.beat.interval, maxAckTime))
	}
	return c.send(opHeartbeat, seq)
}

func (c *connection) onAck() {
	if c.beat.sent.IsZero() {
		return
	}
	c.beat.overdue.Stop()
	c.g.noteAck(time.Since(c.beat.sent))
	c.beat.sent = time.Time{}
}
