package app

import (
	"context"
	"slices"
	"time"

	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/schedule"
)

const (
	lettersShown = 3   // reasons
	lettersRead  = 200 // messages
)

// health is how the bot itself is doing, for /status, with causes in the reader's words.
func (s *service) health(ctx context.Context, w *lang.Words) message.Health {
	c := s.now()
	h := message.Health{Version: Version(), Uptime: time.Since(s.began), DiskFull: s.db.Full()}
	if on := s.duty(); on != nil {
		state := on.gateway.State()
		h.Connected, h.Latency = state.Connected, state.Latency
		h.Unpinged = unpinged(c.config, on.delivery.Unpinged())
		h.Readings = nextReadings(c.book.Names(), &on.times)
	}
	for _, a := range c.book.All() {
		r, ok := a.Latest()
		h.Accounts = append(h.Accounts, message.LastPoll{Account: a.Name, At: r.At, OK: ok && r.OK()})
	}
	if trouble := s.db.Trouble(); trouble != nil && !h.DiskFull {
		h.Database = databaseText(w, trouble)
	}
	var err error
	if h.Waiting, h.Dead, err = s.db.Depth(ctx); err != nil {
		s.log.Error("the outbox could not be read", "err", err)
	}
	h.Letters = s.refusals(ctx, w)
	now := time.Now
	if s.env.Clock != nil {
		now = s.env.Clock
	}
	if h.Next, err = nextReports(c.config.Reports, now()); err != nil {
		s.log.Error("the calendar of the reports could not be read", "err", err)
	}
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

// nextReadings is when each account is read next, the soonest first.
func nextReadings(accounts []string, times *schedule.Timetable) []message.NextReading {
	var next []message.NextReading
	for _, name := range accounts {
		if n := times.Next(name); !n.At.IsZero() {
			next = append(next, message.NextReading{Account: name, At: n.At, Why: string(n.Why)})
		}
	}
	slices.SortStableFunc(next, func(a, b message.NextReading) int { return a.At.Compare(b.At) })
	return next
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

// unpinged are the configured roles and users whom mentions did not reach, spelled so
// that Discord shows their names.
func unpinged(c *config.Config, noted []discord.Unpinged) []message.Unpinged {
	used := channels(c)
	var all []message.Unpinged
	for _, u := range noted {
		at := slices.IndexFunc(used, func(ch channelUse) bool { return ch.id == u.Channel })
		if at < 0 {
			continue
		}
		m := message.Unpinged{Channel: u.Channel}
		for _, id := range u.IDs {
			if slices.Contains(used[at].roles, id) {
				m.Names = append(m.Names, "<@&"+id+">")
			}
			if slices.Contains(used[at].users, id) {
				m.Names = append(m.Names, "<@"+id+">")
			}
		}
		if len(m.Names) > 0 || u.Thread {
			all = append(all, m)
		}
	}
	return all
}

// nextReports is when each report comes next, the soonest first.
func nextReports(reports []config.Report, now time.Time) ([]message.NextReport, error) {
	var next []message.NextReport
	for i, rep := range reports {
		runs, err := schedule.Upcoming(reports[i:i+1], now, 1)
		if err != nil {
			return nil, err
		}
		for _, r := range runs {
			next = append(next, message.NextReport{Name: r.Report, At: r.At, Channel: rep.ChannelID})
		}
	}
	slices.SortStableFunc(next, func(a, b message.NextReport) int { return a.At.Compare(b.At) })
	return next, nil
}
