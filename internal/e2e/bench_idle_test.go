package e2e

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkIdle follows fifty accounts of which nobody spends for two minutes, with
// the released program and with another one that MOKABOT_OTHER names.
func BenchmarkIdle(b *testing.B) {
	programs := map[string]string{"this": release(b)}
	if other := os.Getenv("MOKABOT_OTHER"); other != "" {
		programs["other"] = other
	}
	for name, path := range programs {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				w := newWorld(b)
				bot, _ := w.start(b, path, w.many(b, 50, 5*time.Minute, ""))
				w.until(b, 50)
				time.Sleep(settle)
				busy, wakes, requests := bot.busy(b), bot.wakes(b), w.bed.Requests.Load()
				time.Sleep(2 * time.Minute)
				b.ReportMetric(milliseconds(bot.busy(b)-busy)/2, "cpu-ms/min")
				b.ReportMetric((bot.wakes(b)-wakes)/2, "wakes/min")
				b.ReportMetric(float64(w.bed.Requests.Load()-requests)/2, "requests/min")
				bot.stop(b)
			}
		})
	}
}

// wakes is how often the process's threads went to sleep so far.
func (c *child) wakes(b testing.TB) (sum float64) {
	b.Helper()
	tasks, err := os.ReadDir("/proc/" + strconv.Itoa(c.Process.Pid) + "/task")
	if err != nil {
		b.Skip("only Linux tells how often a process wakes")
	}
	for _, task := range tasks {
		text, _ := os.ReadFile("/proc/" + strconv.Itoa(c.Process.Pid) + "/task/" + task.Name() + "/status")
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "voluntary_ctxt_switches:"); ok {
				n, _ := strconv.ParseFloat(strings.TrimSpace(rest), 64)
				sum += n
			}
		}
	}
	return sum
}
