package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

func TestSystemdIsNotified(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenPacket("unixgram", socket)
	if err != nil {
		t.Skip("no such sockets here: ", err)
	}
	defer l.Close()
	l.SetReadDeadline(time.Now().Add(time.Minute))
	next := func() string {
		buf := make([]byte, 64)
		n, _, err := l.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
	env := map[string]string{"NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "3000"}
	var sick atomic.Bool
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- newNotifier(func(name string) string { return env[name] }).run(ctx, func(context.Context) error {
			if sick.Load() {
				return errors.New("stuck")
			}
			return nil
		}, slog.New(slog.DiscardHandler))
	}()
	if first, second := next(), next(); first != "READY=1" || second != "WATCHDOG=1" {
		t.Errorf("systemd hears %q, then %q", first, second)
	}
	sick.Store(true)
	cancel()
	for text := next(); text != "STOPPING=1"; text = next() {
		if text != "WATCHDOG=1" {
			t.Errorf("systemd hears %q", text)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestNothingIsNotifiedWithoutSystemd(t *testing.T) {
	none := newNotifier(func(string) string { return "" })
	if err := none.run(t.Context(), nil, nil); err != nil {
		t.Error(err)
	}
	other := newNotifier(func(name string) string {
		return map[string]string{"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}[name]
	})
	if other.watchdog != 0 {
		t.Errorf("the watchdog of another process: %v", other.watchdog)
	}
}
