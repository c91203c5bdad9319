package moka

import (
	"testing"
	"time"
)

// Trap 9: an operator who switches the unit makes figures jump, not money.
func TestSwitchedUnitIsNoticedAtOnce(t *testing.T) {
	g := healthy(nil)
	c := dial(t, g, bothCredentials)
	before := verdictOf(c.Read(t.Context()))
	g.set(statusPath, statusWith(`"quota_display_type":"TOKENS"`))
	g.set(limitPath, limitOf("2623457"))
	g.set(usedPath, usedOf("12345700"))
	if after := verdictOf(c.Read(t.Context())); after != before {
		t.Errorf("\n got %+v\nwant %+v", after, before)
	}
	if n := g.count(statusPath); n != 3 {
		t.Errorf("%d calls for the status", n)
	}
}

func TestMissingPlansAreNotAskedForAgainSoon(t *testing.T) {
	now := time.Now()
	g := healthy(map[string]reply{plansPath: noPath})
	c := dial(t, g, bothCredentials, WithNow(func() time.Time { return now }))
	c.Read(t.Context())
	c.Read(t.Context())
	if n := g.count(plansPath); n != 1 {
		t.Errorf("asked %d times", n)
	}
	now = now.Add(2 * time.Hour)
	c.Read(t.Context())
	if n := g.count(plansPath); n != 2 {
		t.Errorf("asked %d times after an upgrade could have happened", n)
	}
}

// What was dated by a clock that was a year ahead is asked for again once that is set right.
func TestAClockThatWasAheadKeepsNothing(t *testing.T) {
	now := time.Now().AddDate(1, 0, 0)
	refused := refusal(401, "Invalid token", "")
	g := healthy(map[string]reply{plansPath: noPath, limitPath: refused, usedPath: refused, tokenPath: {body: tokenEmpty}})
	c := dial(t, g, bothCredentials, WithNow(func() time.Time { return now }))
	c.Read(t.Context())
	now = now.AddDate(-1, 0, 0)
	c.Read(t.Context())
	for _, path := range []string{plansPath, tokenPath} {
		if n := g.count(path); n != 2 {
			t.Errorf("%s was asked %d times", path, n)
		}
	}
}
