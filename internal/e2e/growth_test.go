package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/internal/store"
)

// growth makes TestGrowth measure all sizes with the released program, and draw
// docs/growth.svg.
const growth = "MOKABOT_GROWTH"

// size is a history of so many accounts, each read so often.
type size struct {
	accounts, days int
	every          time.Duration
	rounds         int // that are followed
}

// cost is what a size costs the program.
type cost struct {
	size
	start  time.Duration // until it is connected
	cpu    time.Duration // of a round of polls
	memory float64       // MB, resident
	query  time.Duration // what 30 days cost one account
	file   float64       // MB
}

// TestGrowth multiplies the accounts up to a thousand, and the history of one of
// them up to five years: nothing may grow faster than that. Without being asked
// to it goes from two accounts to twenty.
//
//	MOKABOT_GROWTH=1 go test ./internal/e2e -run TestGrowth -v -timeout 1h
func TestGrowth(t *testing.T) {
	proof.NeedsLong(t, growth)
	accounts, binary := []size{{2, 0, time.Second, 3}, {20, 0, time.Second, 2}}, ""
	var years []size
	if os.Getenv(growth) != "" {
		accounts = []size{{1, 1, time.Second, 20}, {10, 1, time.Second, 20}, {100, 1, 5 * time.Second, 4}, {1000, 1, 40 * time.Second, 2}}
		years = []size{{1, 365, time.Second, 20}, {1, 2 * 365, time.Second, 20}, {1, 5 * 365, time.Second, 20}}
		binary = release(t)
	} else {
		t.Parallel() // what it compares then is the program's alone
	}
	byAccounts, byYears := series(t, binary, accounts), series(t, binary, years)
	for i := 1; i < len(byAccounts); i++ {
		byAccounts[i].compare(t, byAccounts[i-1])
	}
	for i := 1; i < len(byYears); i++ {
		byYears[i].compare(t, byYears[i-1])
	}
	if os.Getenv(growth) != "" {
		if err := os.WriteFile("../../docs/growth.svg", drawGrowth(byAccounts, byYears), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// series measures one size after another.
func series(t *testing.T, binary string, sizes []size) (all []cost) {
	t.Helper()
	if len(sizes) == 0 {
		return nil
	}
	table := "| accounts | days | start to READY | CPU of a round | memory | 30-day question | file |\n|---:|---:|---:|---:|---:|---:|---:|"
	for _, s := range sizes {
		c := s.measure(t, binary)
		table += fmt.Sprintf("\n| %d | %d | %.0f ms | %.0f ms | %.1f MB | %.2f ms | %.1f MB |",
			c.accounts, c.days, milliseconds(c.start), milliseconds(c.cpu), c.memory, milliseconds(c.query), c.file)
		all = append(all, c)
	}
	t.Log("how cost grows\n" + table)
	return all
}

func (s size) measure(t *testing.T, binary string) cost {
	t.Helper()
	w := newWorld(t)
	database := filepath.Join(w.dir, "growth.db")
	s.fill(t, database)
	bot, took := w.start(t, binary, w.many(t, s.accounts, s.every, database))
	c := cost{size: s, start: took}
	w.until(t, s.accounts)
	busy := bot.busy(t)
	w.until(t, (1+s.rounds)*s.accounts)
	c.cpu = (bot.busy(t) - busy) / time.Duration(s.rounds)
	c.memory = bot.status(t, "VmRSS") / 1024
	bot.stop(t)
	c.file = float64(sizeOf(t, database)) / (1 << 20)
	c.query = asking(t, database)
	return c
}

// fill has the store's own test write the history.
func (s size) fill(t *testing.T, database string) {
	t.Helper()
	if s.days == 0 {
		return
	}
	cmd := exec.Command("go", "test", "mokabot/internal/store", "-run", "^TestYear$", "-count", "1", "-timeout", "1h")
	cmd.Env = append(os.Environ(), fmt.Sprint("MOKABOT_STORE_DAYS=", s.days), fmt.Sprint("MOKABOT_STORE_ACCOUNTS=", s.accounts), yearFile+"="+database)
	// Whether its questions are quick enough is that test's own concern.
	if out, err := cmd.CombinedOutput(); err != nil && !strings.Contains(string(out), "opening it again") {
		t.Fatalf("%v\n%s", err, out)
	}
}

// asking is how long the question takes what an account spent in the last 30
// days, the middle of eleven times.
func asking(t *testing.T, database string) time.Duration {
	t.Helper()
	db, err := store.OpenReadOnly(database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var took times
	for range 11 {
		began := time.Now()
		if _, err := db.Spent(t.Context(), nameOf(0), began.AddDate(0, 0, -30), began); err != nil {
			t.Fatal(err)
		}
		took.add(time.Since(began))
	}
	return took.at(50)
}

// compare allows for what a shared machine adds to a moment, and for what it
// costs to be there at all.
func (c cost) compare(t *testing.T, before cost) {
	t.Helper()
	const noise = 2.0
	accounts := float64(c.accounts) / float64(before.accounts)
	readings := accounts * float64(max(1, c.days)) / float64(max(1, before.days))
	grown := []struct {
		what         string
		now, before  float64
		allowed, eps float64 // how many times as much, and what does not count
	}{
		{"a round's CPU in ms", milliseconds(c.cpu), milliseconds(before.cpu), noise * accounts, 20},
		{"memory in MB", c.memory, before.memory, accounts, 8},
		{"the file in MB", c.file, before.file, 1.2 * readings, 1},
		{"the start in ms", milliseconds(c.start), milliseconds(before.start), noise * accounts, 300},
		{"the 30-day question in ms", milliseconds(c.query), milliseconds(before.query), noise, 5},
	}
	if os.Getenv(growth) == "" {
		grown = grown[:3] // a moment on the wall tells nothing while other tests run
	}
	for _, g := range grown {
		if g.now > g.allowed*g.before+g.eps {
			t.Errorf("%d accounts, %d days: %s is %.1f, before %.1f", c.accounts, c.days, g.what, g.now, g.before)
		}
	}
}
