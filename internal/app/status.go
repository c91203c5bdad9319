package app

import (
	"context"
	"time"

	"mokabot/internal/message"
	"mokabot/schedule"
)

const (
	lettersShown = 3
	reportsShown = 5
)

// health is how the bot itself is doing, for /status.
func (s *service) health(ctx context.Context) message.Health {
	c := s.now()
	h := message.Health{Version: Version(), Uptime: time.Since(s.began), Connected: s.gateway.State().Connected, Latency: s.gateway.State().Latency, DiskFull: s.db.Full()}
	for _, a := range c.book.All() {
		r, ok := a.Latest()
		h.Accounts = append(h.Accounts, message.LastPoll{Account: a.Name, At: r.At, OK: ok && r.OK()})
	}
	var err error
	if h.Waiting, h.Dead, err = s.db.Depth(ctx); err != nil {
		s.log.Error("the outbox could not be read", "err", err)
	}
	letters, err := s.db.DeadLetters(ctx, lettersShown)
	if err != nil {
		s.log.Error("the outbox could not be read", "err", err)
	}
	for _, l := range letters {
		h.Letters = append(h.Letters, message.DeadLetter{Channel: l.Channel, At: l.At, Cause: l.LastError})
	}
	h.Next = s.nextReports(c)
	return h
}

// nextReports are when each report comes next.
func (s *service) nextReports(c cycle) []message.NextReport {
	clock := s.env.Clock
	if clock == nil {
		clock = time.Now
	}
	var next []message.NextReport
	for _, rep := range c.config.Reports {
		runs, err := schedule.Coming(c.config.Reports, clock(), reportsShown*len(c.config.Reports))
		if err != nil {
			s.log.Error("the calendar of the reports could not be read", "err", err)
			return nil
		}
		for _, r := range runs {
			if r.Report == rep.Name {
				next = append(next, message.NextReport{Name: r.Report, At: r.At, Channel: rep.ChannelID})
				break
			}
		}
	}
	return next[:min(len(next), reportsShown)]
}
