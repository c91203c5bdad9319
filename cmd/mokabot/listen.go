package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"mokabot/internal/health"
)

// listen serves /healthz, /readyz and /metrics where the configuration asks for it.
func (s *service) listen(address string) func(context.Context) error {
	if address == "" {
		return func(context.Context) error { return nil }
	}
	server := &health.Server{Address: address, Told: s.told, Refresh: s.refresh, Ready: s.unready}
	return server.Run
}

// refresh brings figures up to date that nobody tells of.
func (s *service) refresh(ctx context.Context) {
	state := s.gateway.State()
	s.told.Discord(state.Connected, state.Latency)
	s.told.Storage(s.db.Full())
	waiting, dead, err := s.db.Depth(ctx)
	if err != nil {
		s.log.Error("the outbox could not be read", "err", err)
		return
	}
	s.told.Outbox(waiting, dead)
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
		reasons = append(reasons, fmt.Sprintf("messages refused by Discord: %d; mend the cause and reload", dead))
	}
	return reasons
}

// runHealthcheck asks a running bot whether it is alive, for the health check
// of a container.
func runHealthcheck(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("healthcheck").withConfig()
	if _, err := flags.parse(args, 0); err != nil {
		return err
	}
	c, err := flags.load(t.lookup)
	if err != nil {
		return err
	}
	if c.Listen == "" {
		return usageError{"the configuration has no listen address to ask; set listen, such as 127.0.0.1:9464"}
	}
	text, err := alive(ctx, c.Listen)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, text)
	return err
}

func alive(ctx context.Context, address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return "", err
	}
	direct := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // never through a proxy
	resp, err := direct.Do(r)
	if err != nil {
		return "", fmt.Errorf("the bot does not answer: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the bot answers %s", resp.Status)
	}
	return strings.TrimSpace(string(body)), err
}
