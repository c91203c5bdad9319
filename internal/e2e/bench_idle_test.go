package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// An idle program is followed for a poll_interval once its start has settled: what
// begins with it is done then, and connections that nobody needs are closed.
const (
	idleSettle = 95 * time.Second
	idleFor    = 5 * time.Minute
)

// BenchmarkIdle follows accounts that nobody spends from, with the released program
// and with another build of it that MOKABOT_OTHER names. All run through the same
// minutes, so that what else the machine does weighs on them alike.
func BenchmarkIdle(b *testing.B) {
	programs := builds(b)
	for b.Loop() {
		var following sync.WaitGroup
		var noting sync.Mutex
		for _, accounts := range []int{1, 50} {
			for _, p := range programs {
				w := newWorld(b)
				bot, _ := w.start(b, p.path, w.many(b, accounts, idleFor, ""))
				w.until(b, 1)
				following.Go(func() {
					cost := w.followIdle(b, bot)
					noting.Lock()
					defer noting.Unlock()
					b.ReportMetric(cost.cpu, fmt.Sprintf("%s-%d-cpu-ms/min", p.name, accounts))
					b.ReportMetric(cost.wakes, fmt.Sprintf("%s-%d-wakes/min", p.name, accounts))
					b.ReportMetric(cost.requests, fmt.Sprintf("%s-%d-requests/min", p.name, accounts))
				})
			}
		}
		following.Wait()
	}
}

// idleCost is what a minute costs that nothing happens in.
type idleCost struct{ cpu, wakes, requests float64 }

func (w *world) followIdle(b *testing.B, bot *child) idleCost {
	time.Sleep(idleSettle)
	busy, wakes, requests := bot.busy(b), bot.wakes(b), w.bed.Requests.Load()
	time.Sleep(idleFor)
	minutes := idleFor.Minutes()
	cost := idleCost{milliseconds(bot.busy(b)-busy) / minutes, (bot.wakes(b) - wakes) / minutes, float64(w.bed.Requests.Load()-requests) / minutes}
	bot.stop(b)
	return cost
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
