package app

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
)

// stuck is a log that nobody reads until it is let go.
type stuck struct {
	until chan struct{}
	text  strings.Builder
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.until
	return s.text.Write(p)
}

// S11: a log that nobody reads holds nobody up, and says afterwards what is missing.
func TestALogThatNobodyReadsStopsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &stuck{until: make(chan struct{})}
		w := NewLogWriter(log)
		for i := range 2 * logRoom {
			fmt.Fprintln(w, "line", i)
		}
		close(log.until)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if text := log.text.String(); !strings.HasPrefix(text, "line 0\n") || !strings.Contains(text, "lines left out: 20") {
			t.Errorf("%.200s", text)
		}
	})
}

func TestALogThatNobodyEverReadsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &stuck{until: make(chan struct{})}
		w := NewLogWriter(log)
		fmt.Fprintln(w, "line")
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		close(log.until)
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestALogThatIsGoneIsIgnored(t *testing.T) {
	w := NewLogWriter(broken{})
	if _, err := fmt.Fprintln(w, "line"); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// A call to a gateway may still be under way while the program ends.
func TestALineAfterTheEndIsLeftOut(t *testing.T) {
	var text strings.Builder
	w := NewLogWriter(&text)
	fmt.Fprintln(w, "before")
	for range 2 {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprintln(w, "after")
	if text.String() != "before\n" {
		t.Errorf("%q", text.String())
	}
}
