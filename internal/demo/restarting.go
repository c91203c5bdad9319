package demo

import (
	"context"
	"log/slog"
	"sync"

	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/lang"
)

// restarting runs the bot, and restarts it on the same database when asked to, as an
// update of the program would.
type restarting struct {
	env app.Environment
	log *slog.Logger

	mu     sync.Mutex
	config config.Config
	stop   context.CancelFunc // ends the present run
	ended  chan struct{}      // closed when it has ended
}

func newRestarting(c *config.Config, env app.Environment, log *slog.Logger) *restarting {
	return &restarting{env: env, log: log, config: *c, stop: func() {}, ended: make(chan struct{})}
}

// run is the bot until ctx ends, or until it fails.
func (r *restarting) run(ctx context.Context) error {
	for {
		turn, stop := context.WithCancel(ctx)
		c, ended := r.begin(stop)
		err := app.Serve(turn, c, r.env, r.log)
		stop()
		close(ended)
		if err != nil || ctx.Err() != nil {
			return err
		}
	}
}

// begin stores how to end the new run, and passes it what it needs.
func (r *restarting) begin(stop context.CancelFunc) (*config.Config, chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop, r.ended = stop, make(chan struct{})
	c := r.config
	return &c, r.ended
}

// again restarts the bot, with other words for its posts where some are given. It
// returns when the old run has ended.
func (r *restarting) again(ctx context.Context, w *lang.Words) error {
	r.mu.Lock()
	if w != nil {
		r.config.Language = w.Tag
	}
	stop, ended := r.stop, r.ended
	r.mu.Unlock()
	stop()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *restarting) language() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.config.Language
}
