package main

import (
	"fmt"
	"io"
	"os"

	"mokabot/internal/config"
)

// isTerminal reports whether a person reads what is written.
func isTerminal(w io.Writer) bool {
	if r, ok := w.(redacting); ok {
		w = r.to
	}
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// colored reports whether to write in color: on a terminal that knows colors,
// unless NO_COLOR is set. https://no-color.org
func colored(w io.Writer, lookup config.Lookup) bool {
	no, _ := lookup("NO_COLOR")
	kind, _ := lookup("TERM")
	return isTerminal(w) && no == "" && kind != "dumb"
}

// progress shows a line on a terminal's stderr that the next one replaces, and
// that hide takes away. Elsewhere nothing is written.
func progress(t terminal) (show func(text string), hide func()) {
	if !isTerminal(t.err) {
		return nil, func() {}
	}
	const clear = "\r\x1b[K"
	return func(text string) { fmt.Fprint(t.err, clear+text) }, func() { fmt.Fprint(t.err, clear) }
}
