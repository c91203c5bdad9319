package history

import (
	"encoding/json"
	"testing"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/chart"
	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/internal/store/storetest"
	"mokabot/moka"
)

// Fault M17: bars are calendar days of the reader, also where clocks change, and
// today's ends now.
func TestBarsAreCalendarDays(t *testing.T) {
	for _, c := range []struct {
		zone, now string
		changed   string // the day whose length is not 24 hours
		hours     float64
	}{
		{"America/New_York", "2026-11-20T09:30:00-05:00", "2026-11-01", 25},
		{"Europe/Berlin", "2026-04-10T00:10:00+02:00", "2026-03-29", 23},
		{"Australia/Lord_Howe", "2026-04-20T12:00:00+10:30", "2026-04-05", 24.5},
		{"Asia/Kathmandu", "2026-04-20T00:20:00+05:45", "2026-04-05", 24},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(storetest.File(t, store.Open))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		h := History{Store: db, Zone: zone, Now: func() time.Time { return now }}
		p, _, _ := Period("30d", now, zone)
		s, facts, err := h.series(t.Context(), lang.English(), &account.Account{Name: "team"}, p, zone, moka.Reading{})
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Spend) != 30 || !s.Spend[29].To.Equal(now) || !s.Spend[29].From.Equal(spend.Day(now, zone).From) || s.Words.Spent != "Spent per day" {
			t.Errorf("%s: %d bars, the last is %+v, %q", c.zone, len(s.Spend), s.Spend[len(s.Spend)-1], s.Words.Spent)
		}
		for i, bar := range s.Spend {
			from := bar.From.In(zone)
			if hour, minute, _ := from.Clock(); hour+minute != 0 || i > 0 && !bar.From.Equal(s.Spend[i-1].To) {
				t.Errorf("%s: bar %d begins at %v", c.zone, i, from)
			}
			if length := bar.To.Sub(bar.From).Hours(); from.Format(time.DateOnly) == c.changed && length != c.hours {
				t.Errorf("%s: %s has %v hours", c.zone, c.changed, length)
			}
		}
		for i, at := range s.Balance[:len(s.Balance)-1] { // sums of full hours are there already
			if begins := at.At.Sub(p.From); !at.At.Equal(at.At.Truncate(time.Hour)) || i == 0 && (begins < 0 || begins >= time.Hour) {
				t.Errorf("%s: the curve's step %d ends at %v", c.zone, i, at.At)
			}
		}
		if facts.Spent.Spent.Known() || facts.Left.Known() || s.Forecast != nil {
			t.Errorf("%s: something is known of an account without readings: %+v", c.zone, facts)
		}
	}
}

// Fault M17: a dollar an hour until midnight is the length of each day, and
// nothing of it is today's.
func TestBarsHoldWhatTheirDayCost(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 3, 0, 10, 0, 0, zone)
	db, err := store.Open(storetest.File(t, store.Open))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	read := func(from, to time.Time, spent moka.Amount) {
		d := spend.Delta{From: from, To: to, Known: true, Spent: spent, Covered: to.Sub(from)}
		if err := db.Poll(t.Context(), "team", func(_, _ json.RawMessage) (store.Poll, error) {
			return store.Poll{Sample: store.Sample{At: to, Spendable: moka.Known(100 * moka.Dollar), Delta: d}}, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	midnight := spend.Day(now, zone).From
	for at := time.Date(2026, 10, 31, 0, 0, 0, 0, zone); at.Before(midnight); at = at.Add(time.Hour) {
		read(at, at.Add(time.Hour), moka.Dollar)
	}
	read(midnight, now, 0)
	h := History{Store: db, Zone: zone, Now: func() time.Time { return now }}
	p, _, _ := Period("30d", now, zone)
	s, _, err := h.series(t.Context(), lang.English(), &account.Account{Name: "team"}, p, zone, moka.Reading{})
	if err != nil || len(s.Spend) != 30 {
		t.Fatal(len(s.Spend), err)
	}
	for i, want := range []moka.Maybe{{}, moka.Known(24 * moka.Dollar), moka.Known(25 * moka.Dollar), moka.Known(24 * moka.Dollar), moka.Known(0)} {
		if bar := s.Spend[25+i]; bar.Amount != want {
			t.Errorf("%v cost %v, want %v", bar.From.In(zone), bar.Amount, want)
		}
	}
}

func TestAFanEndsWithTheMoney(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	var hours []spend.Hour
	for at := now.AddDate(0, 0, -20); at.Before(now); at = at.Add(time.Hour) {
		hours = append(hours, spend.Hour{Start: at, Spent: moka.Dollar, Covered: time.Hour})
	}
	week := spend.Period{From: now.AddDate(0, 0, -7), To: now}
	of := func(hours []spend.Hour, left moka.Maybe) []chart.Fan {
		return fan(hours, spend.Question{Left: left, Now: now, Zone: time.UTC}, week)
	}
	f := of(hours, moka.Known(48*moka.Dollar))
	if last := f[len(f)-1]; last.High != 0 || last.At.Sub(now) < 47*time.Hour || last.At.Sub(now) > 60*time.Hour {
		t.Errorf("$48 at a dollar an hour: it ends with %+v", last)
	}
	if f[0].At != now || f[0].Mid != 48*moka.Dollar {
		t.Errorf("it begins with %+v", f[0])
	}
	f = of(hours, moka.Known(4800*moka.Dollar))
	if last := f[len(f)-1]; !last.At.Equal(now.AddDate(0, 0, 7)) {
		t.Errorf("$4,800: it ends with %+v", last)
	}
	until := now.Add(36 * time.Hour)
	f = fan(hours, spend.Question{Left: moka.Known(100 * moka.Dollar), Until: until, Now: now, Zone: time.UTC}, week)
	if last := f[len(f)-1]; !last.At.Equal(until) {
		t.Errorf("a plan that ends in 36 h: it ends with %+v", last)
	}
	funds := []moka.Fund{{Left: 20 * moka.Dollar, EndsAt: now.Add(5 * time.Hour)}, {Left: 30 * moka.Dollar}}
	q := spend.Question{Left: moka.Known(50 * moka.Dollar), Funds: funds, Now: now, Zone: time.UTC}
	f = fan(hours, q, week)
	runway := spend.Forecast(hours, q)
	if last := f[len(f)-1]; last.High != 0 || last.At.Sub(now) != runway.High || runway.Mid > 36*time.Hour {
		t.Errorf("a plan that ends unspent, and a wallet: it ends with %+v, the runway is %v", last, runway)
	}
	if at := f[6]; at.Mid > 30*moka.Dollar || at.High > 30*moka.Dollar {
		t.Errorf("what the plan held is gone after its end: %+v", at)
	}
	if of(hours, moka.Maybe{}) != nil || of(hours, moka.Known(0)) != nil || of(nil, moka.Known(moka.Dollar)) != nil {
		t.Error("a fan of nothing")
	}
}
