package e2e

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka/mokatest"
)

// yearFile names a history of fifty accounts: the file of TestYear in
// internal/store. What needs it is skipped without it.
const yearFile = "MOKABOT_STORE_FILE"

// built is the program, made once, with what the tests have compiled already.
var built = sync.OnceValues(func() (string, error) {
	if proof.Raced {
		flags := []string{"-race"} // as .ci/run has it
		for _, unwatched := range []string{"modernc.org/sqlite/lib", "compress/flate", "image/png", "hash/adler32"} {
			flags = append(flags, "-gcflags="+unwatched+"=-race=false")
		}
		return compile(flags...)
	}
	return compile()
})

// released is the program as it is released.
var released = sync.OnceValues(func() (string, error) { return compile("-trimpath") })

func compile(flags ...string) (string, error) {
	dir, err := os.MkdirTemp("", "mokabot")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "mokabot")
	cmd := exec.Command("go", append(append([]string{"build", "-ldflags=-s -w", "-o", path}, flags...), "mokabot/cmd/mokabot")...)
	cmd.Dir = packageDir // the test may have left the module
	cmd.Env = os.Environ()
	if slices.Contains(flags, "-trimpath") {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=0")
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
}

func build(b testing.TB) string {
	b.Helper()
	return pathOf(b, built)
}

func release(b testing.TB) string {
	b.Helper()
	return pathOf(b, released)
}

func pathOf(b testing.TB, made func() (string, error)) string {
	b.Helper()
	proof.NotShort(b)
	path, err := made()
	if err != nil {
		b.Fatal(err)
	}
	return path
}

// nameOf is what the file of TestYear calls its i-th account.
func nameOf(i int) string { return fmt.Sprintf("account-%03d", i) }

// The i-th account's credentials.
func keyOf(i int) string   { return fmt.Sprintf("sk-%048d", i) }
func tokenOf(i int) string { return fmt.Sprintf("token%027d", i) }
func idOf(i int) int64     { return int64(1000 + i) }

// many gives the world n accounts, named as in the file of TestYear, and
// returns a configuration of them all.
func (w *world) many(b testing.TB, n int, every time.Duration, database string) string {
	b.Helper()
	for i := range n {
		id := idOf(i)
		w.gateway.AddAccount(mokatest.Account{ID: id, Username: fmt.Sprint("user", i), AccessToken: tokenOf(i), Quota: 50_000_000, UsedQuota: 1000})
		w.gateway.AddKey(id, mokatest.Key{Key: keyOf(i), Name: "key", Remain: 45_005_000, Used: 1000})
	}
	return w.configOf(b, n, every, database)
}

// configOf is a configuration of the world's first n accounts.
func (w *world) configOf(b testing.TB, n int, every time.Duration, database string) string {
	b.Helper()
	var accounts strings.Builder
	for i := range n {
		fmt.Fprintf(&accounts, "  - {name: %s, base_url: %q, api_key: %s, access_token: %s, user_id: %d}\n", nameOf(i), w.server.URL, keyOf(i), tokenOf(i), idOf(i))
	}
	text, err := os.ReadFile(w.config(b))
	if err != nil {
		b.Fatal(err)
	}
	begin, end := bytes.Index(text, []byte("  - name: team")), bytes.Index(text, []byte("alerts:"))
	text = append(append(bytes.Clone(text[:begin]), accounts.String()...), text[end:]...)
	file := filepath.Join(w.dir, "many.yaml")
	text = []byte(strings.NewReplacer("poll_interval: 1s", "poll_interval: "+every.String(), "requests_per_180s: 5000", "requests_per_180s: 100000",
		"* * * * *", "0 9 * * *", "mokabot.db", "mokabot.db\n  retention: {readings: 3650d, hours: 3650d}", "  - {name: daily,", "  - {accounts: [account-000], name: daily,").Replace(string(text)))
	if database != "" {
		text = bytes.Replace(text, []byte(filepath.Join(w.dir, "mokabot.db")), []byte(database), 1)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		b.Fatal(err)
	}
	return file
}

// until waits for a number of reads.
func (w *world) until(b testing.TB, reads int) {
	b.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for begin := time.Now(); w.bed.Reads.Load() < int64(reads); <-tick.C {
		if time.Since(begin) > 5*time.Minute {
			b.Fatalf("only %d reads of %d", w.bed.Reads.Load(), reads)
		}
	}
}

// status is a figure of the process, as Linux tells it, in kilobytes.
func (c *child) status(b testing.TB, field string) (kilobytes float64) {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
	if err != nil {
		b.Skip("only Linux tells what a process takes")
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			kilobytes, _ = strconv.ParseFloat(strings.Fields(rest)[0], 64)
		}
	}
	return kilobytes
}

// busy is how long the process has kept a processor busy.
func (c *child) busy(b testing.TB) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.Process.Pid))
	if err != nil {
		b.Skip("only Linux tells what a process takes")
	}
	const tick = 10 * time.Millisecond // of user and system time, fields 14 and 15
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')'):]))
	user, _ := strconv.Atoi(fields[12])
	system, _ := strconv.Atoi(fields[13])
	return time.Duration(user+system) * tick
}

// BenchmarkRound follows the released program through two rounds of polls, and another
// build of it that MOKABOT_OTHER names; with a year, both need the same schema.
func BenchmarkRound(b *testing.B) {
	for _, c := range []struct {
		accounts int
		every    time.Duration
		year     bool
	}{
		{1, 10 * time.Second, false}, {10, 10 * time.Second, false}, {50, 10 * time.Second, false}, {50, 10 * time.Second, true},
		{100, 10 * time.Second, false}, {1000, time.Minute, false},
	} {
		name := fmt.Sprintf("%d accounts", c.accounts)
		if c.year {
			name += ", a year"
		}
		for _, p := range builds(b) {
			b.Run(name+", "+p.name, func(b *testing.B) {
				database := ""
				if c.year {
					database = year(b)
				}
				for b.Loop() {
					w := newWorld(b)
					bot, _ := w.start(b, p.path, w.many(b, c.accounts, c.every, database))
					w.until(b, c.accounts)
					busy, requests, began := bot.busy(b), w.bed.Requests.Load(), time.Now()
					w.until(b, 3*c.accounts)
					b.ReportMetric(float64(w.bed.Requests.Load()-requests)/2, "requests/round")
					b.ReportMetric(milliseconds(bot.busy(b)-busy)/2, "cpu-ms/round")
					b.ReportMetric(time.Since(began).Seconds()/2, "s/round")
					b.ReportMetric(bot.status(b, "VmRSS")/1024, "MB")
					bot.stop(b)
				}
			})
		}
	}
}

// BenchmarkHosts follows a thousand accounts on a hundred hosts through a round of
// polls, with the default request budget, of the released program and of another build
// of it that MOKABOT_OTHER names. Writes are those of the process to files and lines.
func BenchmarkHosts(b *testing.B) {
	const accounts, hosts = 1000, 100
	for _, p := range builds(b) {
		b.Run(p.name, func(b *testing.B) {
			for b.Loop() {
				w := newWorld(b)
				front := w.everywhere(b)
				file := w.many(b, accounts, time.Minute, "")
				text, err := os.ReadFile(file)
				if err != nil {
					b.Fatal(err)
				}
				lines := strings.Split(strings.Replace(string(text), "requests_per_180s: 100000", "requests_per_180s: 120", 1), "\n")
				for i, n := 0, 0; i < len(lines); i++ {
					if strings.Contains(lines[i], "{name: account-") {
						lines[i] = strings.Replace(lines[i], w.server.URL, fmt.Sprintf("http://127.0.1.%d:%s", 1+n%hosts, front), 1)
						n++
					}
				}
				if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
					b.Fatal(err)
				}
				bot, _ := w.start(b, p.path, file)
				w.until(b, accounts)
				busy, requests, reads, writes, began := bot.busy(b), w.bed.Requests.Load(), w.bed.Reads.Load(), bot.writes(b), time.Now()
				time.Sleep(2 * time.Minute)
				minutes := time.Since(began).Minutes()
				b.ReportMetric(milliseconds(bot.busy(b)-busy)/minutes, "cpu-ms/min")
				b.ReportMetric(float64(w.bed.Requests.Load()-requests)/minutes, "requests/min")
				b.ReportMetric(float64(w.bed.Reads.Load()-reads)/minutes, "reads/min")
				b.ReportMetric((bot.writes(b)-writes)/minutes, "writes/min")
				b.ReportMetric(bot.status(b, "VmRSS")/1024, "MB")
				b.ReportMetric(bot.status(b, "VmHWM")/1024, "most-MB")
				bot.stop(b)
			}
		})
	}
}

// everywhere has the gateway listen at all addresses of this machine, and returns
// its port.
func (w *world) everywhere(b *testing.B) (port string) {
	listener, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: w.server.Config.Handler}
	go server.Serve(listener) //nolint:errcheck // until it is closed
	b.Cleanup(func() { server.Close() })
	_, port, _ = net.SplitHostPort(listener.Addr().String())
	return port
}

// writes is how often the process wrote to a file or a line.
func (c *child) writes(b testing.TB) (n float64) {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", c.Process.Pid))
	if err != nil {
		b.Skip("only Linux tells how often a process writes")
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "syscw:"); ok {
			n, _ = strconv.ParseFloat(strings.TrimSpace(rest), 64)
		}
	}
	return n
}

// BenchmarkBinary builds the program as it is released and looks at its size.
func BenchmarkBinary(b *testing.B) {
	path := release(b)
	for b.Loop() {
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/(1<<20), "MB")
	}
}

// packageDir is where the tests were started.
var packageDir, _ = os.Getwd()
