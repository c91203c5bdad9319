package moka

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// oddly answers for the status by the number of the call, and else as the gateway does.
type oddly struct {
	*gateway
	answer func(n int) reply
}

func (o oddly) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path == statusPath {
		o.set(statusPath, o.answer(o.count(statusPath)+1))
	}
	return o.gateway.RoundTrip(req)
}

// Odd answers of /api/status in the place of good ones must neither make
// amounts unknown nor change what they are.
func TestOddStatusAnswersChangeNothing(t *testing.T) {
	odd := map[string]reply{
		"another unit":     statusWith(`"quota_display_type":"CNY","usd_exchange_rate":7.3`),
		"an unknown unit":  statusWith(`"quota_display_type":"PEARLS"`),
		"no fields":        {body: `{"data":{},"success":true}`},
		"an ancestor's":    {body: statusOne},
		"another quota":    {body: `{"data":{"quota_per_unit":1,"quota_display_type":"USD","enable_data_export":true},"success":true}`},
		"an empty object":  {body: `{}`},
		"a failure":        {status: 500},
		"somebody's words": saidNo(200, "busy", ""),
	}
	for what, answer := range odd {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := oddly{healthy(nil), func(n int) reply {
					if n%2 == 0 {
						return answer // the second, fourth and so on
					}
					return reply{body: statusUSD}
				}}
				c := dial(t, g, bothCredentials)
				first := c.Read(t.Context())
				for range 30 {
					time.Sleep(3 * time.Minute)
					r := c.Read(t.Context())
					if !r.OK() || r.Spendable() != first.Spendable() || r.Wallet.Remaining != first.Wallet.Remaining {
						t.Fatalf("spendable %s, %v; want %s", r.Spendable(), r.Err(), first.Spendable())
					}
				}
				if g.count(statusPath) < 10 {
					t.Errorf("only %d looks at the status", g.count(statusPath))
				}
			})
		})
	}
}

// A change that is none of a moment is followed, and so is the way back from
// a unit that nobody here knows.
func TestAStatusSaidTwiceIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := healthy(nil)
		c := dial(t, g, bothCredentials)
		first := c.Read(t.Context())
		g.set(statusPath, statusWith(`"quota_display_type":"PEARLS"`))
		time.Sleep(11 * time.Minute)
		if r := c.Read(t.Context()); r.Key.Remaining.Known() {
			t.Errorf("an amount in pearls: %s", r.Key.Remaining)
		}
		g.set(statusPath, reply{body: statusUSD})
		if r := c.Read(t.Context()); r.Key.Remaining != first.Key.Remaining {
			t.Errorf("right after it: %s, %v", r.Key.Remaining, r.Err())
		}
	})
}

// The unit was switched, the billing pair shows it, and the status cannot be
// had: then nothing is converted with the old one, however long that takes.
func TestAStatusInDoubtIsNotGoneBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := healthy(nil)
		c := dial(t, g, bothCredentials)
		first := c.Read(t.Context())
		g.set(statusPath, reply{status: 500})
		g.set(limitPath, limitOf("38.302472"))
		g.set(usedPath, usedOf("180.247220"))
		for range 3 {
			if r := c.Read(t.Context()); r.Key.Remaining.Known() {
				t.Errorf("an amount of an unknown unit: %s", r.Key.Remaining)
			}
			time.Sleep(time.Minute)
		}
		g.set(statusPath, statusWith(`"quota_display_type":"CNY","usd_exchange_rate":7.3`))
		if r := c.Read(t.Context()); r.Key.Remaining != first.Key.Remaining {
			t.Errorf("%s of %s, %v", r.Key.Remaining, first.Key.Remaining, r.Err())
		}
	})
}
