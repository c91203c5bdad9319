//go:build !linux

package lead

import "time"

// Ticks is the time since the program was started.
func Ticks() time.Duration { return sinceStart() }
