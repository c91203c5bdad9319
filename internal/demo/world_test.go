package demo

import (
	"context"
	"strings"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/testbed"
)

// world is a gateway on loopback with one account, and a folder.
type world struct {
	*testbed.Gateway
	dir string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{testbed.New(t), t.TempDir()}
}

// spend books one call that costs so much quota.
func (w *world) spend(quota int64) { w.Spend(testbed.Key, "openai/gpt-4o", quota, 1000) }

// polled waits until the account was read n times more.
func (w *world) polled(t *testing.T, n int64) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	end := deadline(t)
	for before := w.Reads.Load(); w.Reads.Load() < before+n; {
		select {
		case <-tick.C:
		case <-end.Done():
			t.Fatalf("the account was read %d times, want %d", w.Reads.Load()-before, n)
		}
	}
}

// config writes a configuration; its lines may be changed in pairs of old and new.
func (w *world) config(t *testing.T, changes ...string) string {
	t.Helper()
	return testbed.WriteConfig(t, w.dir, w.HTTP.URL, changes...)
}

// patient is a Discord that waits for an acknowledgement as long as a busy machine takes.
func patient() discordsim.Option { return discordsim.WithAckTime(time.Minute) }

func deadline(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// titled matches messages with an embed whose title or text holds that.
func titled(text string) func(discordsim.Message) bool {
	return func(m discordsim.Message) bool { return strings.Contains(string(m.JSON()), text) }
}
