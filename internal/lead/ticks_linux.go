package lead

import (
	"time"

	"golang.org/x/sys/unix"
)

// Ticks is the time since the machine was started, the time that it slept
// included: the clock behind [time.Since] stands still meanwhile.
func Ticks() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return sinceStart()
	}
	return time.Duration(ts.Nano())
}
