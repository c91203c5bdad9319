package moka_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// Since 2026-07 the public status no longer names the top-up page: users are told
// it, and asked for at most once a day for all accounts of a gateway.
func TestTheTopUpPageOfEveryRelease(t *testing.T) {
	const page = "https://pay.example/topup"
	for _, c := range []struct {
		version mokatest.Version
		link    string
		want    string
		asked   int // requests for all three looks: at once, an hour later, a day later
	}{
		{mokatest.OneAPI, page, page, 0},
		{mokatest.V2025_04, page, page, 0},
		{mokatest.V2025_12, page, page, 0},
		{mokatest.V2025_12, "", "", 0},
		{mokatest.V2026_07, page, page, 2},
		{mokatest.V2026_08, page, page, 2},
		{mokatest.V2026_08, "", "", 2},
		{mokatest.V2026_08, "http://pay.example/topup", "", 2},
		{mokatest.V2026_08, "https://alice:secret@pay.example", "", 2},
		{mokatest.V2026_08, "javascript:alert(1)", "", 2},
	} {
		t.Run(fmt.Sprintf("%s %s", c.version, c.link), func(t *testing.T) {
			now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
			limiter, asked := moka.NewLimiter(1000, time.Minute), 0
			s := mokatest.New(c.version)
			s.AddAccount(mokatest.Account{ID: payUser, Username: "alice", AccessToken: payToken, Quota: perUnit})
			s.Update(func(st *mokatest.State) { st.Options.TopUpLink = c.link })
			client := func() *moka.Client {
				c, err := moka.New("https://gateway.test", moka.Credentials{AccessToken: payToken, UserID: payUser}, moka.WithHTTPClient(s.Client()),
					moka.WithLimiter(limiter), moka.WithNow(func() time.Time { return now }), moka.WithObserver(func(c moka.Call) {
						if c.Op == "user/topup/info" {
							asked++
						}
					}))
				if err != nil {
					t.Fatal(err)
				}
				return c
			}
			one, other := client(), client()
			if err := one.LearnTopUpLink(t.Context()); err != nil || asked > 0 {
				t.Errorf("before the first reading: %v, %d requests", err, asked)
			}
			for _, later := range []time.Duration{0, time.Hour, 24 * time.Hour} {
				now = now.Add(later)
				for _, c := range []*moka.Client{one, other} {
					c.Read(t.Context())
					if err := c.LearnTopUpLink(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
			for _, client := range []*moka.Client{one, other} {
				if links, known := client.Links(); links.TopUp != c.want || !known {
					t.Errorf("%q, %t; want %q", links.TopUp, known, c.want)
				}
			}
			if asked != c.asked {
				t.Errorf("%d requests, want %d", asked, c.asked)
			}
		})
	}
}

func TestATopUpPageThatCannotBeReadIsAskedForAgainInAnHour(t *testing.T) {
	const path = "/api/user/topup/info"
	for what, fault := range map[string]mokatest.Fault{
		"an error":     {Path: path, Status: http.StatusInternalServerError, Body: []byte(`{"success":false,"message":"broken"}`)},
		"a web page":   {Path: path, WebPage: true},
		"another type": {Path: path, Body: []byte(`{"success":true,"data":"soon"}`)},
	} {
		t.Run(what, func(t *testing.T) {
			now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
			s := mokatest.New(mokatest.V2026_08)
			s.AddAccount(mokatest.Account{ID: payUser, Username: "alice", AccessToken: payToken, Quota: perUnit})
			s.Update(func(st *mokatest.State) { st.Options.TopUpLink = "https://pay.example/topup" })
			c, err := moka.New("https://gateway.test", moka.Credentials{AccessToken: payToken, UserID: payUser},
				moka.WithHTTPClient(s.Client()), moka.WithNow(func() time.Time { return now }))
			if err != nil {
				t.Fatal(err)
			}
			c.Read(t.Context())
			s.Fault(fault)
			if err := c.LearnTopUpLink(t.Context()); err == nil {
				t.Error("the failure is not told")
			}
			s.Clear()
			for _, look := range []struct {
				at   time.Duration
				want string
			}{{59 * time.Minute, ""}, {2 * time.Hour, "https://pay.example/topup"}} {
				now = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC).Add(look.at)
				if err := c.LearnTopUpLink(t.Context()); err != nil {
					t.Error(err)
				}
				if links, _ := c.Links(); links.TopUp != look.want {
					t.Errorf("after %s: %q, want %q", look.at, links.TopUp, look.want)
				}
			}
		})
	}
}
