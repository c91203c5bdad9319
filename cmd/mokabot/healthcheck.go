package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"mokabot/internal/lang"
)

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
	if c.Listen.Address == "" {
		return wrongArguments(func(w lang.ArgumentWords) string { return w.NoListen })
	}
	text, err := alive(ctx, c.Listen.Address)
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
		return "", &failure{func(w lang.ArgumentWords) string { return w.NotAlive(err.Error()) }, err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = &failure{say: func(w lang.ArgumentWords) string { return w.AliveStatus(resp.Status) }}
	}
	return strings.TrimSpace(string(body)), err
}
