package history_test

import (
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/history"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/internal/spend"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// named asks for a period by its name.
func (p *past) named(name string, zone *time.Location) message.Used {
	p.t.Helper()
	h := p.history
	h.Zone = zone
	period, before, ok := history.Period(name, time.Now(), zone)
	if !ok {
		p.t.Fatal(name)
	}
	u, err := h.Used(p.t.Context(), p.account, period, before)
	if err != nil {
		p.t.Fatal(err)
	}
	sum := moka.Amount(0)
	for _, m := range u.Models {
		sum += m.Spent
	}
	if spent, ok := u.Spent.Get(); ok && u.ModelsErr == nil && sum != spent {
		p.t.Errorf("%s: the models add up to %v, and %v was spent", name, sum, spent)
	}
	sum = 0
	for _, k := range u.Keys {
		sum += k.Spent
	}
	if spent, ok := u.Spent.Get(); ok && u.KeysErr == nil && sum != spent {
		p.t.Errorf("%s: the keys add up to %v, and %v was spent", name, sum, spent)
	}
	return u
}

func (p *past) spendAt(at time.Time, usd float64) {
	p.gateway.SpendAt(at, testKey, "gpt-4o", int64(usd*500_000), 1000)
}

func (p *past) check(what string, u message.Used, spent, before moka.Maybe) {
	p.t.Helper()
	if u.Spent != spent || u.Before != before {
		p.t.Errorf("%s: spent %v, before %v; want %v, %v (covered %.2f)", what, u.Spent, u.Before, spent, before, u.Covered)
	}
}

func inPast(t *testing.T, version mokatest.Version, f func(p *past)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPast(t, version)
		defer p.db.Close()
		f(p)
	})
}

func kolkata(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// Fault M11: the operator's log clean-up makes no figure smaller, and neither does an export
// that is switched off.
func TestRecordsThatLostEntries(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		for day := range 20 {
			p.spendAt(time.Now().AddDate(0, 0, -day).Add(-2*time.Hour), 0.2)
		}
		p.gateway.CleanLog(time.Now().AddDate(0, 0, -2))
		p.check("log cleaned up", p.named("30d", time.UTC), dollars(4), moka.Maybe{})
	})
	inPast(t, mokatest.V2026_08, func(p *past) {
		for day := 20; day >= 0; day-- {
			if day == 10 {
				p.gateway.Update(func(s *mokatest.State) { s.Options.DataExport = false })
			}
			p.spendAt(time.Now().AddDate(0, 0, -day).Add(-2*time.Hour), 0.2)
		}
		p.gateway.CleanLog(time.Now().AddDate(0, 0, -15))
		if u := p.named("30d", time.UTC); u.Spent != dollars(4.2) {
			p.t.Errorf("rows know the old days and the log the new ones: %v", u.Spent)
		}
	})
}

// The number of calls is known where readings or rows counted all of them: the log's
// sum says what calls cost, and not how many they were.
func TestCallsThatNothingCountedAreUnknown(t *testing.T) {
	export := func(p *past, on bool) {
		p.gateway.Update(func(s *mokatest.State) { s.Options.DataExport = on })
	}
	for what, c := range map[string]struct {
		happens func(p *past)
		spent   float64
		want    int64
	}{
		"rows have all of them": {func(p *past) {
			p.spendAt(time.Now().Add(-30*time.Hour), 1)
			p.spendAt(time.Now().Add(-2*time.Hour), 2)
		}, 3, 2},
		"the log alone": {func(p *past) {
			export(p, false)
			p.spendAt(time.Now().Add(-2*time.Hour), 3)
			export(p, true)
		}, 3, 0},
		"rows lack a day": {func(p *past) {
			p.spendAt(time.Now().Add(-50*time.Hour), 1)
			export(p, false)
			p.spendAt(time.Now().Add(-30*time.Hour), 1)
			export(p, true)
			p.spendAt(time.Now().Add(-2*time.Hour), 1)
		}, 3, 0},
		"rows lack what a reading counted": {func(p *past) {
			export(p, false)
			p.spendAt(time.Now().Add(-2*time.Hour), 2)
			export(p, true)
			p.read()
			time.Sleep(10 * time.Minute)
			p.spendAt(time.Now(), 1)
			p.read()
		}, 3, 0},
	} {
		t.Run(what, func(t *testing.T) {
			inPast(t, mokatest.V2026_08, func(p *past) {
				time.Sleep(time.Until(spend.Day(time.Now(), time.UTC).From.Add(36 * time.Hour))) // noon
				c.happens(p)
				u := p.named("7d", time.UTC)
				if u.Spent != dollars(c.spent) || u.Requests != c.want {
					t.Errorf("spent %v in %d requests; want %v in %d (0: unknown)", u.Spent, u.Requests, dollars(c.spent), c.want)
				}
			})
		})
	}
}

// Rows that were kept count calls as well, also while the gateway is away.
func TestCallsOfKeptRowsCountWhileTheGatewayIsAway(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		time.Sleep(time.Until(spend.Day(time.Now(), time.UTC).From.Add(36 * time.Hour))) // noon
		p.spendAt(time.Now().Add(-5*time.Hour), 1)
		p.spendAt(time.Now().Add(-4*time.Hour), 1)
		p.read()
		p.named("today", time.UTC) // keeps rows
		time.Sleep(10 * time.Minute)
		p.spendAt(time.Now(), 1)
		p.read()
		p.gateway.Fault(mokatest.Fault{Status: 502})
		if u := p.named("today", time.UTC); u.Spent != dollars(3) || u.Requests != 3 {
			t.Errorf("spent %v in %d requests", u.Spent, u.Requests)
		}
	})
}

// Calls in a gap across midnight count on the day that the rows say.
func TestCallsInAGapAcrossMidnight(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		time.Sleep(time.Until(spend.Day(time.Now(), time.UTC).From.Add(46 * time.Hour))) // ten in the evening
		p.read()
		time.Sleep(4*time.Hour + 10*time.Minute)
		p.spendAt(time.Now(), 5)
		p.spendAt(time.Now(), 5)
		time.Sleep(2 * time.Hour)
		p.read()
		time.Sleep(10 * time.Minute)
		p.spendAt(time.Now(), 1)
		p.read()
		if u := p.named("today", time.UTC); u.Spent != dollars(11) || u.Requests != 3 {
			t.Errorf("today: spent %v in %d requests", u.Spent, u.Requests)
		}
		if u := p.named("yesterday", time.UTC); u.Spent != dollars(0) || u.Requests != 0 {
			t.Errorf("yesterday: spent %v in %d requests", u.Spent, u.Requests)
		}
	})
}

// An hour without readings around midnight is a gap as well: the records say on which
// day something was spent, and without them no day has it.
func TestAnHourAcrossMidnightIsDatedByTheRecords(t *testing.T) {
	for _, c := range []struct {
		what             string
		at               time.Duration // of the spending, after midnight
		recorded         bool
		yesterday, today moka.Maybe
		undated          moka.Amount
	}{
		{"before midnight", -20 * time.Minute, true, dollars(61), dollars(1), 0},
		{"after midnight", 10 * time.Minute, true, dollars(1), dollars(61), 0},
		{"nothing dates it", 10 * time.Minute, false, dollars(1), dollars(1), 60 * moka.Dollar},
	} {
		t.Run(c.what, func(t *testing.T) {
			inPast(t, mokatest.V2026_08, func(p *past) {
				p.zones = []*time.Location{time.UTC}
				midnight := spend.Day(time.Now(), time.UTC).To
				time.Sleep(time.Until(midnight))
				midnight = midnight.Add(24 * time.Hour)
				for p.read(); time.Now().Before(midnight.Add(-30 * time.Minute)); p.read() {
					if time.Now().Equal(midnight.Add(-12 * time.Hour)) {
						p.spendAt(time.Now(), 1)
					}
					time.Sleep(10 * time.Minute)
				}
				time.Sleep(time.Until(midnight.Add(c.at)))
				p.spendAt(time.Now(), 60)
				time.Sleep(time.Until(midnight.Add(30 * time.Minute)))
				p.read()
				time.Sleep(10 * time.Minute)
				p.spendAt(time.Now(), 1)
				time.Sleep(10 * time.Minute)
				p.read()
				if !c.recorded {
					p.gateway.Fault(mokatest.Fault{Path: "/api/data/flow/self", Status: 500})
					p.gateway.Fault(mokatest.Fault{Path: "/api/data/self", Status: 500})
					p.gateway.Fault(mokatest.Fault{Path: "/api/log/self/stat", Status: 500})
					p.gateway.Fault(mokatest.Fault{Path: "/api/log/self", Status: 500})
				}
				yesterday, today := p.named("yesterday", time.UTC), p.named("today", time.UTC)
				if yesterday.Spent != c.yesterday || today.Spent != c.today {
					t.Errorf("yesterday %v, today %v; want %v, %v", yesterday.Spent, today.Spent, c.yesterday, c.today)
				}
				if yesterday.Undated != c.undated || today.Undated != c.undated || yesterday.AtLeast == c.recorded || today.AtLeast == c.recorded {
					t.Errorf("undated %v, %v, at least %t, %t", yesterday.Undated, today.Undated, yesterday.AtLeast, today.AtLeast)
				}
			})
		})
	}
}

// A day that ended without readings is not complete, unless the records tell of its end;
// and records that end earlier disagree with nothing.
func TestTheUnreadEndOfADay(t *testing.T) {
	for _, away := range []bool{false, true} {
		inPast(t, mokatest.V2026_08, func(p *past) {
			midnight := spend.Day(time.Now(), time.UTC).To
			time.Sleep(time.Until(midnight))
			midnight = midnight.Add(24 * time.Hour)
			for p.read(); time.Now().Before(midnight.Add(-20 * time.Minute)); p.read() {
				if time.Now().Equal(midnight.Add(-12 * time.Hour)) {
					p.named("today", time.UTC) // keeps rows
				}
				time.Sleep(10 * time.Minute)
				p.spendAt(time.Now().Add(-time.Minute), 0.5)
			}
			time.Sleep(10 * time.Minute)
			p.spendAt(time.Now(), 3)
			time.Sleep(time.Until(midnight.Add(5 * time.Minute)))
			if away {
				p.gateway.Fault(mokatest.Fault{Status: 502})
			}
			u := p.named("yesterday", time.UTC)
			want := dollars(74)
			if away {
				want = dollars(71)
			}
			if u.Spent != want || u.AtLeast != away || u.Recorded.Known() {
				t.Errorf("gateway away %t: spent %v, at least %t, recorded %v; want %v", away, u.Spent, u.AtLeast, u.Recorded, want)
			}
		})
	}
}

// Fault M12: what was spent in a gap belongs to the day that the records say.
func TestGapsAreDatedByTheRecords(t *testing.T) {
	proof.NotShort(t)
	proof.NotRaced(t)
	for _, recorded := range []bool{true, false} {
		inPast(t, mokatest.V2026_08, func(p *past) {
			day := spend.Day(time.Now(), time.UTC).To // a midnight
			time.Sleep(time.Until(day))
			for range 72 * 2 {
				p.read()
				time.Sleep(30 * time.Minute)
			}
			p.read()
			first := time.Now() // midnight of the first day of the gap
			time.Sleep(36 * time.Hour)
			p.gateway.Update(func(s *mokatest.State) { s.Options.DataExport = recorded })
			p.spendAt(time.Now(), 60)
			if !recorded {
				p.gateway.CleanLog(time.Now().Add(time.Hour))
			}
			time.Sleep(12 * time.Hour)
			p.read()
			for range 12 {
				time.Sleep(30 * time.Minute)
				p.read()
			}
			second := p.named("yesterday", time.UTC)
			dayOf := func(from time.Time) message.Used {
				u, err := p.history.Used(p.t.Context(), p.account, spend.Period{From: from, To: from.Add(24 * time.Hour)}, spend.Period{From: from.Add(-24 * time.Hour), To: from})
				if err != nil {
					p.t.Fatal(err)
				}
				return u
			}
			if recorded {
				p.check("the first day", dayOf(first), dollars(0), dollars(0))
				p.check("the second day", second, dollars(60), dollars(0))
				return
			}
			if second.Undated != 60*moka.Dollar || second.Before.Known() || second.Spent.Known() || second.Covered != 0 {
				p.t.Errorf("what nothing dates: spent %v, undated %v, before %v", second.Spent, second.Undated, second.Before)
			}
			if today := p.history.Today(p.t.Context(), "team"); today.Spent != dollars(0) || today.AtLeast {
				p.t.Errorf("today, after the gap: %+v", today)
			}
			if both := p.named("7d", time.UTC); both.Spent != dollars(60) || both.Undated != 0 {
				p.t.Errorf("the whole gap: %v, undated %v", both.Spent, both.Undated)
			}
		})
	}
}

// The kept rows of a day hold its first hour too, whatever zone a time is written
// in, when the gateway is not asked.
func TestTheFirstHourOfADayIsRemembered(t *testing.T) {
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("UTC", 0), time.FixedZone("", 8*3600)} {
		inPast(t, mokatest.V2026_08, func(p *past) {
			p.history.Zone = zone
			time.Sleep(time.Until(spend.Day(time.Now(), zone).To.Add(9 * time.Hour)))
			p.spendAt(time.Now().Add(-8*time.Hour-30*time.Minute), 5)
			p.spendAt(time.Now().Add(-4*time.Hour), 2)
			p.read()
			p.named("today", zone) // keeps the rows
			if today := p.history.Today(p.t.Context(), "team"); today.Spent != dollars(7) {
				p.t.Errorf("%s: %+v", zone, today)
			}
		})
	}
}

// The row of the hour in which reading began is of the time before the first
// reading only as far as the log says so.
func TestReadingThatBeginsWithinAnHour(t *testing.T) {
	for _, calls := range []int{1, 3} {
		inPast(t, mokatest.V2026_08, func(p *past) {
			time.Sleep(9*time.Hour + time.Minute)
			for range calls {
				p.spendAt(time.Now().Add(-30*time.Second), 1.5/float64(calls))
			}
			p.read()
			time.Sleep(time.Minute)
			p.spendAt(time.Now(), 6.5)
			time.Sleep(time.Minute)
			p.read()
			u := p.named("today", time.UTC)
			p.check("today", u, dollars(8), moka.Maybe{})
			if u.Requests != int64(calls)+1 {
				p.t.Errorf("%d calls before the first reading and one after it are %d requests", calls, u.Requests)
			}
			time.Sleep(time.Hour)
			p.check("an hour later", p.named("today", time.UTC), dollars(8), moka.Maybe{})
		})
	}
}

// Fault M13: periods are compared only when both are covered alike.
func TestComparisonNeedsTheSameCoverage(t *testing.T) {
	for _, c := range []struct {
		what        string
		early, late int // hours of readings before and in the period of 24 hours
		compared    bool
	}{
		{"both covered", 24, 24, true},
		{"the one before began late", 6, 24, false},
		{"neither covered", 6, 6, false},
	} {
		inPast(t, mokatest.OneAPI, func(p *past) { // which keeps no records
			begin := time.Now()
			time.Sleep(time.Duration(24-c.early) * time.Hour)
			p.read()
			p.hours(c.early, true)
			middle := time.Now()
			p.hours(c.late, true)
			time.Sleep(time.Until(middle.Add(24 * time.Hour)))
			u, err := p.history.Used(p.t.Context(), p.account, spend.Period{From: middle, To: middle.Add(24 * time.Hour)}, spend.Period{From: begin, To: middle})
			if err != nil {
				p.t.Fatal(err)
			}
			if u.Before.Known() != c.compared {
				p.t.Errorf("%s: before %v, covered %.2f", c.what, u.Before, u.Covered)
			}
		})
	}
}

// Fault M14: a zone at half past the hour splits an hour of the records by the log.
func TestDaysThatBeginAtHalfPast(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		zone := kolkata(p.t)
		midnight := spend.Day(time.Now(), zone).To
		time.Sleep(time.Until(midnight.Add(10 * time.Minute)))
		p.spendAt(time.Now().Add(-20*time.Minute), 3)
		p.spendAt(time.Now(), 2)
		time.Sleep(3 * time.Hour)
		p.check("today", p.named("today", zone), dollars(2), moka.Maybe{})
		p.check("yesterday", p.named("yesterday", zone), dollars(3), moka.Maybe{})
		if u := p.named("today", zone); u.Requests != 1 || len(u.Models) != 1 || u.Models[0].Spent != 2*moka.Dollar || len(u.Keys) != 1 {
			p.t.Errorf("%d requests, models %v, keys %v", u.Requests, u.Models, u.Keys)
		}
	})
}

// Faults M6 and M7: refunds are net, and told apart.
func TestRefundsInAPeriod(t *testing.T) {
	for _, version := range []mokatest.Version{mokatest.V2026_07, mokatest.V2026_08} {
		inPast(t, version, func(p *past) {
			p.read()
			for range 3 {
				task, err := p.gateway.Task(testKey, "gpt-4o", 5_000_000)
				if err != nil {
					p.t.Fatal(err)
				}
				time.Sleep(5 * time.Minute)
				p.read()
				task.Refund(5_000_000)
				time.Sleep(5 * time.Minute)
				p.read()
			}
			u := p.used(time.Now().Add(-30 * time.Minute))
			if u.Spent != dollars(0) || u.Refunds != 30*moka.Dollar || u.TopUps != 0 {
				p.t.Errorf("spent %v, refunds %v, top-ups %v", u.Spent, u.Refunds, u.TopUps)
			}
		})
	}
}

// Records lose the oldest first: with an older one, a day without calls in its first
// hours, or without any, is as much covered as others.
func TestAQuietMorningIsCoveredByOlderRecords(t *testing.T) {
	proof.NotShort(t)
	for _, c := range []struct {
		what   string
		older  bool // there was a call days before
		calls  []time.Duration
		before moka.Maybe
	}{
		{"calls in the evening", true, []time.Duration{18 * time.Hour}, dollars(1)},
		{"no calls", true, nil, dollars(0)},
		{"the records may begin in the evening", false, []time.Duration{18 * time.Hour}, moka.Maybe{}},
	} {
		inPast(t, mokatest.V2025_12, func(p *past) {
			start := spend.Day(time.Now(), time.UTC).To
			if c.older {
				p.spendAt(start.AddDate(0, 0, -5), 1)
			}
			for _, after := range c.calls {
				p.spendAt(start.Add(after), 1)
			}
			p.spendAt(start.Add(30*time.Hour), 2)
			time.Sleep(time.Until(start.Add(49 * time.Hour)))
			p.check(c.what, p.named("yesterday", time.UTC), dollars(2), c.before)
		})
	}
}

// Without rows, the log alone tells of a day without calls, if it has older ones: it may
// be switched off otherwise.
func TestAQuietDayIsKnownFromTheLogAlone(t *testing.T) {
	for _, c := range []struct {
		what  string
		older bool // there was a call the day before
		spent moka.Maybe
	}{
		{"a log with older calls", true, dollars(0)},
		{"an empty log", false, moka.Maybe{}},
	} {
		inPast(t, mokatest.V2026_08, func(p *past) {
			p.gateway.Update(func(s *mokatest.State) { s.Options.DataExport = false })
			p.history = history.History{Zone: time.UTC}
			start := spend.Day(time.Now(), time.UTC).To
			if c.older {
				p.spendAt(start.Add(-2*time.Hour), 1)
			}
			time.Sleep(time.Until(start.Add(3 * time.Hour)))
			if u := p.named("today", time.UTC); u.Spent != c.spent {
				p.t.Errorf("%s: spent %v, covered %.2f", c.what, u.Spent, u.Covered)
			}
		})
	}
}

// What came in while nothing was read is in the gateway's log, and unknown rather
// than 0 where the log names no amount that can be read.
func TestTopUpsWhileNothingWasRead(t *testing.T) {
	proof.NotShort(t)
	for _, c := range []struct {
		symbol string
		rate   float64
		topUps moka.Amount
		unread bool
	}{
		{"€", 0.92, 60 * moka.Dollar, false},
		{"Ƀ", 0.00001, 10 * moka.Dollar, true}, // six decimals are ten cents
	} {
		inPast(t, mokatest.V2026_08, func(p *past) {
			p.gateway.Update(func(s *mokatest.State) {
				s.Options.Display, s.Options.CustomSymbol, s.Options.CustomRate = "CUSTOM", c.symbol, c.rate
			})
			from := time.Now()
			time.Sleep(5 * time.Minute)
			p.gateway.TopUp(2, 23_000_000)
			p.gateway.Give(2, 2_000_000)
			time.Sleep(5 * time.Minute)
			p.read()
			time.Sleep(25 * time.Hour)
			p.read()
			time.Sleep(5 * time.Minute)
			p.gateway.TopUp(2, 5_000_000)
			p.read()
			u := p.used(from)
			if u.TopUps != c.topUps || u.TopUpsUnread != c.unread {
				p.t.Errorf("%s: %v, unread %t", c.symbol, u.TopUps, u.TopUpsUnread)
			}
		})
	}
}

// The records' rows are gross. Where the log tells of refunds and not how much they
// were, a sum that goes by the rows is unknown rather than too much.
func TestRowsBesideRefundsOfUnknownSize(t *testing.T) {
	for _, c := range []struct {
		symbol string
		rate   float64
		spent  moka.Maybe
	}{
		{"€", 0.92, dollars(5)},
		{"Ƀ", 0.00001, moka.Maybe{}}, // six decimals are ten cents
	} {
		inPast(t, mokatest.V2025_12, func(p *past) {
			p.gateway.Update(func(s *mokatest.State) {
				s.Options.Display, s.Options.CustomSymbol, s.Options.CustomRate = "CUSTOM", c.symbol, c.rate
			})
			task, err := p.gateway.Task(testKey, "gpt-4o", 4_600_000)
			if err != nil {
				p.t.Fatal(err)
			}
			time.Sleep(time.Minute)
			task.Refund(2_300_000)
			p.gateway.Spend(testKey, "gpt-4o", 200_000, 100)
			time.Sleep(2 * time.Hour)
			p.read()
			if u := p.used(time.Now().Add(-3 * time.Hour)); u.Spent != c.spent || u.Before.Known() {
				p.t.Errorf("%s: spent %v, refunds %v", c.symbol, u.Spent, u.Refunds)
			}
		})
	}
}

// What the gateway's records alone tell is net of the refunds in its log.
func TestRefundsKnownFromRecordsAlone(t *testing.T) {
	proof.NotShort(t)
	for _, version := range []mokatest.Version{mokatest.V2025_12, mokatest.V2026_07, mokatest.V2026_08} {
		for _, c := range []struct {
			what     string
			read     bool // before and after, with a gap of days between
			from, to time.Duration
			spent    moka.Maybe
			refunds  moka.Amount
		}{
			{"never read", false, -3 * time.Hour, 0, dollars(5), 4 * moka.Dollar},
			{"never read, before the refund", false, -3 * time.Hour, -time.Hour, dollars(9), 0},
			{"a gap, before the refund", true, -3 * time.Hour, -time.Hour, dollars(9), 0},
			{"a gap, from the refund on", true, -time.Hour, 0, dollars(-4), 4 * moka.Dollar},
		} {
			inPast(t, version, func(p *past) {
				if c.read {
					p.read()
				}
				time.Sleep(5 * time.Hour)
				task, err := p.gateway.Task(testKey, "gpt-4o", 4_500_000)
				if err != nil {
					p.t.Fatal(err)
				}
				time.Sleep(2 * time.Hour)
				task.Refund(2_000_000)
				time.Sleep(time.Hour)
				if c.read {
					p.read()
				}
				u, err := p.history.Used(p.t.Context(), p.account, spend.Period{From: time.Now().Add(c.from - time.Minute), To: time.Now().Add(c.to)}, spend.Period{})
				if err != nil || u.Spent != c.spent || u.Refunds != c.refunds || u.Undated != 0 {
					p.t.Errorf("%s, %s: spent %v, refunds %v, undated %v, %v", version, c.what, u.Spent, u.Refunds, u.Undated, err)
				}
			})
		}
	}
}
