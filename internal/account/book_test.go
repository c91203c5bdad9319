package account

import (
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/config"
	"mokabot/moka"
)

// refusing is a gateway that answers everything with a failure.
type refusing struct{}

func (refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusInternalServerError, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
}

func book(t *testing.T) *Book {
	t.Helper()
	b, err := New(&config.Config{Accounts: []config.Account{
		{Name: "team", BaseURL: "https://gateway.example", APIKey: config.NewSecret("sk-one")},
		{Name: "Steam", BaseURL: "https://gateway.example/v1", AccessToken: config.NewSecret("token"), UserID: 7},
		{Name: "生产", BaseURL: "https://gateway.example", APIKey: config.NewSecret("sk-two")},
	}}, WithTransport(refusing{}))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAccountsAreFoundByTheirNames(t *testing.T) {
	b := book(t)
	if a, err := b.Get("TEAM"); err != nil || a.Name != "team" {
		t.Errorf("TEAM is %v, %v", a, err)
	}
	_, err := b.Get("nobody")
	var unknown *UnknownError
	if !errors.As(err, &unknown) || !slices.Equal(unknown.Known, []string{"team", "Steam", "生产"}) {
		t.Errorf("nobody gives %v", err)
	}
	if all, err := b.Select(); len(all) != 3 || err != nil {
		t.Errorf("without a name: %v, %v", all, err)
	}
	if _, err := b.Select("team", "nobody"); err == nil {
		t.Error("one unknown name of two is accepted")
	}
}

func TestTheLastGoodReadingStaysWhenAReadFails(t *testing.T) {
	a, err := book(t).Get("team")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := a.Good(); ok {
		t.Error("there is a good reading before the first")
	}
	good := moka.Reading{Key: &moka.Key{State: moka.KeyOK, Remaining: moka.Known(moka.Dollar)}}
	good.At = good.At.AddDate(2026, 0, 0)
	a.Remember(good)
	readings := Read(t.Context(), []*Account{a})
	if readings[0].OK() {
		t.Fatal("a failing gateway gives a good reading")
	}
	if kept, ok := a.Good(); !ok || kept.Spendable() != moka.Known(moka.Dollar) {
		t.Errorf("the last good reading is %+v, %t", kept, ok)
	}
	if latest, ok := a.Latest(); !ok || latest.OK() {
		t.Errorf("the latest reading is %+v, %t", latest, ok)
	}
}

// D12: a reading goes on with its account when names are exchanged, and never
// with its name.
func TestReadingsAreInheritedByTheSameAccount(t *testing.T) {
	named := func(names ...string) *Book {
		c := &config.Config{}
		for n, name := range names {
			c.Accounts = append(c.Accounts, config.Account{Name: name, BaseURL: "https://gateway.example", APIKey: config.NewSecret([]string{"sk-one", "sk-two", "sk-three"}[n])})
		}
		b, err := New(c, WithTransport(refusing{}))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	old := named("a", "b")
	for n, a := range old.All() {
		a.Remember(moka.Reading{At: time.Unix(int64(n+1), 0)})
	}
	now := named("b", "c", "a")
	now.CarryOver(old)
	for n, want := range []int64{1, 2, 0} {
		latest, ok := now.All()[n].Latest()
		if ok != (want > 0) || ok && latest.At.Unix() != want {
			t.Errorf("%s has the reading of %v, %v", now.All()[n].Name, latest.At, ok)
		}
	}
}

// limited is a gateway that asks for a pause.
type limited struct{ calls atomic.Int32 }

func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	l.calls.Add(1)
	return &http.Response{StatusCode: http.StatusTooManyRequests, Body: http.NoBody, Header: http.Header{"Retry-After": {"90"}}, Request: r}, nil
}

func TestAPauseOutlivesAReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gateway := &limited{}
		c := &config.Config{Accounts: []config.Account{{Name: "team", BaseURL: "https://gateway.example", APIKey: config.NewSecret("sk-one")}}}
		var before *Book
		asked := int32(0)
		for n, wants := range []bool{true, false, false, true} {
			opts := []Option{WithTransport(gateway)}
			if before != nil {
				opts = append(opts, After(before))
			}
			b, err := New(c, opts...)
			if err != nil {
				t.Fatal(err)
			}
			if n == 3 {
				time.Sleep(2 * time.Minute)
			}
			Read(t.Context(), b.All())
			if got := gateway.calls.Load() > asked; got != wants {
				t.Errorf("book %d: the gateway is asked: %t", n, got)
			}
			asked, before = gateway.calls.Load(), b
		}
		c.RequestBudget = 60
		if b, err := New(c, WithTransport(gateway), After(before)); err != nil || budget(b.limiter) != 60 {
			t.Errorf("the new budget: %v", err)
		}
	})
}

// A command that sees another limit of a key makes the next reading a full one, also where
// readings have not asked about that key lately. What the key used meanwhile does not.
func TestACommandSeesWhatNoLightReadingWould(t *testing.T) {
	known := func(dollars int64) moka.Maybe { return moka.Known(moka.Amount(dollars) * moka.Dollar) }
	raw := func(limit float64) *moka.RawKey { return &moka.RawKey{Limit: limit} }
	waived := moka.Key{State: moka.KeyOK, AtLeast: known(90), Total: known(100)}
	for _, c := range []struct {
		what    string
		was, is moka.Key
		want    bool
	}{
		{"the same limit", moka.Key{State: moka.KeyOK, Raw: raw(100)}, moka.Key{State: moka.KeyOK, Raw: raw(100)}, false},
		{"another limit", moka.Key{State: moka.KeyOK, Raw: raw(100)}, moka.Key{State: moka.KeyOK, Raw: raw(50)}, true},
		{"another state", waived, moka.Key{State: moka.KeyDisabled, Total: known(100)}, true},
		{"more use of a key that was not asked about", waived, moka.Key{State: moka.KeyOK, Raw: raw(100), Remaining: known(80), Total: known(100)}, false},
		{"another limit of such a key", waived, moka.Key{State: moka.KeyOK, Raw: raw(50), Remaining: known(30), Total: known(50)}, true},
	} {
		now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
		a := &Account{watched: moka.Reading{At: now, Key: &c.was}, latest: moka.Reading{At: now.Add(time.Second), Key: &c.is}}
		if got := a.Overtaken(); got != c.want {
			t.Errorf("%s: %t, want %t", c.what, got, c.want)
		}
	}
}
