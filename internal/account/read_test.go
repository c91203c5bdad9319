package account

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/config"
	"mokabot/moka"
)

// slow is a gateway that takes a second to fail, and counts.
type slow struct{ calls atomic.Int64 }

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	s.calls.Add(1)
	select {
	case <-time.After(time.Second):
		return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func slowAccount(t *testing.T) (*Account, *slow) {
	t.Helper()
	gateway := &slow{}
	b, err := New(&config.Config{RequestBudget: 1000, Accounts: []config.Account{
		{Name: "team", BaseURL: "https://gateway.example", AccessToken: config.NewSecret("token"), UserID: 7},
	}}, WithTransport(gateway))
	if err != nil {
		t.Fatal(err)
	}
	return b.All()[0], gateway
}

func TestWhoAsksDuringAReadSharesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, gateway := slowAccount(t)
		a.Read(t.Context())
		one := gateway.calls.Load()
		readings := make([]moka.Reading, 50)
		var wg sync.WaitGroup
		for i := range readings {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 10 * time.Millisecond)
				readings[i] = a.Read(t.Context())
			})
		}
		wg.Wait()
		if extra := gateway.calls.Load() - one; extra > one {
			t.Errorf("fifty reads at once cost %d calls, one costs %d", extra, one)
		}
		for _, r := range readings {
			if r.At != readings[0].At || r.At.IsZero() {
				t.Errorf("a reading of %v beside one of %v", r.At, readings[0].At)
			}
		}
		time.Sleep(time.Second)
		if later := a.Read(t.Context()); !later.At.After(readings[0].At) {
			t.Error("a later read gets an old reading")
		}
	})
}

func TestWhoSharesAReadDoesNotSuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := slowAccount(t)
		short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { a.Read(short) })
		synctest.Wait()
		wg.Go(func() {
			if r := a.Read(t.Context()); r.WalletErr == nil || r.WalletErr.Status != http.StatusForbidden {
				t.Errorf("after the first gave up: %v", r.Err())
			}
		})
		wg.Go(func() {
			began := time.Now()
			if r := a.Read(short); r.OK() || time.Since(began) > 100*time.Millisecond {
				t.Errorf("its own deadline passed: %v after %v", r.Err(), time.Since(began))
			}
		})
		wg.Wait()
	})
}
