package store

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// These tests measure, so they run only when asked to:
//
//	MOKABOT_STORE_DAYS=365 go test ./internal/store -run TestYear -v -timeout 2h
//	MOKABOT_STORE_GROWTH=1 go test ./internal/store -run TestGrowth -v -timeout 2h
//
// MOKABOT_STORE_FILE names a file that TestYear keeps, or uses again.
const (
	yearDays     = "MOKABOT_STORE_DAYS"
	yearAccounts = "MOKABOT_STORE_ACCOUNTS" // 50
	yearFile     = "MOKABOT_STORE_FILE"
	growth       = "MOKABOT_STORE_GROWTH"
)

// most is how long any question may take.
const most = 50 * time.Millisecond

// TestYear fills a file as many accounts would in so many days, and measures it.
func TestYear(t *testing.T) {
	days, err := strconv.Atoi(os.Getenv(yearDays))
	if err != nil {
		t.Skip(yearDays + " is not set")
	}
	accounts, err := strconv.Atoi(cmp.Or(os.Getenv(yearAccounts), "50"))
	check(t, err)
	path := cmp.Or(os.Getenv(yearFile), t.TempDir()+"/year.db")
	began := time.Now()
	db := reopen(t, path)
	opened := time.Since(began)
	last, filled, err := lastSample(t.Context(), db, name(0))
	check(t, err)
	end := last.At
	if !filled {
		end = time.Now().UTC().Truncate(time.Hour)
		fill(t, db, accounts, days, end)
		t.Logf("%d accounts, %d days every %v: written in %v", accounts, days, benchStep, time.Since(began).Round(time.Second))
	}
	t.Logf("file: %d MB, opened in %v", size(t, db)>>20, opened.Round(time.Millisecond))
	answersInTime(t, db, accounts, end)
	began = time.Now()
	for a := range accounts {
		poll(t, db, days*288, a, end.Add(benchStep))
	}
	t.Logf("%-34s %8.2f ms", fmt.Sprintf("a round of %d polls", accounts), ms(time.Since(began)))
	check(t, db.Close())
	began = time.Now()
	db = reopen(t, path)
	t.Logf("%-34s %8.2f ms", "opening it again", ms(time.Since(began)))
	check(t, db.Close())
	t.Logf("a process that has it open:\n%s", resident(t, path, end))
	if os.Getenv(yearFile) == "" {
		pruned(t, path, end, days)
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// pruned measures the file as it is kept by default: readings for 30 days,
// hours for a year.
func pruned(t *testing.T, path string, end time.Time, days int) {
	t.Helper()
	db := reopen(t, path)
	began := time.Now()
	keep := Retention{Readings: min(30, time.Duration(days)/2) * 24 * time.Hour, Hours: 365 * 24 * time.Hour}
	check(t, db.Prune(t.Context(), end, keep))
	t.Logf("%-34s %8.0f ms", "removing readings after "+keep.Readings.String(), ms(time.Since(began)))
	_, err := db.write.ExecContext(t.Context(), "VACUUM")
	check(t, err)
	t.Logf("file of what is left: %d MB", size(t, db)>>20)
	check(t, db.Close())
	t.Logf("a process that has it open:\n%s", resident(t, path, end))
}

// answersInTime asks every question and holds that none takes too long.
func answersInTime(t *testing.T, db *DB, accounts int, end time.Time) {
	t.Helper()
	for _, q := range questions {
		took := median(t, db, q, accounts, end)
		if t.Logf("%-34s %8.2f ms", q.what, ms(took)); took > most {
			t.Errorf("%s takes %v", q.what, took)
		}
	}
}

// median is how long a question takes of one account, asked of all in turn.
func median(t *testing.T, db *DB, q question, accounts int, end time.Time) time.Duration {
	t.Helper()
	var took []time.Duration
	for i := range max(accounts, 11) {
		began := time.Now()
		check(t, q.ask(t.Context(), db, name(i%accounts), end))
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// resident is what memory a process takes that opens the file, asks every
// question of every account and stores a round.
func resident(t *testing.T, path string, end time.Time) string {
	t.Helper()
	cmd := child(t, "TestResident", path)
	cmd.Env = append(cmd.Env, "GOGC=100", "MOKABOT_STORE_END="+end.Format(time.RFC3339))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var said []string
	for line := range strings.Lines(string(out)) {
		if _, figure, ok := strings.Cut(line, "resident: "); ok {
			said = append(said, strings.TrimSpace(figure))
		}
	}
	return strings.Join(said, "\n")
}

// TestResident runs in a process of its own.
func TestResident(t *testing.T) {
	path := os.Getenv(childPath)
	if path == "" {
		t.Skip("for TestYear")
	}
	end, err := time.Parse(time.RFC3339, os.Getenv("MOKABOT_STORE_END"))
	check(t, err)
	say := func(when string) { t.Logf("resident: %-30s %s", when, memory(t)) }
	say("before")
	db := reopen(t, path)
	say("opened")
	names, err := db.Accounts(t.Context())
	check(t, err)
	for _, a := range names {
		for _, q := range questions {
			check(t, q.ask(t.Context(), db, a, end))
		}
	}
	say("all questions of all accounts")
	for i := range names {
		poll(t, db, 1, i, end.Add(2*benchStep))
	}
	say("a round of polls")
	release(t, db)
}

// memory is what this process has in memory, now and at most, as Linux tells.
func memory(t *testing.T) string {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("only Linux tells")
	}
	var now, highest int
	for line := range bytes.Lines(status) {
		fmt.Sscanf(string(line), "VmRSS: %d", &now)
		fmt.Sscanf(string(line), "VmHWM: %d", &highest)
	}
	return fmt.Sprintf("%5.1f MB, at most %5.1f MB", float64(now)/1024, float64(highest)/1024)
}
