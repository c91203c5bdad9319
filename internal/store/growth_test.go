package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mokabot/internal/store/pgtest"
)

// measured is what one size of history costs.
type measured struct {
	accounts, days int
	file           int64           // bytes
	round          time.Duration   // storing a poll of every account
	asked          []time.Duration // each of the questions, of one account
	opened         time.Duration
	moment         time.Duration // that a shared machine may add to any of these
}

func (m measured) readings() int { return m.accounts * m.days * 288 }

func (m measured) row() string {
	cells := []string{fmt.Sprint(m.accounts), fmt.Sprint(m.days), fmt.Sprintf("%.1f M", float64(m.readings())/1e6),
		fmt.Sprintf("%d MB", m.file>>20), fmt.Sprintf("%.0f B", float64(m.file)/float64(m.readings())),
		fmt.Sprintf("%.2f ms", ms(m.round)/float64(m.accounts)), fmt.Sprintf("%.0f ms", ms(m.opened))}
	for _, took := range m.asked {
		cells = append(cells, fmt.Sprintf("%.2f ms", ms(took)))
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

// measureFile fills a file as polls would.
func measureFile(t *testing.T, accounts, days int) measured {
	t.Helper()
	path := filepath.Join(t.TempDir(), "growth.db")
	db := reopen(t, path)
	fill(t, db, accounts, days, t0)
	check(t, db.Close())
	m := measure(t, path, accounts, days, func(db *DB) int64 { return size(t, db) })
	m.moment = time.Millisecond
	check(t, os.Remove(path))
	return m
}

// measureServer fills a database by statements of the server.
func measureServer(t *testing.T, server *pgtest.Server, accounts, days int) (m measured) {
	t.Helper()
	t.Run(fmt.Sprintf("%d accounts, %d days", accounts, days), func(t *testing.T) { // the database is emptied at its end
		address := server.Database(t)
		db := reopen(t, address)
		generateYear(t, address, accounts, days, "", t0)
		release(t, db)
		server.Exec(t, nameOf(address), "VACUUM")
		m = measure(t, address, accounts, days, func(db *DB) int64 { return number(t, db.read, "SELECT pg_database_size(current_database())") })
	})
	m.moment = 15 * time.Millisecond // a few round trips
	return m
}

// measure asks a database of t0.
func measure(t *testing.T, address string, accounts, days int, size func(*DB) int64) measured {
	t.Helper()
	began := time.Now()
	db := reopen(t, address)
	m := measured{accounts: accounts, days: days, opened: time.Since(began), file: size(db)}
	for _, q := range grown {
		m.asked = append(m.asked, median(t, db, q, accounts, t0))
	}
	began = time.Now()
	for a := range accounts {
		poll(t, db, days*288, a, t0.Add(benchStep))
	}
	m.round = time.Since(began)
	release(t, db)
	return m
}

// grown are the questions that growth is watched by.
var grown = []question{questions[0], questions[2], questions[4], questions[8]}

// TestGrowth multiplies accounts (of ten days) up to a thousand, and years (of
// two accounts) up to five: the file and a round of polls may not grow faster
// than that, and what is asked of one account not at all.
func TestGrowth(t *testing.T) {
	if os.Getenv(growth) == "" {
		t.Skip(growth + " is not set")
	}
	grow(t, measureFile)
}

// TestGrowthOnServer is the same with PostgreSQL.
func TestGrowthOnServer(t *testing.T) {
	if os.Getenv(growth) == "" {
		t.Skip(growth + " is not set")
	}
	server := pgtest.Start(t)
	grow(t, func(t *testing.T, accounts, days int) measured { return measureServer(t, server, accounts, days) })
}

func grow(t *testing.T, measure func(t *testing.T, accounts, days int) measured) {
	t.Helper()
	table := "| accounts | days | readings | file | a reading | storing one | opening |"
	for _, q := range grown {
		table += " " + q.what + " |"
	}
	table += "\n|" + strings.Repeat("---:|", 7+len(grown))
	for _, series := range [][][2]int{{{1, 10}, {10, 10}, {100, 10}, {1000, 10}}, {{2, 365}, {2, 2 * 365}, {2, 5 * 365}}} {
		var before measured
		for i, s := range series {
			m := measure(t, s[0], s[1])
			table += "\n" + m.row()
			if i > 0 {
				m.compare(t, before)
			}
			before = m
		}
	}
	t.Log("how cost grows\n" + table)
}

// compare allows for what a shared machine adds to a moment.
func (m measured) compare(t *testing.T, before measured) {
	t.Helper()
	const noise = 2.0
	times := float64(m.readings()) / float64(before.readings())
	if grew := float64(m.file) / float64(before.file); grew > 1.2*times {
		t.Errorf("%d accounts, %d days: the file grew by %.1f, the readings by %.1f", m.accounts, m.days, grew, times)
	}
	per := func(m measured) float64 { return float64(m.round) / float64(m.accounts) }
	if per(m) > noise*per(before)+float64(m.moment) {
		t.Errorf("%d accounts, %d days: storing a reading takes %.2f ms, before %.2f ms", m.accounts, m.days, per(m)/1e6, per(before)/1e6)
	}
	for i, took := range m.asked {
		if took > time.Duration(noise*float64(before.asked[i]))+m.moment {
			t.Errorf("%d accounts, %d days: %s takes %v, before %v", m.accounts, m.days, grown[i].what, took, before.asked[i])
		}
	}
}
