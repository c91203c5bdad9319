package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// clockVariable says how far the clock of a program made by [wrongClock] is off:
// seconds, and after how many milliseconds of its life, as "28800@0,0@700".
const clockVariable = "MOKABOT_TEST_CLOCK"

// wrongClock is the program with a standard library whose [time.Now] is off, as
// the variable says. The monotonic clock is right.
var wrongClock = sync.OnceValues(func() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	source := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	text, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	const read = "sec, nsec, mono := runtimeNow()\n"
	before, after, found := strings.Cut(string(text), read)
	if !found || !strings.HasSuffix(before, "func Now() Time {\n\t") {
		return "", fmt.Errorf("%s: time.Now is not as expected", source)
	}
	dir, err := os.MkdirTemp("", "mokabot")
	if err != nil {
		return "", err
	}
	changed := filepath.Join(dir, "time.go")
	if err := os.WriteFile(changed, []byte(before+read+"\tsec += wrongBy(mono - startNano)\n"+after), 0o600); err != nil {
		return "", err
	}
	added := filepath.Join(dir, "wrong.go")
	if err := os.WriteFile(added, []byte(wrongBy), 0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		source: changed, filepath.Join(filepath.Dir(source), "wrong.go"): added,
	}})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		return "", err
	}
	return compile("-overlay=" + file)
})

const wrongBy = `package time

import "syscall"

type wrongStep struct{ seconds, after int64 }

var wrongSteps = readWrongSteps()

func readWrongSteps() (steps []wrongStep) {
	text, _ := syscall.Getenv("` + clockVariable + `")
	value, sign, step := int64(0), int64(1), wrongStep{}
	for _, c := range text + "," {
		switch {
		case c == '-':
			sign = -1
		case c == '@':
			step.seconds, value, sign = sign*value, 0, 1
		case c == ',':
			step.after = value * 1e6
			steps, value = append(steps, step), 0
		default:
			value = 10*value + int64(c-'0')
		}
	}
	return steps
}

// wrongBy is how many seconds the clock is off after so many nanoseconds.
func wrongBy(life int64) (seconds int64) {
	for _, s := range wrongSteps {
		if life >= s.after {
			seconds = s.seconds
		}
	}
	return seconds
}
`

// clockSteps are how far clocks are off now and then. The last is that of a machine without
// a clock, which begins in the seventies.
var clockSteps = []time.Duration{
	2 * time.Minute, -2 * time.Minute, 8 * time.Hour, -8 * time.Hour, 365 * 24 * time.Hour, -365 * 24 * time.Hour, -56 * 365 * 24 * time.Hour,
}

// The program of the storms really has a wrong clock.
func TestAWrongClockIsWrong(t *testing.T) {
	if os.Getenv("MOKABOT_KILLS") == "" {
		t.Skip("compiles the standard library; set MOKABOT_KILLS")
	}
	s := newArena(t)
	s.path = pathOf(t, wrongClock)
	s.env = append(s.env, clockVariable+"=31536000@0")
	p := s.start()
	want := fmt.Sprintf("time=%d-", time.Now().AddDate(0, 0, 365).Year())
	within(t, time.Minute, "the log", func() bool { return strings.Contains(p.log.String(), want) })
	p.terminate(t)
}
