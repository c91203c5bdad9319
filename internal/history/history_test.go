package history_test

import (
	"testing"
	"time"

	"mokabot/internal/history"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/internal/store/storetest"
	"mokabot/moka"
)

// Fault M16: the period before never reaches into the one that runs.
func TestNamedPeriods(t *testing.T) {
	for _, c := range []struct{ what, name, zone, now, want, before string }{
		{"today so far against as much of yesterday", "today", "Asia/Shanghai", "2026-11-23T08:30:00+08:00",
			"2026-11-23T00:00:00+08:00 2026-11-23T08:30:00+08:00", "2026-11-22T00:00:00+08:00 2026-11-22T08:30:00+08:00"},
		{"yesterday, a day of 25 hours", "yesterday", "America/New_York", "2026-11-02T08:00:00-05:00",
			"2026-11-01T00:00:00-04:00 2026-11-02T00:00:00-05:00", "2026-10-31T00:00:00-04:00 2026-11-01T00:00:00-04:00"},
		{"seven days, a change of clocks among them", "7d", "America/New_York", "2026-11-02T12:00:00-05:00",
			"2026-10-27T00:00:00-04:00 2026-11-02T12:00:00-05:00", "2026-10-20T00:00:00-04:00 2026-10-26T13:00:00-04:00"},
		{"thirty days", "30d", "UTC", "2026-03-01T06:00:00Z", "2026-01-31T00:00:00Z 2026-03-01T06:00:00Z", "2026-01-01T00:00:00Z 2026-01-30T06:00:00Z"},
		{"a month after a shorter one", "month", "UTC", "2026-03-31T12:00:00Z", "2026-03-01T00:00:00Z 2026-03-31T12:00:00Z", "2026-02-01T00:00:00Z 2026-03-01T00:00:00Z"},
		{"late on a day of 25 hours", "today", "America/New_York", "2026-11-01T23:30:00-05:00",
			"2026-11-01T00:00:00-04:00 2026-11-01T23:30:00-05:00", "2026-10-31T00:00:00-04:00 2026-11-01T00:00:00-04:00"},
		{"late on a day of 24.5 hours", "today", "Australia/Lord_Howe", "2026-04-05T23:45:00+10:30",
			"2026-04-05T00:00:00+11:00 2026-04-05T23:45:00+10:30", "2026-04-04T00:00:00+11:00 2026-04-05T00:00:00+11:00"},
		{"a day of 23 hours", "today", "America/New_York", "2026-03-08T23:30:00-04:00",
			"2026-03-08T00:00:00-05:00 2026-03-08T23:30:00-04:00", "2026-03-07T00:00:00-05:00 2026-03-07T22:30:00-05:00"},
		{"seven days, late on a day of 25 hours", "7d", "America/New_York", "2026-11-01T23:30:00-05:00",
			"2026-10-26T00:00:00-04:00 2026-11-01T23:30:00-05:00", "2026-10-19T00:00:00-04:00 2026-10-26T00:00:00-04:00"},
		{"a zone at a quarter", "today", "Asia/Kathmandu", "2026-11-23T00:10:00+05:45",
			"2026-11-23T00:00:00+05:45 2026-11-23T00:10:00+05:45", "2026-11-22T00:00:00+05:45 2026-11-22T00:10:00+05:45"},
		{"the other side of the date line", "today", "Pacific/Kiritimati", "2026-11-22T11:00:00Z",
			"2026-11-23T00:00:00+14:00 2026-11-23T01:00:00+14:00", "2026-11-22T00:00:00+14:00 2026-11-22T01:00:00+14:00"},
	} {
		t.Run(c.what, func(t *testing.T) {
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			now, err := time.Parse(time.RFC3339, c.now)
			if err != nil {
				t.Fatal(err)
			}
			p, before, ok := history.Period(c.name, now, zone)
			if got := span(p, zone); !ok || got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if got := span(before, zone); got != c.before {
				t.Errorf("before: got  %s\n        want %s", got, c.before)
			}
		})
	}
	if _, _, ok := history.Period("fortnight", time.Now(), time.UTC); ok {
		t.Error("an unknown period is known")
	}
}

func span(p spend.Period, zone *time.Location) string {
	return p.From.In(zone).Format(time.RFC3339) + " " + p.To.In(zone).Format(time.RFC3339)
}

func dollars(d float64) moka.Maybe {
	a, err := moka.FromUSD(d)
	if err != nil {
		panic(err)
	}
	return moka.Known(a)
}

func price(in, out float64) moka.Price {
	return moka.Price{InputPerMTok: dollars(in), OutputPerMTok: dollars(out)}
}

func TestWhatANewPriceMeans(t *testing.T) {
	use := message.ModelUse{Spent: 14 * moka.Dollar, Requests: 100, Tokens: 2_000_000} // a million in at $4, one out at $10
	perCall := func(d float64) moka.Price { return moka.Price{PerCall: dollars(d)} }
	for _, c := range []struct {
		what     string
		was, now moka.Price
		use      message.ModelUse
		want     moka.Maybe
	}{
		{"twice the price", price(4, 10), price(8, 20), use, dollars(14)},
		{"only completions", price(4, 10), price(4, 30), use, dollars(20)},
		{"only prompts, cheaper", price(4, 10), price(1, 10), use, dollars(-3)},
		{"one price for both", price(7, 7), price(7, 9), use, dollars(2)},
		{"by call", perCall(0.1), perCall(0.15), use, dollars(5)},
		{"from tokens to calls", price(4, 10), perCall(0.5), use, dollars(36)},
		{"from calls to tokens", perCall(0.1), price(1, 1), use, moka.Maybe{}},
		{"no price any more", price(4, 10), moka.Price{}, use, moka.Maybe{}},
		{"not used", price(4, 10), price(8, 20), message.ModelUse{}, moka.Maybe{}},
	} {
		if got := history.PerWeek(c.was, c.now, c.use); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

func list(priced bool, models ...moka.PricedModel) moka.Catalogue {
	return moka.Catalogue{Models: models, Priced: priced}
}

func model(id string, p moka.Price) moka.PricedModel {
	return moka.PricedModel{Model: moka.Model{ID: id}, Price: p}
}

func TestModelChangesAreConfirmedBySecondReading(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	a, b, c := model("a", price(1, 2)), model("b", price(1, 2)), model("c", price(1, 2))
	dearer := model("a", price(2, 4))
	var m history.ModelMemory
	for i, step := range []struct {
		what string
		list moka.Catalogue
		want string
	}{
		{"the first list of all", list(true, a, b), ""},
		{"confirmed: no change", list(true, a, b), ""},
		{"a model is missing for a moment", list(true, a), ""},
		{"and is there again", list(true, a, b), ""},
		{"another comes", list(true, a, b, c), ""},
		{"and stays", list(true, a, b, c), "+c"},
		{"prices cannot be read", list(false, model("a", moka.Price{}), b, c), ""},
		{"still not", list(false, model("a", moka.Price{}), b, c), ""},
		{"one is dearer, one is gone", list(true, dearer, c), ""},
		{"for good", list(true, dearer, c), "-b ~a"},
		{"nothing more", list(true, dearer, c), ""},
	} {
		var changes message.ModelChanges
		m, changes = m.Saw(step.list, "team", at.Add(time.Duration(i)*time.Hour))
		if got := short(changes); got != step.want {
			t.Errorf("%s: told %q, want %q", step.what, got, step.want)
		}
	}
	if got := m.New(at); !got["c"] || len(got) != 1 {
		t.Errorf("new models: %v", got)
	}
	if got := string(history.IDs([]history.ModelMemory{m, {Models: map[string]moka.Price{"A": {}, "c": {}}}})); got != "A\na\nc\n" {
		t.Errorf("the file: %q", got)
	}
}

func short(c message.ModelChanges) string {
	text := ""
	for _, m := range c.Added {
		text += " +" + m.ID
	}
	for _, id := range c.Removed {
		text += " -" + id
	}
	for _, m := range c.Repriced {
		text += " ~" + m.Model
	}
	if text == "" {
		return ""
	}
	return text[1:]
}

func TestReadingsThatWereStoredReadTheSame(t *testing.T) {
	db, err := store.Open(storetest.File(t, store.Open))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	h := history.History{Store: db, Zone: time.UTC}
	if _, ok := h.LastGood(t.Context(), "team"); ok {
		t.Error("something is known of an account that was never read")
	}
	if h.Today(t.Context(), "team").Spent.Known() {
		t.Error("and what it spent")
	}
	if (history.History{}).Today(t.Context(), "team").Spent.Known() {
		t.Error("without a store something is known")
	}
}
