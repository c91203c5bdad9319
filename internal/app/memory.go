package app

import (
	"context"
	"runtime/debug"
	"time"

	"mokabot/internal/config"
)

// TuneGC has garbage collected at half of what lives instead of all of it,
// unless the environment says otherwise. The bot makes little garbage and lives
// long: memory is worth more to its host than the moments that this takes.
func TuneGC(lookup config.Lookup) {
	if _, set := lookup("GOGC"); !set {
		debug.SetGCPercent(50)
	}
}

// settled is when a start is over. It touches more of the program and makes more
// garbage than the hours after it.
const settled = 2 * time.Second

// settle gives back what only the start needed.
func (s *service) settle(ctx context.Context) error {
	wait := time.NewTimer(settled)
	defer wait.Stop()
	select {
	case <-ctx.Done():
	case <-wait.C:
		s.releaseMemory()
	}
	return nil
}

// releaseMemory returns memory that nobody needs at the moment to the system.
func (s *service) releaseMemory() {
	debug.FreeOSMemory()
	if err := dropProgramPages(); err != nil {
		s.log.Debug("the program's pages could not be given back", "err", err)
	}
}
