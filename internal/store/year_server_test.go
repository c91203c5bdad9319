package store

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"mokabot/internal/store/pgtest"
)

// These tests measure, so they run only when asked to:
//
//	MOKABOT_STORE_DAYS=365 go test ./internal/store -run TestYearOnServer -v -timeout 2h
//	MOKABOT_STORE_DAYS=365 MOKABOT_STORE_COPY=1 go test ./internal/store -run TestYearOnServer -v -timeout 2h
//	MOKABOT_STORE_DAYS=1826 MOKABOT_STORE_ACCOUNTS=1000 MOKABOT_STORE_KEPT=30,365 go test ./internal/store -run TestYearOnServer -v -timeout 4h
//
// MOKABOT_STORE_KEPT is of how many days readings and hours are left, as pruning
// leaves them.
const (
	yearKept = "MOKABOT_STORE_KEPT"
	yearCopy = "MOKABOT_STORE_COPY"
)

// generateYear fills a database with readings every five minutes, by statements of the
// server, in the order of time as polls would.
func generateYear(t *testing.T, address string, accounts, days int, kept string, end time.Time) {
	t.Helper()
	readingDays, hourDays := days, days
	if kept != "" {
		if _, err := fmt.Sscanf(kept, "%d,%d", &readingDays, &hourDays); err != nil {
			t.Fatalf("%s: %v", yearKept, err)
		}
	}
	step := benchStep.Milliseconds()
	last := end.UnixMilli()
	// fill inserts the rows of so many days, a few days at a time.
	fill := func(statement string, days int, width int64) {
		const portion = 10 * day
		for from := last - int64(days)*day; from < last; from += portion {
			pgtest.Exec(t, address, statement+fmt.Sprintf(` FROM generate_series(CAST(%d AS BIGINT), %d, %d) at, generate_series(0, %d) a ORDER BY at, a`,
				from+width, min(last, from+portion), width, accounts-1))
		}
	}
	const account = `'account-' || to_char(a, 'FM000')`
	fill(`INSERT INTO readings (account, at, spendable, key_remaining, key_used, wallet_remaining, wallet_used, requests, key_state, unlimited, err_kind,
		since, known, spent, refunds, top_up, new_requests, covered, per_unit, display, cny_per_usd)
		SELECT `+account+fmt.Sprintf(`, at, 5e8 - at %% 400000, 5e8 - at %% 400000, at %% 70000, 9e8 - at %% 400000, at %% 90000, at %% 1000, 'ok', 0, '',
		at - %d, 1, 1000 + (at / %d * 7919 + a * 104729) %% 90000, 0, 0, 12, %d, 500000, 'usd', 7.3`, step, step, step), readingDays, step)
	fill(`INSERT INTO hours (account, start, since, until, spent, refunds, top_up, requests, covered, balance, balance_at, readings, failed, per_unit)
		SELECT `+account+fmt.Sprintf(`, at - %d, at - %d, at, 540000 + at %% 700000, 0, 0, 144, %d, 5e8 - at %% 400000, at, 12, 0, 500000`, hour, hour, hour), hourDays, hour)
	fill(`INSERT INTO days (account, start, since, until, spent, refunds, top_up, requests, covered, balance, balance_at, readings, failed, per_unit)
		SELECT `+account+fmt.Sprintf(`, at - %d, at - %d, at, 13000000 + at %% 700000, 0, 0, 3456, %d, 5e8 - at %% 400000, at, 288, 0, 500000`, day, day, day), days, day)
	for _, statement := range []string{
		`INSERT INTO states (account, spend, alert, first_reading, newest, per_unit) SELECT ` + account + fmt.Sprintf(`, '{}', '{}', %d, %d, 500000 FROM generate_series(0, %d) a`, last-int64(days)*day, last, accounts-1),
		fmt.Sprintf(`INSERT INTO pruned (level, until) VALUES ('readings', %d), ('hours', %d)`, last-int64(readingDays)*day, last-int64(hourDays)*day),
		`ANALYZE`,
	} {
		pgtest.Exec(t, address, statement)
	}
}

func TestYearOnServer(t *testing.T) {
	days, err := strconv.Atoi(os.Getenv(yearDays))
	if err != nil {
		t.Skip(yearDays + " is not set")
	}
	accounts, err := strconv.Atoi(cmp.Or(os.Getenv(yearAccounts), "50"))
	check(t, err)
	server := pgtest.Start(t)
	address := server.Database(t)
	db := reopen(t, address)
	end := t0
	began := time.Now()
	generateYear(t, address, accounts, days, os.Getenv(yearKept), end)
	t.Logf("%d accounts, %d days every %v: generated in %v", accounts, days, benchStep, time.Since(began).Round(time.Second))
	server.Exec(t, nameOf(address), "VACUUM")
	server.Exec(t, "postgres", "ALTER SYSTEM SET fsync = on")
	server.Exec(t, "postgres", "SELECT pg_reload_conf()")
	for _, table := range []string{"readings", "hours", "days"} {
		t.Logf("%-34s %8d rows, %5d MB with its index", table, number(t, db.read, "SELECT COUNT(*) FROM "+table), number(t, db.read, "SELECT pg_total_relation_size('"+table+"')")>>20)
	}
	t.Logf("the database: %d MB", number(t, db.read, "SELECT pg_database_size(current_database())")>>20)
	answersInTime(t, db, accounts, end)
	began = time.Now()
	for a := range accounts {
		poll(t, db, days*288, a, end.Add(benchStep))
	}
	t.Logf("%-34s %8.2f ms, %.2f ms each", fmt.Sprintf("a round of %d polls", accounts), ms(time.Since(began)), ms(time.Since(began))/float64(accounts))
	began = time.Now()
	release(t, db)
	db = reopen(t, address)
	t.Logf("%-34s %8.2f ms", "opening it again", ms(time.Since(began)))
	t.Logf("a process that has it open:\n%s", resident(t, address, end))
	release(t, db)
	if os.Getenv(yearCopy) == "" {
		return
	}
	file, back := filepath.Join(t.TempDir(), "copy.db"), server.Database(t)
	there := timedCopy(t, address, file)
	again := timedCopy(t, file, back)
	for i := range there {
		if there[i] != again[i] {
			t.Errorf("%s: %s there, %s back", there[i].Table, there[i].Sums(), again[i].Sums())
		}
		t.Logf("%-14s %10d rows, %s", there[i].Table, there[i].Rows, there[i].Sums())
	}
}

func timedCopy(t *testing.T, from, to string) []Copied {
	t.Helper()
	began := time.Now()
	all := copied(t, from, to)
	kind := "to a file"
	if IsURL(to) {
		kind = "to the server"
	}
	t.Logf("copied %s and compared in %v", kind, time.Since(began).Round(time.Second))
	return all
}
