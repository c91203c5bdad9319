package app

import (
	"context"
	"slices"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/schedule"
)

const (
	lettersShown = 3   // reasons
	lettersRead  = 200 // messages
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
	h.Letters = s.refusals(ctx, lang.For(c.config.Language))
	for _, u := range s.delivery.Unpinged() {
		h.Unpinged = append(h.Unpinged, message.Unpinged{Channel: u.Channel, Names: mentions(c.config, u.IDs)})
	}
	h.Next = s.nextReports(c)
	changed, err := s.ChangedLevels(ctx)
	if err != nil {
		s.log.Error("the levels set in Discord could not be read", "err", err)
	}
	for _, name := range c.book.Names() {
		if len(changed[name]) > 0 {
			h.Levels = append(h.Levels, name)
		}
	}
	return h
}

// refusals are the reasons why Discord refuses messages, each once a channel.
func (s *service) refusals(ctx context.Context, w *lang.Words) []message.DeadLetter {
	letters, err := s.db.DeadLetters(ctx, lettersRead)
	if err != nil {
		s.log.Error("the outbox could not be read", "err", err)
	}
	var all []message.DeadLetter
	for _, l := range letters {
		cause := discord.Refusal(w, l.Code)
		same := func(d message.DeadLetter) bool { return d.Channel == l.Channel && d.Cause == cause }
		if i := slices.IndexFunc(all, same); i >= 0 {
			all[i].Count++
		} else if len(all) < lettersShown {
			all = append(all, message.DeadLetter{Channel: l.Channel, At: l.At, Count: 1, Cause: cause})
		}
	}
	return all
}

// mentions spells roles and users so that Discord shows their names.
func mentions(c *config.Config, ids []string) []string {
	var names []string
	for _, id := range ids {
		sigil := "@&"
		if slices.ContainsFunc(c.Accounts, func(a config.Account) bool {
			return slices.ContainsFunc(a.Alerts.Levels, func(l alert.Level) bool { return slices.Contains(l.MentionUsers, id) })
		}) {
			sigil = "@"
		}
		names = append(names, "<"+sigil+id+">")
	}
	return names
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
