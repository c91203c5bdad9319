package account

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/config"
	"mokabot/moka"
	"mokabot/moka/mokatest"
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

// Commands that find no room for requests of their own show what polls have read a moment
// ago.
func TestCommandsWithoutRoomShowWhatPollsHaveRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gateway := mokatest.New(mokatest.V2026_08)
		cfg := &config.Config{RequestBudget: 120}
		for i := range 12 {
			id, token := int64(10+i), fmt.Sprintf("accessTokenOfNumber%013d", i)
			gateway.AddAccount(mokatest.Account{ID: id, Username: fmt.Sprint("user", i), AccessToken: token, Quota: 20 * 500_000})
			cfg.Accounts = append(cfg.Accounts, config.Account{Name: fmt.Sprint("a", i), BaseURL: "https://gateway.test", AccessToken: config.NewSecret(token), UserID: id})
		}
		book, err := New(cfg, WithTransport(gateway.Client().Transport))
		if err != nil {
			t.Fatal(err)
		}
		poll := func() {
			for _, a := range book.All() {
				a.Read(t.Context())
			}
		}
		command := func() (known int) {
			for _, r := range Read(moka.ForCommand(t.Context()), book.All()) {
				if r.OK() && r.Spendable() == moka.Known(20*moka.Dollar) {
					known++
				} else if err := r.Err(); err == nil || err.Hint != moka.HintCommands {
					t.Errorf("%+v", r)
				}
			}
			return known
		}
		poll()
		time.Sleep(5 * time.Minute)
		for range 3 {
			if known := command(); known != 12 {
				t.Errorf("%d of 12 accounts are known, five minutes after they were read", known)
			}
		}
	})
}

func TestWhatStandsInForAReadingWithoutRoom(t *testing.T) {
	began := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	at := func(after time.Duration, err *moka.Error) moka.Reading {
		return moka.Reading{At: began.Add(after), Wallet: &moka.Wallet{Remaining: moka.Known(moka.Dollar)}, WalletErr: err}
	}
	noRoom, away := &moka.Error{Kind: moka.RateLimited, Hint: moka.HintCommands}, &moka.Error{Kind: moka.Unavailable}
	for _, c := range []struct {
		what  string
		polls []moka.Reading
		read  moka.Reading
		want  time.Duration // when the reading is of that is shown
	}{
		{"a poll minutes ago", []moka.Reading{at(0, nil)}, at(recentEnough, noRoom), 0},
		{"a poll long ago", []moka.Reading{at(0, nil)}, at(recentEnough+time.Second, noRoom), recentEnough + time.Second},
		{"a poll that failed since", []moka.Reading{at(0, nil), at(time.Minute, away)}, at(2*time.Minute, noRoom), 2 * time.Minute},
		{"another failure", []moka.Reading{at(0, nil)}, at(time.Minute, away), time.Minute},
		{"no poll", nil, at(time.Minute, noRoom), time.Minute},
	} {
		a := &Account{}
		for _, r := range c.polls {
			a.Remember(r)
		}
		if got := a.orRecent(c.read); !got.At.Equal(began.Add(c.want)) {
			t.Errorf("%s: the reading of %v is shown", c.what, got.At.Sub(began))
		}
	}
}
