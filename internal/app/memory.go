package app

import (
	"context"
	"runtime/debug"
	"time"

	"mokabot/internal/config"
)

// TuneGC is for a program that stays: it collects garbage when the heap has grown by half,
// unless GOGC is set. The bot makes little garbage, so this costs little time, and its
// host needs the memory.
func TuneGC(lookup config.Lookup) {
	if _, set := lookup("GOGC"); !set {
		debug.SetGCPercent(50)
	}
}

// maxHeap is from when on the program collects garbage more often instead of taking more
// memory, in bytes. It needs less, except while a gateway sends it very large answers;
// the pages of the program's file come on top.
const maxHeap = 36 << 20

// LimitMemory tunes garbage collection for every command. Unless GOMEMLIMIT is set, it
// keeps the heap below maxHeap. Unless GOGC is set, it lets the heap grow so far that a
// command which answers once mostly ends before the first collection.
func LimitMemory(lookup config.Lookup) {
	if _, set := lookup("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(maxHeap)
	}
	if _, set := lookup("GOGC"); !set {
		debug.SetGCPercent(400)
	}
}

const (
	// startTakes is how long a start takes. It touches nearly all of the program and
	// makes more garbage than the hours after it.
	startTakes = 2 * time.Second
	// readingTakes is how long the calls of one reading take, mostly. They touch half
	// of the program.
	readingTakes = time.Second
)

// releaseRepeatedly releases the memory that only the start needed, and then the
// pages of the program that only the last readings did.
func (s *service) releaseRepeatedly(ctx context.Context) error {
	for wait, release := startTakes, s.releaseMemory; ; wait, release = readingTakes, s.releasePages {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
			release()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.called:
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
