package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sample is what the program takes at a quiet moment.
type sample struct {
	at                                     time.Duration // since the start
	goroutines, files                      int
	resident, own, heap, database, pending float64 // megabytes; pending is SQLite's write-ahead log
	explained                              float64 // megabytes that the database's contents explain
	strikes, polls                         int
}

// sample reads the figures.
func (s *soak) sample(t *testing.T) sample {
	t.Helper()
	is := sample{at: time.Since(s.began), strikes: int(s.struck.Load())}
	_, text := fetch(t, s.listen, "/metrics")
	is.goroutines, is.heap = int(metric(text, "go_goroutines")), metric(text, "go_memstats_heap_inuse_bytes")/(1<<20)
	pid := s.p.cmd.Process.Pid
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Skip("only Linux tells what a process takes")
	}
	is.files = len(files)
	is.resident, is.own = s.taken(t, "VmRSS"), s.taken(t, "RssAnon")
	is.database, is.pending = megabytes(s.database()), megabytes(s.database()+"-wal")
	bytes, err := column[float64](s.database(), `SELECT
		(SELECT COUNT(*) * 150 FROM readings) + (SELECT COUNT(*) * 200 FROM events) +
		(SELECT COALESCE(SUM(LENGTH(payload) * 1.3 + 500), 0) FROM outbox) + (SELECT COALESCE(SUM(LENGTH(value)), 0) FROM small_values)`)
	if err != nil || len(bytes) != 1 {
		t.Fatalf("%v, %v", bytes, err)
	}
	is.explained = bytes[0] / (1 << 20)
	polls, err := column[int](s.database(), `SELECT COUNT(*) FROM readings`)
	if err != nil {
		t.Fatal(err)
	}
	is.polls = polls[0]
	return is
}

func (s *soak) taken(t *testing.T, field string) float64 {
	return (&child{Cmd: s.p.cmd}).status(t, field) / 1024
}

func megabytes(file string) float64 {
	info, err := os.Stat(file)
	if err != nil {
		return 0
	}
	return float64(info.Size()) / (1 << 20)
}

// metric finds a figure without labels.
func metric(text, name string) float64 {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			f, _ := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			return f
		}
	}
	return -1
}

// sampled is the samples for a reader.
func sampled(samples []sample) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%8s %10s %5s %8s %8s %8s %8s %8s %9s %7s %8s", "after", "goroutines", "files", "RSS MB", "own MB", "heap MB", "db MB", "wal MB", "data MB", "polls", "strikes")
	for _, s := range samples {
		fmt.Fprintf(&b, "\n%8s %10d %5d %8.1f %8.1f %8.1f %8.2f %8.2f %9.2f %7d %8d", s.at.Round(time.Second), s.goroutines, s.files, s.resident, s.own,
			s.heap, s.database, s.pending, s.explained, s.polls, s.strikes)
	}
	return b.String()
}

// grown compares the last sample with that of the first quarter's end, after
// which a healthy program has all that it needs.
func grown(t *testing.T, samples []sample) {
	t.Helper()
	const (
		moreGoroutines, moreFiles = 12, 10 // connections that are kept open for a while
		moreMemory                = 12     // megabytes: garbage that waits for its collection
		base, log                 = 0.5, 8 // megabytes of an empty database, and of its log
	)
	first, last := samples[0], samples[len(samples)-1]
	for _, c := range []struct {
		what      string
		is, allow float64
	}{
		{"goroutines", float64(last.goroutines), float64(first.goroutines + moreGoroutines)},
		{"open files", float64(last.files), float64(first.files + moreFiles)},
		{"MB of its own in memory", last.own, first.own + moreMemory},
		{"MB on the heap", last.heap, first.heap + moreMemory},
		{"MB of database", last.database, base + 1.5*last.explained},
		{"MB of write-ahead log", last.pending, log},
	} {
		if c.is > c.allow {
			t.Errorf("in the end %.1f %s, allowed are %.1f", c.is, c.what, c.allow)
		}
	}
}
