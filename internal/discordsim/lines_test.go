package discordsim_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/discordsim"
)

// TestCloseWaitsForConnectionsInMemory has both ends of many connections close
// at the same moment, when each may wait for the other to take its last record.
func TestCloseWaitsForConnectionsInMemory(t *testing.T) {
	t.Parallel()
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC))) // a bubble begins before Discord's epoch
			s := discordsim.New()
			defer s.Close()
			transport, err := s.Memory(false, nil)
			if err != nil {
				t.Fatal(err)
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://discord.com/api/v10/gateway", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Close = true
			resp, err := (&http.Client{Transport: transport}).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		})
	}
}
