package history_test

import (
	"database/sql"
	"testing"
	"time"

	"mokabot/internal/history"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/internal/spend"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// What was kept of an account's refunds is not taken for nothing where it cannot be read:
// the older ones would be forgotten.
func TestRefundsAreNotKeptWhereTheKeptOnesCannotBeRead(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		if err := p.db.Close(); err != nil {
			t.Fatal(err)
		}
		if asked, err := p.history.KeepRefunds(t.Context(), p.account.Name, p.account.Client); asked || err == nil {
			t.Errorf("asked %t, %v", asked, err)
		}
	})
}

// An answer that is not the log's says nothing for good: the refunds are unknown until the
// next one, and taken off then. Refunds whose amounts the log itself does not tell stay unknown.
func TestARefundThatCouldNotBeReadIsAskedForAgain(t *testing.T) {
	for _, c := range []struct {
		what  string
		fault mokatest.Fault
		after message.Used // what is known after the second answer
	}{
		{"a web page", mokatest.Fault{Path: "/api/log/self", WebPage: true}, message.Used{Spent: dollars(3)}},
		{"no list", mokatest.Fault{Path: "/api/log/self", Status: 200, Body: []byte(`{"success": true, "data": 7}`)}, message.Used{Spent: dollars(3)}},
		{"cut short", mokatest.Fault{Path: "/api/log/self", Cut: true}, message.Used{Spent: dollars(3)}},
		{"an amount that is not told", mokatest.Fault{
			Path: "/api/log/self", Status: 200, Body: []byte(`{"success": true, "data": {"items": [{"type": 4, "created_at": 946720800, "content": "异步任务执行失败 9000，已退款"}]}}`),
		}, message.Used{}},
	} {
		inPast(t, mokatest.V2026_08, func(p *past) {
			t := p.t
			time.Sleep(24 * time.Hour)
			task, err := p.gateway.Task(testKey, "sora-2", 2_000_000)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			task.Refund(500_000)
			time.Sleep(12 * time.Hour)
			p.read()
			ctx, name, now := t.Context(), p.account.Name, time.Now()
			rows, err := p.account.Client.Usage(ctx, now.AddDate(0, 0, -20), now)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.db.AddRecorded(ctx, name, history.WholeHours(rows, now)); err != nil {
				t.Fatal(err)
			}
			if err := p.db.SetValue(ctx, history.RecordedMark(name), []byte(now.UTC().Format(time.RFC3339))); err != nil {
				t.Fatal(err)
			}
			p.gateway.Fault(c.fault)
			_, _ = p.history.KeepRefunds(ctx, name, p.account.Client)
			until := spend.SoFar{} // what is known until then
			if c.after.Spent.Known() {
				until = spend.SoFar{Spent: dollars(0), AtLeast: true}
			}
			if today := p.history.Today(ctx, name); today != until {
				t.Errorf("%s: %+v with refunds that could not be read", c.what, today)
			}
			p.gateway.Clear()
			_, err = p.history.KeepRefunds(ctx, name, p.account.Client)
			if today := p.history.Today(ctx, name); err != nil || today.Spent != c.after.Spent {
				t.Errorf("%s: then %v, %v; want %v", c.what, today.Spent, err, c.after.Spent)
			}
		})
	}
}

// A database that cannot be read is an error: a figure without what it keeps would be wrong,
// and what is stored anew would replace what was there.
func TestADatabaseThatCannotBeReadIsNoFigure(t *testing.T) {
	for _, table := range []string{"recorded", "states", "small_values"} {
		inPast(t, mokatest.V2026_08, func(p *past) {
			t := p.t
			time.Sleep(30 * time.Hour)
			p.gateway.Spend(testKey, "gpt-4o", 500_000, 100)
			time.Sleep(time.Hour)
			p.read()
			db, err := sql.Open("sqlite", p.file)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec("ALTER TABLE " + table + " RENAME TO gone"); err != nil {
				t.Fatal(err)
			}
			day := spend.Day(time.Now(), time.UTC)
			if u, err := p.history.Used(t.Context(), p.account, spend.Period{From: day.From, To: time.Now()}, spend.Period{From: day.From.AddDate(0, 0, -1), To: day.From}); err == nil {
				t.Errorf("without %s: %v was used", table, u.Spent)
			}
			if today := p.history.Today(t.Context(), p.account.Name); today.Spent.Known() {
				t.Errorf("without %s: today %v", table, today.Spent)
			}
			if _, err := p.history.CountKeys(t.Context(), p.account.Client); table == "small_values" && err == nil {
				t.Error("the keys are counted")
			}
		})
	}
}

// What was spent before the first reading of an hour that cannot be split is not taken for
// nothing.
func TestAnHourThatCannotBeSplitMakesALowerBound(t *testing.T) {
	for _, logged := range []bool{true, false} {
		inPast(t, mokatest.V2026_08, func(p *past) {
			time.Sleep(9*time.Hour + 40*time.Minute)
			p.spendAt(time.Now().Add(-3*time.Hour), 2)
			p.spendAt(time.Now().Add(-20*time.Minute), 5)
			p.read()
			time.Sleep(2 * time.Minute)
			p.read()
			time.Sleep(2 * time.Minute)
			if !logged {
				p.gateway.Fault(mokatest.Fault{Path: "/api/log/self/stat", Status: 500})
			}
			day := spend.Day(time.Now(), time.UTC)
			u, err := p.history.UsedByModel(p.t.Context(), p.account, spend.Period{From: day.From, To: time.Now()}, spend.Period{From: day.From.AddDate(0, 0, -1), To: day.From})
			if err != nil || u.Spent != dollars(7) || u.AtLeast == logged {
				p.t.Errorf("with a log %t: %v, at least %t, %v", logged, u.Spent, u.AtLeast, err)
			}
		})
	}
}

// What was spent in the hour of the first reading, before it, counts once in every zone.
func TestAnHourSplitByReadingsCountsOnce(t *testing.T) {
	for _, name := range []string{"UTC", "Asia/Shanghai"} {
		inPast(t, mokatest.V2026_08, func(p *past) {
			zone, err := time.LoadLocation(name)
			if err != nil {
				p.t.Fatal(err)
			}
			midnight := spend.Day(time.Now().Add(24*time.Hour), zone).From
			time.Sleep(time.Until(midnight.Add(20 * time.Minute)))
			p.spendAt(midnight.Add(10*time.Minute), 5)
			for range 8 {
				p.read()
				time.Sleep(10 * time.Minute)
			}
			p.gateway.Fault(mokatest.Fault{Path: "/api/log/self/stat", Status: 500})
			u, err := p.history.UsedByModel(p.t.Context(), p.account, spend.Period{From: midnight, To: time.Now()}, spend.Period{From: midnight.AddDate(0, 0, -1), To: midnight})
			if err != nil || u.Spent != dollars(5) {
				p.t.Errorf("%s: %v, %v", name, u.Spent, err)
			}
		})
	}
}

// Refunds that were kept up to a time to come, by a clock that was ahead, are asked for again.
func TestAClockThatWasAheadHidesNoRefunds(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		ctx, name := p.t.Context(), p.account.Name
		time.Sleep(24 * time.Hour)
		p.read()
		for _, now := range []time.Time{time.Now().AddDate(1, 0, 0), time.Now()} {
			h := p.history
			h.Now = func() time.Time { return now }
			if err := p.db.SetValue(ctx, history.RecordedMark(name), []byte(now.UTC().Format(time.RFC3339))); err != nil {
				p.t.Fatal(err)
			}
			if queried, err := h.KeepRefunds(ctx, name, p.account.Client); !queried || err != nil {
				p.t.Errorf("at %s: asked %t, %v", now, queried, err)
			}
		}
	})
}

// A refund among charges that nothing could read at the time is in no figure that is stated as
// certain, and in all of them once the log is there again.
func TestARefundWhileTheLogFails(t *testing.T) {
	proof.NotShort(t)
	for _, version := range []mokatest.Version{mokatest.V2025_12, mokatest.V2026_07, mokatest.V2026_08} {
		for what, paths := range outages {
			for _, fault := range failures[:proof.Size(1, 1, len(failures))] {
				inPast(t, version, func(p *past) {
					time.Sleep(10 * time.Hour)
					p.gateway.Spend(testKey, "gpt-4o", 3_000_000, 100)
					task, err := p.gateway.Task(testKey, "sora-2", 500_000)
					if err != nil {
						t.Fatal(err)
					}
					time.Sleep(5 * time.Second)
					p.read()
					for _, fault.Path = range paths {
						p.gateway.Fault(fault)
					}
					for range 5 {
						time.Sleep(45 * time.Minute)
						p.gateway.Spend(testKey, "gpt-4o", 1_000_000, 100)
						if task != nil {
							task.Refund(250_000)
							task = nil
						}
						time.Sleep(5 * time.Second)
						if r := p.account.Read(p.t.Context()); r.Wallet != nil && r.WalletErr == nil {
							p.store(r)
						}
					}
					week, before, _ := history.Period("7d", time.Now(), time.UTC)
					u, err := p.history.UsedByModel(p.t.Context(), p.account, week, before)
					if spent, known := u.Spent.Get(); err != nil || known && !u.AtLeast && spent != 33*moka.Dollar/2 || spent > 33*moka.Dollar/2 {
						t.Errorf("%s, %s fails with %d: %v, at least %t, %v", version, what, fault.Status, u.Spent, u.AtLeast, err)
					}
					p.gateway.Clear()
					time.Sleep(10 * time.Minute)
					p.read()
					if u := p.named("7d", time.UTC); u.Spent != dollars(16.5) || u.AtLeast {
						t.Errorf("%s, %s failed with %d: then %v, at least %t", version, what, fault.Status, u.Spent, u.AtLeast)
					}
				})
			}
		}
	}
}

// A refund of the seconds that the log was just asked about is still found, where the gateway's
// clock is behind.
func TestARefundDatedByASlowClockIsFound(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		p.gateway.SetNow(func() time.Time { return time.Now().Add(-30 * time.Second) })
		time.Sleep(5 * time.Hour)
		task, err := p.gateway.Task(testKey, "sora-2", 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		p.named("today", time.UTC) // asks about refunds up to now
		time.Sleep(10 * time.Second)
		task.Refund(250_000)
		time.Sleep(2 * time.Hour)
		if u := p.named("today", time.UTC); u.Spent != dollars(1.5) || u.Refunds != moka.Dollar/2 {
			t.Errorf("%v, refunds %v, at least %t", u.Spent, u.Refunds, u.AtLeast)
		}
	})
}

// A refund is known in dollars too where no reading has told the unit, in each answer.
func TestARefundOfAnAccountWithoutReadings(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		time.Sleep(5 * time.Hour)
		task, err := p.gateway.Task(testKey, "sora-2", 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		task.Refund(250_000)
		for range 3 {
			time.Sleep(time.Hour)
			if u := p.named("today", time.UTC); u.Spent != dollars(1.5) || u.AtLeast {
				t.Errorf("%v, at least %t, refunds %v", u.Spent, u.AtLeast, u.Refunds)
			}
		}
	})
}

// What was kept by a clock that was ahead is asked for again once the clock is right.
func TestAnAnswerByAClockThatWasAheadHidesNoRefunds(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		time.Sleep(5 * time.Hour)
		task, err := p.gateway.Task(testKey, "sora-2", 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		right := p.history
		p.history.Now = func() time.Time { return time.Now().Add(12 * time.Hour) }
		if _, err := p.history.Used(p.t.Context(), p.account, spend.Period{From: time.Now().Add(-time.Hour), To: p.history.Now()}, spend.Period{}); err != nil {
			t.Fatal(err)
		}
		p.history = right
		time.Sleep(2 * time.Hour)
		task.Refund(250_000)
		time.Sleep(time.Hour)
		p.keepRecords()
		if u := p.named("today", time.UTC); u.Spent != dollars(1.5) || u.AtLeast {
			t.Errorf("%v, at least %t", u.Spent, u.AtLeast)
		}
	})
}

// A refund in the minute before the log was asked, that it dates only later, is found at the
// next time; one right after that minute is not taken for known.
func TestARefundAfterTheLastQuestionIsAskedFor(t *testing.T) {
	for _, after := range []time.Duration{2 * time.Second, 55 * time.Second} {
		inPast(t, mokatest.V2026_08, func(p *past) {
			time.Sleep(5 * time.Hour)
			task, err := p.gateway.Task(testKey, "sora-2", 1_000_000)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * time.Hour)
			p.keepRecords()
			time.Sleep(after)
			task.Refund(250_000)
			time.Sleep(time.Minute - after)
			p.read()
			time.Sleep(20 * time.Minute)
			if u := p.named("today", time.UTC); u.Spent != dollars(1.5) || u.AtLeast {
				t.Errorf("after %v: %v, at least %t", after, u.Spent, u.AtLeast)
			}
		})
	}
}

// Refunds that were kept stay when the log is cleaned, and adjoining times that the log was
// queried about become one.
func TestKeptRefundsOutliveTheLog(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		time.Sleep(5 * time.Hour)
		for range 2 {
			task, err := p.gateway.Task(testKey, "sora-2", 1_000_000)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			task.Refund(250_000)
		}
		time.Sleep(time.Hour)
		p.read()
		for range 3 {
			if u := p.named("today", time.UTC); u.Spent != dollars(3) || u.AtLeast {
				t.Errorf("%v, at least %t", u.Spent, u.AtLeast)
			}
			p.gateway.CleanLog(time.Now())
			time.Sleep(10 * time.Minute)
			p.read()
		}
		p.gateway.Fault(mokatest.Fault{Path: "/api/log/self", Status: 500})
		if u := p.named("today", time.UTC); u.Spent != dollars(3) || u.AtLeast {
			t.Errorf("without a log: %v, at least %t", u.Spent, u.AtLeast)
		}
	})
}
