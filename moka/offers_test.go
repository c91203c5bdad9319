package moka

import (
	"testing"
	"testing/synctest"
	"time"
)

// A gateway that answered for the plans and then, for a moment, says that there
// is no such thing: their money is unknown meanwhile, and not gone.
func TestPlansAreNotGoneForOneOddAnswer(t *testing.T) {
	for what, odd := range map[string]reply{
		"not found": noPath, "forbidden": saidNo(403, "no", ""), "no privilege": saidNo(200, "权限不足", ""), "a page": webPage(),
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := healthy(map[string]reply{plansPath: {body: onePlan}})
				c := dial(t, g, bothCredentials)
				first := c.Read(t.Context())
				if first.Wallet.Plans != Known(15*Dollar) {
					t.Fatalf("plans %s", first.Wallet.Plans)
				}
				g.set(plansPath, odd)
				if r := c.Read(t.Context()); r.WalletErr == nil || r.WalletErr.Kind != BadResponse || r.Wallet.Plans.Known() {
					t.Errorf("during it: plans %s, %v", r.Wallet.Plans, r.WalletErr)
				}
				g.set(plansPath, reply{body: onePlan})
				if r := c.Read(t.Context()); r.WalletErr != nil || r.Wallet.Plans != first.Wallet.Plans {
					t.Errorf("after it: plans %s, %v", r.Wallet.Plans, r.WalletErr)
				}
			})
		})
	}
}

// After an hour of saying so the gateway is believed: it has become another.
func TestPlansThatStayAwayAreGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := healthy(map[string]reply{plansPath: {body: onePlan}})
		c := dial(t, g, bothCredentials)
		c.Read(t.Context())
		g.set(plansPath, noPath)
		c.Read(t.Context())
		time.Sleep(absentAge)
		if r := c.Read(t.Context()); r.WalletErr != nil {
			t.Errorf("%v", r.WalletErr)
		}
		asked := g.count(plansPath)
		c.Read(t.Context())
		if n := g.count(plansPath); n != asked {
			t.Errorf("asked again at once")
		}
	})
}
