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
// that has been read for as long: that is a gateway that holds its answer back.
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
	of      *intake
	abandon context.CancelCauseFunc // ends the reading
	size    int                     // 0: it needs no leave
	since   time.Time               // when it first needed some
	whole   bool                    // read to its end
}

// grow waits until the answer may take that many bytes.
func (p *portion) grow(ctx context.Context, size int) error {
	if size <= smallAnswer {
		return nil
	}
	for {
		changed, granted := p.of.grant(p, size)
		if granted {
			return nil
		}
		select {
		case <-changed:
		case <-time.After(intakePatience):
			p.of.giveUpLargest(p)
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
	p.whole = true
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
		p.since = time.Now()
	}
	shared := size
	for _, other := range i.answers[1:] {
		if other != p {
			shared += other.size
		}
	}
	if i.answers[0] != p && shared > intakeBytes {
		return i.changed, false
	}
	p.size = size
	return nil, true
}

// giveUpLargest ends the reading of the largest answer, unless it is p's own, or too
// young.
func (i *intake) giveUpLargest(p *portion) {
	i.mu.Lock()
	defer i.mu.Unlock()
	largest := p
	for _, other := range i.answers {
		if !other.whole && other.size > largest.size && time.Since(other.since) >= intakePatience {
			largest = other
		}
	}
	if largest != p {
		largest.abandon(errHeldBack)
	}
}
