package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/moka/mokatest"
)

// These benchmarks run the whole program in a process of its own, between the
// two simulated worlds. One iteration is long, so give them a number:
//
//	go test ./internal/e2e -run xxx -bench . -benchtime 10x -timeout 1h

// child is the program in a process of its own, connected.
type child struct {
	*exec.Cmd
	log *lockedBuffer
}

// start runs the program, or another build of it, until it is connected, and
// says how long that took.
func (w *world) start(b testing.TB, binary, file string) (*child, time.Duration) {
	b.Helper()
	env := w.throughProxy(b)
	cmd, _, log := program(b, env, "run", "--config", file)
	if binary != "" {
		cmd.Path, cmd.Args[0] = binary, binary
		cmd.Env = env
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	if err := w.discord.Connected(deadline(b)); err != nil {
		b.Fatalf("%v\n%s", err, log)
	}
	return &child{cmd, log}, time.Since(began)
}

func (c *child) stop(b testing.TB) {
	b.Helper()
	c.Process.Signal(syscall.SIGTERM)
	if err := c.Wait(); err != nil {
		b.Errorf("after SIGTERM: %v\n%s", err, c.log)
	}
}

// times are how long something took, again and again.
type times struct {
	mu  sync.Mutex
	all []time.Duration
}

func (t *times) add(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, d)
}

// report tells the median, and what 95 and 99 of a hundred did not exceed.
func (t *times) report(b *testing.B, what string) {
	b.Helper()
	for _, p := range []int{50, 95, 99} {
		b.ReportMetric(milliseconds(t.at(p)), fmt.Sprintf("%s-p%d-ms", what, p))
	}
}

// at is what p of a hundred did not exceed.
func (t *times) at(p int) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.all) == 0 {
		return 0
	}
	slices.Sort(t.all)
	return t.all[min(len(t.all)-1, len(t.all)*p/100)]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// acknowledgements notes how long after its begin each interaction is
// acknowledged: ids tell when they were made, to a millisecond.
func acknowledgements(into *times) discordsim.Option {
	return discordsim.WithOnRequest(func(m discordsim.Moment, _, path string) {
		rest, ok := strings.CutPrefix(path, "/interactions/")
		if id, _, _ := strings.Cut(rest, "/"); ok && m == discordsim.MomentArrived && strings.HasSuffix(path, "/callback") {
			if n, err := strconv.ParseUint(id, 10, 64); err == nil {
				const epoch = 1420070400000
				into.add(time.Since(time.UnixMilli(int64(n>>22) + epoch)))
			}
		}
	})
}

// BenchmarkAcknowledge gives many commands at once.
func BenchmarkAcknowledge(b *testing.B) {
	for _, n := range []int{1, 50, 500} {
		b.Run(fmt.Sprintf("%d at once", n), func(b *testing.B) {
			acked, answered := &times{}, &times{}
			w := newWorld(b, acknowledgements(acked))
			file := w.config(b, "poll_interval: 1s", "poll_interval: 1h", "requests_per_180s: 5000", "requests_per_180s: 100000")
			bot, _ := w.start(b, "", file)
			w.burst(b, 1, &times{}) // until the commands are registered
			acked.all = nil
			for b.Loop() {
				w.burst(b, n, answered)
			}
			acked.report(b, "ack")
			answered.report(b, "answer")
			bot.stop(b)
		})
	}
}

// burst gives n commands at once and waits for the answers.
func (w *world) burst(b *testing.B, n int, took *times) {
	b.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			began := time.Now()
			m, err := w.discord.Slash(deadline(b), discordsim.Call{Name: "balance"})
			if err != nil || !titled("$90.01")(m) {
				b.Errorf("answer %s, %v", m.JSON(), err)
			}
			took.add(time.Since(began))
		})
	}
	wg.Wait()
}

// BenchmarkBalance compares an answer with the slowest call to the gateway.
func BenchmarkBalance(b *testing.B) {
	for _, slow := range []time.Duration{0, 100 * time.Millisecond, 500 * time.Millisecond} {
		b.Run(fmt.Sprintf("gateway takes %v", slow), func(b *testing.B) {
			w := newWorld(b)
			bot, _ := w.start(b, "", w.config(b, "poll_interval: 1s", "poll_interval: 1h", "requests_per_180s: 5000", "requests_per_180s: 100000"))
			w.burst(b, 1, &times{})
			w.gateway.Fault(mokatest.Fault{Delay: slow})
			answered := &times{}
			for b.Loop() {
				w.burst(b, 1, answered)
			}
			for i := range answered.all {
				answered.all[i] -= slow
			}
			answered.report(b, "beyond")
			bot.stop(b)
		})
	}
}

// BenchmarkStart is from the start of the process to READY, of the released program
// and of another build of it that MOKABOT_OTHER names, in turn. Each start has a
// world of its own: two within five seconds would wait for each other.
func BenchmarkStart(b *testing.B) {
	programs := builds(b)
	ready := make([]times, len(programs))
	for b.Loop() {
		for i, p := range programs {
			w := newWorld(b)
			bot, took := w.start(b, p.path, w.config(b, "poll_interval: 1s", "poll_interval: 1h"))
			ready[i].add(took)
			bot.stop(b)
		}
	}
	for i, p := range programs {
		ready[i].report(b, p.name)
	}
}

// compared is a build of the program.
type compared struct{ name, path string }

// otherBuild names another build of the program, to compare with.
const otherBuild = "MOKABOT_OTHER"

// builds are the released program and, where it is named, the other one.
func builds(b *testing.B) []compared {
	all := []compared{{"this", release(b)}}
	if other := os.Getenv(otherBuild); other != "" {
		all = append(all, compared{"other", other})
	}
	return all
}
