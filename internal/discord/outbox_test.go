package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/discord/discordtest"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/internal/store"
)

func TestChannelsKeepTheirOrderAndDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBox(store.Due{Channel: "a"}, store.Due{Channel: "b"}, store.Due{Channel: "a"}, store.Due{Channel: "b"})
		p := &post{send: func(ctx context.Context, channel string, _ int) error {
			if channel != "a" {
				return nil
			}
			<-ctx.Done() // stuck
			return &Error{Kind: KindTransient, Err: ctx.Err()}
		}}
		if err := delivering(t, b, p, 30*time.Second); err != nil {
			t.Error(err)
		}
		if got := b.states(); !slices.Equal(got, []string{"", "sent", "", "sent"}) {
			t.Errorf("states %q", got)
		}
		if calls := p.all(); slices.Contains(calls, "send a nonce3") || !slices.Contains(calls, "send b nonce4") {
			t.Errorf("calls %q", calls)
		}
	})
}

func TestTransientFailuresAreTriedAgainAndObeyRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		b := newBox(store.Due{Channel: "a"})
		p := &post{send: func(_ context.Context, _ string, n int) error {
			at = append(at, time.Now())
			switch n {
			case 1:
				return &Error{Kind: KindRateLimited, RetryAfter: 90 * time.Second}
			case 2:
				return &Error{Kind: KindTransient, Status: 503}
			}
			return nil
		}}
		if err := delivering(t, b, p, 10*time.Minute); err != nil {
			t.Error(err)
		}
		if len(at) != 3 || at[1].Sub(at[0]) != 90*time.Second || at[2].Sub(at[1]) > 12*time.Second {
			t.Errorf("attempts at %v", at)
		}
		if got := b.states(); got[0] != "sent" {
			t.Errorf("states %q", got)
		}
	})
}

func TestPermanentRefusalsAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBox(store.Due{Channel: "a"}, store.Due{Channel: "a"}, store.Due{Channel: "c", Payload: []byte("{")}, store.Due{Channel: "d", EditOf: "k", Lane: store.LaneEdit}, store.Due{Channel: "e", EditOf: "k", Lane: store.LaneEdit, TargetMessageID: "7"})
		p := &post{send: func(_ context.Context, _ string, n int) error {
			if n == 1 {
				return &Error{Kind: KindPermanent, Status: 404, Code: codeUnknownChannel}
			}
			return nil
		}}
		if err := delivering(t, b, p, time.Minute); err != nil {
			t.Error(err)
		}
		if got := b.states(); !slices.Equal(got, []string{"dead", "sent", "dead", "dropped", "dropped"}) {
			t.Errorf("states %q", got)
		}
	})
}

func TestAnEarlierAttemptIsLookedForBeforeItIsRepeated(t *testing.T) {
	for _, c := range []struct {
		name  string
		age   time.Duration
		found bool
		want  []string
	}{
		{"just now and there", time.Second, true, []string{"find a nonce1"}},
		{"old and there", 10 * time.Minute, true, []string{"find a nonce1"}},
		{"old and not there", 10 * time.Minute, false, []string{"find a nonce1", "send a nonce1"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBox(store.Due{Channel: "a", FirstTriedAt: time.Now().Add(-c.age), Attempts: 1})
			p := &post{found: c.found}
			_ = delivering(t, b, p, time.Minute)
			if got := p.all(); !slices.Equal(got, c.want) || b.states()[0] != "sent" {
				t.Errorf("%s: calls %q, state %q", c.name, got, b.states())
			}
		})
	}
}

func TestARefusedTokenStopsTheDeliveryAndKeepsTheMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBox(store.Due{Channel: "a"})
		p := &post{send: func(context.Context, string, int) error { return &Error{Kind: KindUnauthorized, Status: 401} }}
		err := delivering(t, b, p, time.Hour)
		if err == nil || KindOf(err) != KindUnauthorized || len(p.all()) != 1 || b.states()[0] != "" {
			t.Errorf("%v, calls %q, state %q", err, p.all(), b.states())
		}
	})
}

func TestTheEndFinishesWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBox(store.Due{Channel: "quick"}, store.Due{Channel: "stuck"})
		p := &post{send: func(ctx context.Context, channel string, _ int) error {
			wait := 5 * time.Second
			if channel == "stuck" {
				wait = time.Hour
			}
			return pause(ctx, wait)
		}}
		start := time.Now()
		_ = delivering(t, b, p, time.Second)
		if took := time.Since(start); took != time.Second+drainTime {
			t.Errorf("it took %s", took)
		}
		if got := b.states(); !slices.Equal(got, []string{"sent", ""}) {
			t.Errorf("states %q", got)
		}
	})
}

func TestStoredThenCutIsOneMessage(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	for _, restart := range []bool{false, true} {
		d := &dedupingDiscord{cut: 3}
		rest, _ := newREST(t, d.serve)
		b := newBox(store.Due{Channel: "1"})
		if restart { // Discord has forgotten the nonce since
			b.rows[0].FirstTriedAt = time.Now().Add(-time.Hour)
			d.cut = 0
			d.store(t, rest)
			d.nonces = nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		done := make(chan error, 1)
		go func() {
			done <- (&Delivery{Box: b, Send: rest, Log: slog.New(slog.DiscardHandler)}).Run(ctx)
		}()
		until(t, "delivery", func() bool { return b.states()[0] == "sent" })
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if len(d.messages) != 1 || b.rows[0].sent != "1000" {
			t.Errorf("restart %v: %d messages, noted %q", restart, len(d.messages), b.rows[0].sent)
		}
	}
}

// dedupingDiscord stores a message and cuts the line, a few times.
type dedupingDiscord struct {
	mu       sync.Mutex
	cut      int
	nonces   map[string]string
	messages []messagePayload
}

func (d *dedupingDiscord) store(t *testing.T, r *REST) {
	t.Helper()
	if _, err := r.Send(t.Context(), "1", message.Message{Text: "message 1"}, "nonce1"); err != nil {
		t.Fatal(err)
	}
}

func (d *dedupingDiscord) serve(_ int, w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case r.Method == http.MethodGet && r.URL.Path == "/api/v9/users/@me":
		discordtest.JSON(w, 200, `{"id":"42"}`)
		return
	case r.Method == http.MethodGet:
		content, _ := json.Marshal(d.messages[0].Content)
		discordtest.JSON(w, 200, fmt.Sprintf(`[{"id":"1000","author":{"id":"42"},"content":%s,"embeds":[]}]`, content))
		return
	}
	var m messagePayload
	_ = json.NewDecoder(r.Body).Decode(&m)
	if d.nonces == nil {
		d.nonces = map[string]string{}
	}
	id := d.nonces[m.Nonce]
	if id == "" || !m.EnforceNonce {
		id = fmt.Sprint(1000 + len(d.messages))
		d.messages = append(d.messages, m)
		d.nonces[m.Nonce] = id
	}
	if d.cut > 0 {
		d.cut--
		cutLine(w)
		return
	}
	discordtest.JSON(w, 200, `{"id":"`+id+`","channel_id":"1"}`)
}

func TestAMessageThatCannotBeLookedForIsNotLost(t *testing.T) {
	for _, c := range []struct {
		what string
		err  error
		want string
	}{
		{"the channel is too full", ErrTooBusy, "sent"},
		{"the history may not be read", ErrNoHistory, "sent"},
		{"Discord is away", &Error{Op: "search history", Kind: KindTransient}, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBox(store.Due{Channel: "a", FirstTriedAt: time.Now(), Attempts: 1})
			p := &post{lost: c.err}
			_ = delivering(t, b, p, 10*time.Hour)
			if b.states()[0] != c.want {
				t.Errorf("%s: state %q, want %q", c.what, b.states(), c.want)
			}
			// Half a minute apart in the end, and soon after the beginning.
			if n := len(p.all()); c.want == "" && (n < 900 || n > 1800) {
				t.Errorf("%s: %d looks in ten hours", c.what, n)
			}
		})
	}
}

// A busy server sends events all the time that may change what the bot may do, and 10,000
// refusals within ten minutes end in a ban of the address.
func TestABusyServerDoesNotHammerRefusals(t *testing.T) {
	proof.NotShort(t)
	for _, messages := range []int{1, 16, 100} {
		t.Run(fmt.Sprint(messages), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var rows []store.Due
				for n := range messages {
					rows = append(rows, store.Due{Channel: fmt.Sprint("c", n%16)})
				}
				b := newBox(rows...)
				var permitted atomic.Bool
				p := &post{send: func(context.Context, string, int) error {
					if permitted.Load() {
						return nil
					}
					return &Error{Kind: KindPermanent, Status: 403, Code: codeMissingPermissions}
				}}
				d := &Delivery{Box: b, Send: p, Log: slog.New(slog.DiscardHandler)}
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- d.Run(ctx) }()
				events := func(lasts time.Duration) {
					for began := time.Now(); time.Since(began) < lasts; time.Sleep(200 * time.Millisecond) {
						d.AccessChanged()
					}
				}
				events(10 * time.Minute)
				refusals := 0
				p.mu.Lock()
				for _, n := range p.per {
					refusals += n
				}
				p.mu.Unlock()
				rounds := 3 + int(10*time.Minute/(accessSpacing+time.Duration(messages)*time.Second)) // of two looks
				if most := 2 * rounds * messages; refusals > most {
					t.Errorf("%d refusals within ten minutes, at most %d are to be", refusals, most)
				}
				permitted.Store(true)
				events(accessSpacing + time.Duration(messages)*time.Second + maxIdle)
				if left := slices.IndexFunc(b.states(), func(state string) bool { return state != "sent" }); left >= 0 {
					t.Errorf("message %d is %q, although it is permitted", left+1, b.states()[left])
				}
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// openShelf fails a write while the delivery's lock is held.
type openShelf struct {
	*shelf
	d *Delivery
}

func (s openShelf) SetValue(ctx context.Context, name string, raw []byte) error {
	if !s.d.mu.TryLock() {
		return errors.New("the list is locked")
	}
	s.d.mu.Unlock()
	time.Sleep(10 * time.Second)
	return s.shelf.SetValue(ctx, name, raw)
}

// Whom a mention did not reach is stored while the database is slow: neither /status nor
// another channel's post waits for that, and the newest list is what remains.
func TestASlowNoteOfMentionsHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &shelf{values: map[string][]byte{}}
		d := &Delivery{Log: slog.New(slog.DiscardHandler)}
		d.Values = openShelf{kept, d}
		d.init()
		var noting sync.WaitGroup
		for n := range 3 {
			noting.Go(func() {
				d.noteMentions(t.Context(), store.Due{Channel: fmt.Sprint("c", n)}, Receipt{Unpinged: []string{"7"}})
			})
		}
		noting.Wait()
		next := &Delivery{Log: d.Log, Values: kept}
		next.init()
		if err := next.loadUnpinged(t.Context()); err != nil || len(next.Unpinged()) != 3 {
			t.Errorf("stored are %+v, %v", next.Unpinged(), err)
		}
	})
}

// What earlier processes noted cannot be read for a while. It is not overwritten, and
// counts once it can.
func TestNotedMentionsThatCannotBeReadAreNotLost(t *testing.T) {
	kept := &shelf{values: map[string][]byte{}}
	log, _ := testLog(t)
	note := func(d *Delivery, channel string) {
		d.init()
		d.noteMentions(t.Context(), store.Due{Channel: channel}, Receipt{Unpinged: []string{"7"}})
	}
	note(&Delivery{Values: kept, Log: log}, "earlier")
	kept.fail(errors.New("the disk does not answer"))
	d := &Delivery{Values: kept, Log: log}
	note(d, "meanwhile")
	kept.fail(nil)
	note(d, "later")
	next := &Delivery{Values: kept, Log: log}
	next.init()
	if err := next.loadUnpinged(t.Context()); err != nil || len(next.Unpinged()) != 3 {
		t.Errorf("stored are %+v, %v", next.Unpinged(), err)
	}
}

// picky refuses cards for a reason that nobody has documented.
type picky struct{ post }

func (p *picky) Send(ctx context.Context, channel string, m message.Message, nonce string) (Receipt, error) {
	if len(m.Cards) > 0 {
		p.note("refused")
		return Receipt{}, &Error{Kind: KindPermanent, Status: 400, Code: 999999, Message: "This is new"}
	}
	return p.post.Send(ctx, channel, m, nonce)
}

// A ping that Discord refuses in this form, for an undocumented reason, is there within a
// minute, and so is the one behind it.
func TestAnUndocumentedRefusalDelaysNoPingForLong(t *testing.T) {
	for range 20 { // waits are random
		synctest.Test(t, func(t *testing.T) {
			full, err := json.Marshal(message.Message{Text: "team: $4.00 left", Cards: []message.Card{{Title: "balance is low"}}})
			if err != nil {
				t.Fatal(err)
			}
			b, p := newBox(store.Due{Channel: "a", Payload: full}, store.Due{Channel: "a"}), &picky{}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := (&Delivery{Box: b, Send: p, Log: slog.New(slog.DiscardHandler)}).Run(ctx); err != nil {
				t.Error(err)
			}
			if got := b.states(); !slices.Equal(got, []string{"sent", "sent"}) {
				t.Errorf("states %q after %q", got, p.all())
			}
		})
	}
}

// A refusal that nobody has documented and that passes is waited out.
func TestAnUndocumentedRefusalIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		b := newBox(store.Due{Channel: "a"})
		p := &post{send: func(context.Context, string, int) error {
			if time.Since(began) < 45*time.Second {
				return &Error{Kind: KindPermanent, Status: 403, Code: 999999}
			}
			return nil
		}}
		if err := delivering(t, b, p, 2*time.Minute); err != nil {
			t.Error(err)
		}
		if got := b.states(); got[0] != "sent" || len(p.all()) > 12 {
			t.Errorf("state %q after %q", got, p.all())
		}
	})
}
