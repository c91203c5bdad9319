package history_test

import (
	"testing"
	"time"

	"mokabot/internal/store"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// TestARunawayRightAfterTheStart: the first readings of an account whose gateway
// has a month of records are enough to see that money goes much faster than usual,
// long before they cover an hour.
func TestARunawayRightAfterTheStart(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		var recorded []store.Recorded
		for i := range 10 * 24 {
			recorded = append(recorded, store.Recorded{Start: time.Now().Truncate(time.Hour).Add(-time.Duration(i+1) * time.Hour), Quota: 500_000})
		}
		if err := p.db.AddRecorded(p.t.Context(), "team", recorded); err != nil {
			p.t.Fatal(err)
		}
		r := p.account.Read(p.t.Context())
		p.store(r)
		for range 3 {
			time.Sleep(time.Minute)
			p.gateway.Spend(testKey, "gpt-4o", 2*500_000, 1000)
			r = p.account.Read(p.t.Context())
			p.store(r)
		}
		o, err := p.history.Outlook(p.t.Context(), "team", r)
		if err != nil {
			p.t.Fatal(err)
		}
		if usual, _ := o.HourUsual.Get(); usual < moka.Dollar/2 || usual > 2*moka.Dollar {
			p.t.Errorf("such an hour usually costs %v", o.HourUsual)
		}
		if o.HourSpent != moka.Known(6*moka.Dollar) || o.QuarterSpent != moka.Known(6*moka.Dollar) || !o.HourPart {
			p.t.Errorf("the last hour cost %v, in part %t, its last quarter %v", o.HourSpent, o.HourPart, o.QuarterSpent)
		}
	})
}

// Where a plan is about to be filled up, a key with a limit is what ends. A light reading,
// which does not ask about a key that allows plenty for now, says so as a full one does.
func TestARefilledPlanPaysNoMoreThanItsKeyAllows(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		var recorded []store.Recorded
		for i := range 10 * 24 {
			recorded = append(recorded, store.Recorded{Start: time.Now().Truncate(time.Hour).Add(-time.Duration(i+1) * time.Hour), Quota: 2 * 500_000})
		}
		if err := p.db.AddRecorded(p.t.Context(), "team", recorded); err != nil {
			p.t.Fatal(err)
		}
		p.gateway.Update(func(s *mokatest.State) {
			a := s.Account(2)
			a.Quota = 20 * 500_000
			a.Plans = []mokatest.Plan{{
				ID: 4, Total: 1000 * 500_000, Used: 980 * 500_000, EndsAt: time.Now().AddDate(1, 0, 0),
				ResetsAt: time.Now().Add(6 * time.Hour), ResetEvery: 24 * time.Hour,
			}}
			s.Key(testKey).Remain = 100 * 500_000
		})
		p.store(p.account.Read(p.t.Context()))
		time.Sleep(time.Minute)
		p.gateway.Spend(testKey, "gpt-4o", 50_000, 1000)
		light, ok := p.account.ReadLight(p.t.Context())
		if !ok || !light.Key.AtLeast.Known() {
			p.t.Fatalf("%t: %+v", ok, light.Key)
		}
		full := p.account.Read(p.t.Context())
		for what, r := range map[string]moka.Reading{"light": light, "full": full} {
			runway, err := p.history.Runway(p.t.Context(), "team", r)
			if err != nil || !runway.Known || runway.Idle || runway.Mid < 40*time.Hour || runway.Mid > 60*time.Hour {
				p.t.Errorf("%s: a key of $100 at $2 an hour lasts %+v, %v", what, runway, err)
			}
		}
	})
}
