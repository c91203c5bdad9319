package app

import (
	"context"
	"runtime/debug"
	"time"

	"mokabot/internal/config"
)

// TuneGC collects garbage when the heap has grown by half instead of doubled, unless
// GOGC is set. The bot makes little garbage, so this costs little time, and its host
// needs the memory.
func TuneGC(lookup config.Lookup) {
	if _, set := lookup("GOGC"); !set {
		debug.SetGCPercent(50)
	}
}

// When unused memory is released. A start touches nearly all of the program and
// makes garbage; it takes two seconds, and on a busy machine or with many accounts
// up to half a minute. A poll then touches half of the program.
const (
	startTakes      = 2 * time.Second
	slowStartTakes  = 30 * time.Second
	releaseInStart  = 4 * time.Second
	releaseWhenIdle = time.Minute
)

// releaseRepeatedly releases the memory that only the start needed, and then, again
// and again, the pages of the program that only the last poll needed, which takes
// less than a millisecond.
func (s *service) releaseRepeatedly(ctx context.Context) error {
	began := time.Now()
	for wait, release := startTakes, s.releaseMemory; ; release = s.releasePages {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
			release()
		}
		if wait = releaseWhenIdle; time.Since(began) < slowStartTakes {
			wait = releaseInStart
		}
	}
}

// releaseMemory returns unused memory to the system.
func (s *service) releaseMemory() {
	debug.FreeOSMemory()
	s.releasePages()
}

// releasePages releases the memory that holds the program's file.
func (s *service) releasePages() {
	if err := dropProgramPages(); err != nil {
		s.log.Debug("the program's pages could not be given back", "err", err)
	}
}
