package app

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// LogWriter hands lines to another writer without ever waiting for it: nobody
// who stops reading the log, such as a terminal or a full pipe, stops the bot.
// Lines that find no room are counted and left out.
type LogWriter struct {
	to      io.Writer
	lines   chan []byte
	dropped atomic.Int64
	done    chan struct{}
}

const (
	logRoom  = 2048            // lines that may wait
	logFlush = 2 * time.Second // for those that wait at the end
)

// NewLogWriter returns a LogWriter in front of to. Close ends it.
func NewLogWriter(to io.Writer) *LogWriter {
	w := &LogWriter{to: to, lines: make(chan []byte, logRoom), done: make(chan struct{})}
	go w.pass()
	return w
}

// Write takes one line. It never fails.
func (w *LogWriter) Write(line []byte) (int, error) {
	select {
	case w.lines <- append([]byte(nil), line...):
	default:
		w.dropped.Add(1)
	}
	return len(line), nil
}

// Close waits a moment until the lines are written. Nothing may be written after it.
func (w *LogWriter) Close() error {
	close(w.lines)
	select {
	case <-w.done:
	case <-time.After(logFlush):
	}
	return nil
}

func (w *LogWriter) pass() {
	defer close(w.done)
	for line := range w.lines {
		// A log that cannot be written has nowhere to report it.
		_, _ = w.to.Write(line)
		if n := w.dropped.Swap(0); n > 0 {
			fmt.Fprintf(w.to, "mokabot: nobody read the log for a while; lines left out: %d\n", n)
		}
	}
}
