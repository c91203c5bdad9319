package store

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka"
)

// TestCrash kills a process that writes, again and again, and looks after each
// time whether all that had been reported as stored is there, and nothing by halves.
func TestCrash(t *testing.T) { onBoth(t, testCrash) }

func testCrash(t *testing.T, on backend) {
	kills := proof.Size(5, 20, 100)
	path := on.address(t)
	var stored int64
	for range kills {
		said := killed(t, path, time.Duration(rand.IntN(40))*time.Millisecond)
		db := reopen(t, path)
		now := whole(t, db)
		if now < said["stored"] || now < stored {
			t.Fatalf("%d were stored, %d are left", max(said["stored"], stored), now)
		}
		if sent := number(t, db.read, "SELECT COUNT(*) FROM outbox WHERE state = 'sent'"); sent < said["sent"] {
			t.Fatalf("%d were sent, %d are left", said["sent"], sent)
		}
		stored = now
		check(t, db.Close())
	}
	t.Logf("%d transactions, %d kills", stored, kills)
}

// killed runs a writer, kills it some time after its first transaction, and
// tells how far it had come by its own word.
func killed(t *testing.T, path string, after time.Duration) map[string]int64 {
	t.Helper()
	said := map[string]int64{}
	cmd := child(t, "TestCrashWriter", path)
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		what, text, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			continue // the test's own words
		}
		if len(said) == 0 {
			time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
		said[what] = n
	}
	if cmd.Wait() == nil || said["stored"] == 0 {
		t.Fatal("the writer ended by itself")
	}
	return said
}

// whole checks that the database is sound and its parts agree, and counts the transactions.
func whole(t *testing.T, db *DB) int64 {
	t.Helper()
	if db.engine == sqlite {
		var verdict string
		check(t, db.read.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict))
		equal(t, "integrity", verdict, "ok")
	}
	n := number(t, db.read, "SELECT CAST(spend AS INTEGER) FROM states")
	for _, count := range []string{
		"SELECT COUNT(*) FROM readings", "SELECT SUM(spent) FROM hours", "SELECT SUM(spent) FROM days",
		"SELECT SUM(readings) FROM hours", "SELECT COUNT(*) FROM outbox", "SELECT COUNT(*) FROM events",
		"SELECT CAST(alert AS INTEGER) FROM states",
	} {
		equal(t, count, number(t, db.read, count), n)
	}
	equal(t, "under way", number(t, db.read, "SELECT COUNT(*) FROM outbox WHERE state = 'sending'"), 0)
	return n
}

// TestCrashWriter runs in a process of its own until it is killed.
func TestCrashWriter(t *testing.T) {
	path := os.Getenv(childPath)
	if path == "" {
		t.Skip("for TestCrash")
	}
	db, ctx := reopen(t, path), t.Context()
	sent := number(t, db.read, "SELECT COUNT(*) FROM outbox WHERE state = 'sent'")
	for {
		var n int64
		check(t, db.Poll(ctx, "a", func(spent, _ json.RawMessage) (Poll, error) {
			if spent != nil {
				check(t, json.Unmarshal(spent, &n))
			}
			n++
			return crashPoll(n), nil
		}))
		fmt.Fprintf(os.Stdout, "stored %d\n", n)
		for waiting := due(t, db, t0); len(waiting) > 0; waiting = due(t, db, t0) {
			check(t, db.Sending(ctx, waiting[0].ID, t0))
			check(t, db.Sent(ctx, waiting[0].ID, waiting[0].Key, t0))
			sent++
			fmt.Fprintf(os.Stdout, "sent %d\n", sent)
		}
	}
}

func crashPoll(n int64) Poll {
	at := t0.Add(time.Duration(n) * 5 * time.Minute)
	s := spentSample(at.Add(-5*time.Minute), at, 1)
	s.Spendable = moka.Known(moka.Amount(n))
	state := json.RawMessage(strconv.FormatInt(n, 10))
	return Poll{
		Sample: s, Spend: state, Alert: state, Events: []Event{{Account: "a", At: at}},
		Out: []Outgoing{post(fmt.Sprint("post ", n), "channel")},
	}
}
