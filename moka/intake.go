package moka

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Memory for the answers that are being read, of all hosts of a [Limiter] together. An
// answer up to smallAnswer needs no leave. Of the larger ones the oldest may grow up to
// its bounds, so that there is always one that comes to its end; the others share
// intakeBytes.
const (
	smallAnswer = 64 << 10
	intakeBytes = 4 << 20
)

// intakePatience is how long an answer waits for memory before it ends the largest one
// that has not grown for as long: that is a gateway that holds its answer back.
const intakePatience = 2 * time.Second

// errHeldBack says that an answer was given up in favor of others.
var errHeldBack = errors.New("a large answer that came too slowly")

// intake bounds the memory of large answers. A body is decoded while no other one is, as
// decoding takes several times its size.
type intake struct {
	decoding chan struct{}

	mu      sync.Mutex
	answers []*portion    // the oldest first
	changed chan struct{} // closed when one of them gives its memory back
}

func newIntake() *intake {
	return &intake{decoding: make(chan struct{}, 1), changed: make(chan struct{})}
}

// portion is the memory of one answer.
type portion struct {
	of       *intake
	abandon  context.CancelCauseFunc // ends the reading
	size     int                     // 0: it needs no leave
	since    time.Time               // when it last got some
	waiting  bool                    // for more
	complete bool                    // read to its end
	givenUp  bool                    // and about to give its memory back
}

// grow waits until the answer may take that many bytes.
func (p *portion) grow(ctx context.Context, size int) error {
	if size <= smallAnswer {
		return nil
	}
	timer := time.NewTimer(intakePatience)
	defer timer.Stop()
	for late := false; ; {
		changed, granted := p.of.grant(p, size)
		if granted {
			return nil
		}
		if late { // another may have taken what was given back
			p.of.giveUpLargest(p)
		}
		select {
		case <-changed:
		case <-timer.C:
			late = true
			timer.Reset(intakePatience)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// decode runs use on a body that was read to its end.
func (p *portion) decode(ctx context.Context, use func() error) error {
	if p.size == 0 {
		return use()
	}
	p.of.mu.Lock()
	p.complete = true
	p.of.mu.Unlock()
	select {
	case p.of.decoding <- struct{}{}:
		defer func() { <-p.of.decoding }()
		return use()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// release gives the memory back.
func (p *portion) release() {
	i := p.of
	i.mu.Lock()
	defer i.mu.Unlock()
	if at := slices.Index(i.answers, p); at >= 0 {
		i.answers = slices.Delete(i.answers, at, at+1)
		close(i.changed)
		i.changed = make(chan struct{})
	}
}

// grant gives an answer that many bytes, or returns what is closed when there may be more.
func (i *intake) grant(p *portion, size int) (changed <-chan struct{}, granted bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !slices.Contains(i.answers, p) {
		i.answers = append(i.answers, p)
	}
	shared := size
	for _, other := range i.answers[1:] {
		if other != p {
			shared += other.size
		}
	}
	if p.waiting = i.answers[0] != p && shared > intakeBytes; p.waiting {
		return i.changed, false
	}
	p.size, p.since = size, time.Now()
	return nil, true
}

// giveUpLargest ends the reading of the largest answer that is held back, other than p's,
// unless one that was given up before is yet to give its memory back.
func (i *intake) giveUpLargest(p *portion) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var largest *portion
	for _, other := range i.answers {
		if other.givenUp {
			return
		}
		heldBack := other != p && !other.complete && !other.waiting && time.Since(other.since) >= intakePatience
		if heldBack && (largest == nil || other.size > largest.size) {
			largest = other
		}
	}
	if largest != nil {
		largest.givenUp = true
		largest.abandon(errHeldBack)
	}
}
