package app

import (
	"context"
	"fmt"
	"time"

	"mokabot/internal/config"
	"mokabot/internal/metrics"
)

// listen serves /healthz, /readyz and /metrics where the configuration asks for it.
func (s *service) listen(c config.Listen) func(context.Context) error {
	if c.Address == "" {
		return func(context.Context) error { return nil }
	}
	server := &metrics.Server{Address: c.Address, Hosts: c.Hosts, Token: c.Token.Reveal(), Log: s.log, Recorder: s.recorder, Refresh: s.refresh, Ready: s.unready}
	return server.Run
}

// refresh brings figures up to date that nobody tells of.
func (s *service) refresh(ctx context.Context) {
	state := s.gateway.State()
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

// unready are the reasons why the bot is not doing its work.
func (s *service) unready(ctx context.Context) []string {
	c := s.now()
	var reasons []string
	if !s.gateway.State().Connected {
		reasons = append(reasons, "not connected to Discord")
	}
	oldest := time.Now().Add(-max(time.Minute, staleAfter*c.config.PollInterval))
	for _, a := range c.book.All() {
		if latest, ok := a.Latest(); !ok || latest.At.Before(oldest) {
			reasons = append(reasons, "account "+a.Name+" was not read lately")
		}
	}
	if s.db.Full() {
		reasons = append(reasons, "the disk is full: readings are not kept")
	}
	_, dead, err := s.db.Depth(ctx)
	switch {
	case err != nil:
		reasons = append(reasons, "the database cannot be read")
	case dead > 0:
		reasons = append(reasons, fmt.Sprintf("messages refused by Discord: %d; /status names the cause", dead))
	}
	return reasons
}
