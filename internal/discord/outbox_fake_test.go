package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"mokabot/internal/message"
	"mokabot/internal/store"
)

// box is an outbox in memory.
type box struct {
	mu      sync.Mutex
	rows    []*row
	changed chan struct{}
}

type row struct {
	store.Due
	state string // "", "sent", "dead" or "dropped"
	sent  string
}

func newBox(rows ...store.Due) *box {
	b := &box{changed: make(chan struct{}, 1)}
	for i, d := range rows {
		d.ID = int64(i + 1)
		if d.Payload == nil {
			d.Payload, _ = json.Marshal(message.Message{Text: fmt.Sprint("message ", d.ID)})
		}
		d.Nonce = fmt.Sprint("nonce", d.ID)
		b.rows = append(b.rows, &row{Due: d})
	}
	return b
}

func (b *box) Due(_ context.Context, _ time.Time, limit int) ([]store.Due, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var due []store.Due
	heads := map[slot]bool{}
	for lane := range store.LaneEdit + 1 {
		for _, r := range b.rows {
			if r.state != "" || r.Lane != lane || heads[slot{r.Channel, lane}] || len(due) == limit {
				continue
			}
			heads[slot{r.Channel, lane}] = lane != store.LaneEdit
			due = append(due, r.Due)
		}
	}
	return due, nil
}

func (b *box) with(id int64, f func(*row)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(b.rows[id-1])
	return nil
}

func (b *box) Sending(_ context.Context, id int64, now time.Time) error {
	return b.with(id, func(r *row) {
		if r.FirstTriedAt.IsZero() {
			r.FirstTriedAt = now
		}
		r.LastTriedAt = now
		r.Attempts++
	})
}

func (b *box) Sent(_ context.Context, id int64, messageID string, _ time.Time) error {
	return b.with(id, func(r *row) { r.state, r.sent = "sent", messageID })
}

func (b *box) Retry(_ context.Context, m store.Due, refused bool, _ string) error {
	return b.with(m.ID, func(r *row) {
		if refused {
			r.FirstTriedAt, r.LastTriedAt = m.FirstTriedAt, m.LastTriedAt
		}
	})
}

func (b *box) Dead(_ context.Context, m store.Due, _ time.Time, _ int, _ string) error {
	return b.with(m.ID, func(r *row) { r.state = "dead" })
}

func (b *box) Drop(_ context.Context, id int64, _ time.Time, _ string) error {
	return b.with(id, func(r *row) { r.state = "dropped" })
}

func (b *box) RequeueDead(context.Context) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, r := range b.rows {
		if r.state == "dead" {
			r.state = ""
			n++
		}
	}
	return n, nil
}

func (b *box) Move(_ context.Context, id int64, channel string) error {
	return b.with(id, func(r *row) { r.Channel, r.FirstTriedAt = channel, time.Time{} })
}

func (b *box) Split(_ context.Context, m store.Due, parts []json.RawMessage) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows[m.ID-1].Payload = parts[0]
	for _, part := range parts[1:] {
		d := b.rows[m.ID-1].Due
		d.ID = int64(len(b.rows) + 1)
		d.Payload, d.Nonce = part, fmt.Sprint("nonce", d.ID)
		b.rows = append(b.rows, &row{Due: d})
	}
	return nil
}

// Joined and Whole: in these tests every post is a message of its own.
func (b *box) Joined(context.Context, store.Due, int, func([]json.RawMessage) int) ([]json.RawMessage, error) {
	return nil, nil
}

func (b *box) Whole(context.Context, store.Due) ([]json.RawMessage, error) { return nil, nil }

func (b *box) FindByMessage(context.Context, string) (store.Post, bool, error) {
	return store.Post{}, false, nil
}

func (b *box) Changed() <-chan struct{} { return b.changed }

func (b *box) states() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, r := range b.rows {
		out = append(out, r.state)
	}
	return out
}

// post is a scripted Discord.
type post struct {
	mu    sync.Mutex
	calls []string
	send  func(ctx context.Context, channel string, n int) error // n counts the calls for the channel
	found bool
	lost  error // of Find
	per   map[string]int
}

func (p *post) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, fmt.Sprintf(format, args...))
}

func (p *post) Send(ctx context.Context, channel string, m message.Message, nonce string) (Receipt, error) {
	p.mu.Lock()
	if p.per == nil {
		p.per = map[string]int{}
	}
	p.per[channel]++
	n := p.per[channel]
	p.mu.Unlock()
	p.note("send %s %s", channel, nonce)
	if p.send != nil {
		if err := p.send(ctx, channel, n); err != nil {
			return Receipt{}, err
		}
	}
	return Receipt{ID: "m" + nonce}, nil
}

func (p *post) Edit(_ context.Context, channel, id string, _ message.Message, _ string) error {
	p.note("edit %s %s", channel, id)
	return &Error{Kind: KindPermanent, Status: 404, Code: 10008} // unknown message
}

func (p *post) Find(_ context.Context, channel, nonce string, _, _ time.Time) (string, bool, error) {
	p.note("find %s %s", channel, nonce)
	return "earlier", p.found, p.lost
}

func (p *post) Own(context.Context, string, time.Time) ([]Posted, error) { return nil, nil }

func (p *post) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// delivering runs a delivery on the bubble's clock for a while.
func delivering(t *testing.T, b *box, p *post, d time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	return (&Delivery{Box: b, Send: p, Log: slog.New(slog.DiscardHandler)}).Run(ctx)
}
