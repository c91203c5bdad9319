package history_test

import (
	"database/sql"
	"testing"
	"time"

	"mokabot/internal/history"
	"mokabot/internal/message"
	"mokabot/internal/spend"
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
			if today := p.history.Today(ctx, name); c.fault.Cut != today.Spent.Known() {
				t.Errorf("%s: %v with refunds that could not be read", c.what, today.Spent)
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
		for _, until := range []time.Time{time.Now().AddDate(1, 0, 0), time.Now()} {
			if err := p.db.SetValue(ctx, history.RecordedMark(name), []byte(until.UTC().Format(time.RFC3339))); err != nil {
				p.t.Fatal(err)
			}
			if queried, err := p.history.KeepRefunds(ctx, name, p.account.Client); !queried || err != nil {
				p.t.Errorf("until %s: asked %t, %v", until, queried, err)
			}
		}
	})
}
