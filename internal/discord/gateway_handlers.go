package discord

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// spawn runs a callback so that a panic in it ends neither the process nor
// the session.
func (g *Gateway) spawn(what string, f func(context.Context)) {
	g.handlers.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				g.Log.Error("panic in a discord callback", "callback", what,
					"panic", redact(fmt.Sprint(p), g.Token), "stack", redact(string(debug.Stack()), g.Token))
			}
		}()
		f(g.work)
	})
}

// drain waits for the callbacks, and cancels them when they take too long since
// the end began.
func (g *Gateway) drain(began time.Time, cancel context.CancelFunc) {
	const lastWords = 1500 * time.Millisecond // to say what came of it
	done := make(chan struct{})
	go func() { g.handlers.Wait(); close(done) }()
	for _, wait := range []time.Duration{g.Timing.Drain, g.Timing.Drain + lastWords} {
		t := time.NewTimer(time.Until(began.Add(wait)))
		select {
		case <-done:
			t.Stop()
			return
		case <-t.C:
			cancel()
		}
	}
	g.Log.Error("discord callbacks did not end in time")
}
