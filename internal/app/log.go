package app

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// LogWriter passes lines to another writer without ever waiting for it, so that a
// terminal or a pipe that nobody reads does not stop the bot. Lines for which there is no
// room are counted and dropped.
type LogWriter struct {
	to      io.Writer
	lines   chan []byte
	dropped atomic.Int64
	closing chan struct{}
	close   sync.Once
	done    chan struct{}
}

const (
	logRoom  = 2048            // lines that may wait
	logFlush = 2 * time.Second // for those that wait at the end
)

// NewLogWriter returns a LogWriter in front of to. Close ends it.
func NewLogWriter(to io.Writer) *LogWriter {
	w := &LogWriter{to: to, lines: make(chan []byte, logRoom), closing: make(chan struct{}), done: make(chan struct{})}
	go w.pass()
	return w
}

// Write takes one line. It never fails; after Close the line is left out.
func (w *LogWriter) Write(line []byte) (int, error) {
	select {
	case w.lines <- append([]byte(nil), line...):
	default:
		w.dropped.Add(1)
	}
	return len(line), nil
}

// Close waits up to logFlush until the lines are written. A concurrent Write may still
// write after it.
func (w *LogWriter) Close() error {
	w.close.Do(func() { close(w.closing) })
	select {
	case <-w.done:
	case <-time.After(logFlush):
	}
	return nil
}

func (w *LogWriter) pass() {
	defer close(w.done)
	for {
		select {
		case line := <-w.lines:
			w.line(line)
		case <-w.closing:
			for range len(w.lines) {
				w.line(<-w.lines)
			}
			return
		}
	}
}

func (w *LogWriter) line(line []byte) {
	// A log that cannot be written has nowhere to report it.
	_, _ = w.to.Write(line)
	if n := w.dropped.Swap(0); n > 0 {
		fmt.Fprintf(w.to, "mokabot: nobody read the log for a while; lines left out: %d\n", n)
	}
}
