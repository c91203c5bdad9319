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

// startTakes is how long a start takes. It touches more of the program and makes
// more garbage than the hours after it.
const startTakes = 2 * time.Second

// releaseAfterStart gives back the memory that only the start needed.
func (s *service) releaseAfterStart(ctx context.Context) error {
	select {
	case <-ctx.Done():
	case <-time.After(startTakes):
		s.releaseMemory()
	}
	return nil
}

// releaseMemory returns unused memory to the system.
func (s *service) releaseMemory() {
	debug.FreeOSMemory()
	if err := dropProgramPages(); err != nil {
		s.log.Debug("the program's pages could not be given back", "err", err)
	}
}
