package app

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/internal/metrics"
)

// listen serves /healthz, /readyz and /metrics where the configuration asks for it.
func (s *service) listen(c config.Listen) func(context.Context) error {
	if c.Address == "" {
		return func(context.Context) error { return nil }
	}
	server := &metrics.Server{
		Address: c.Address, Hosts: c.Hosts, Token: c.Token.Reveal(), Log: s.log, Recorder: s.recorder,
		Refresh: s.refresh, Ready: s.unready, Standby: func() bool { return !s.leads() },
	}
	return server.Run
}

// refresh updates the figures that nothing reports.
func (s *service) refresh(ctx context.Context) {
	s.recorder.Leader(s.leads(), s.epoch())
	on := s.duty()
	if on == nil {
		return
	}
	state := on.gateway.State()
	s.recorder.Discord(state.Connected, state.Latency)
	s.recorder.Storage(s.db.Full())
	waiting, dead, err := s.db.Depth(ctx)
	if err != nil {
		s.log.Error("the outbox could not be read", "err", err)
		return
	}
	s.recorder.Outbox(waiting, dead)
}

// staleAfter is how many intervals a poll may be late.
const staleAfter = 3

// leads reports whether this replica does the work.
func (s *service) leads() bool {
	return s.awaited.Load() == nil && (s.elector == nil || s.elector.State().Leader)
}

// epoch is that of the lease that this replica holds, 0 without one.
func (s *service) epoch() int64 {
	if !s.leads() || s.elector == nil {
		return 0
	}
	return s.elector.State().Epoch
}

// unready are the reasons why the bot is not doing its work. A standby's work is to take
// over, for which it needs the database.
func (s *service) unready(ctx context.Context) []string {
	if a := s.awaited.Load(); a != nil {
		return []string{a.String()}
	}
	if !s.leads() {
		if err := s.elector.State().Err; err != nil {
			w := lang.English()
			return []string{"standby: " + cmp.Or(databaseText(w, err), w.Database.Unreachable)}
		}
		return nil
	}
	on := s.duty()
	if on == nil {
		return []string{"taking over"}
	}
	c := s.now()
	var reasons []string
	if !on.gateway.State().Connected {
		reasons = append(reasons, "not connected to Discord")
	}
	oldest := s.time().Add(-max(time.Minute, staleAfter*c.config.PollInterval))
	for _, a := range c.book.All() {
		if latest, ok := a.Latest(); !ok || latest.At.Before(oldest) {
			reasons = append(reasons, "account "+a.Name+" was not read lately")
		}
	}
	if s.db.Full() {
		reasons = append(reasons, "the disk is full: readings are not kept")
	}
	_, dead, err := s.db.Depth(ctx)
	trouble := cmp.Or(err, s.db.Trouble())
	switch {
	case trouble != nil && !s.db.Full():
		reasons = append(reasons, "the database: "+cmp.Or(databaseText(lang.English(), trouble), "it cannot be read"))
	case dead > 0:
		reasons = append(reasons, fmt.Sprintf("messages refused by Discord: %d; /status names the cause", dead))
	}
	return reasons
}
