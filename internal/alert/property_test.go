package alert

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/internal/spend"
	"mokabot/moka"
)

const (
	histories  = 12_000 // of the long proof
	historyLen = 40
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random histories, 0 for a new one")

// TestRandomHistories feeds made-up histories and checks what must hold of
// every one of them. A failure prints the seed of its history.
func TestRandomHistories(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	said := make(map[Kind]int)
	count := proof.Size(histories/30, histories/10, histories)
	for n := range count {
		h := newHistory(seed, uint64(n))
		if err := h.run(); err != nil {
			t.Fatalf("seed %d, history %d: %v", seed, n, err)
		}
		for k, c := range h.said {
			said[k] += c
		}
	}
	t.Logf("seed %d: %d histories of %d readings, events: %v", seed, count, historyLen, said)
	for _, k := range []Kind{Raised, Worsened, Eased, Reminder, Updated, Ended, Withdrawn} {
		if said[k] == 0 {
			t.Errorf("no history has the event %s", k)
		}
	}
}

// history is one made-up account and the checker of what is said about it.
type history struct {
	rnd     *rand.Rand
	rules   Rules
	reloads bool // rules change on the way
	jumps   bool // the clock jumps on the way
	now     time.Time
	left    moka.Amount
	broken  int // readings still to come without money: 401, 503, …
	mode    int
	said    map[Kind]int
	moves   map[string]int // by condition and kind

	lastPost map[string]Event     // by incident id
	open     map[string]Condition // by incident id
	over     map[string]bool      // by incident id
	runs     []time.Time          // per rung: since when every reading about money is on it or worse
}

func newHistory(seed, n uint64) *history {
	rnd := rand.New(rand.NewPCG(seed, n))
	h := &history{
		rnd: rnd, rules: storyRules(), reloads: rnd.IntN(4) == 0, jumps: rnd.IntN(4) == 0,
		now: time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC), left: moka.Amount(rnd.Int64N(int64(60 * moka.Dollar))),
		said: make(map[Kind]int), moves: make(map[string]int), lastPost: make(map[string]Event),
		open: make(map[string]Condition), over: make(map[string]bool),
	}
	for n := range h.rules.Levels {
		h.rules.Levels[n].Runway = 0
	}
	h.runs = make([]time.Time, len(h.rules.Levels)+1)
	return h
}

func (h *history) run() error {
	var s State
	for step := range historyLen {
		h.turn()
		f := h.reading()
		stored, err := h.maybeStored(s)
		if err != nil {
			return err
		}
		next, events := Step(h.rules, s, f)
		if stored != nil {
			if err := sameAgain(h.rules, s, stored, f, next, events); err != nil {
				return fmt.Errorf("step %d: %w", step, err)
			}
		}
		s = next
		if err := h.check(s, f, events); err != nil {
			return fmt.Errorf("step %d (%s), said %q: %w", step, f.At.Format(time.TimeOnly), said(events), err)
		}
		h.maybeSnooze(&s)
	}
	return nil
}

// maybeStored encodes one state in ten.
func (h *history) maybeStored(s State) ([]byte, error) {
	if h.rnd.IntN(10) > 0 {
		return nil, nil
	}
	return json.Marshal(s)
}

// turn lets time pass, and sometimes changes the clock or the rules.
func (h *history) turn() {
	gaps := []time.Duration{time.Second, 10 * time.Second, 30 * time.Second, 5 * time.Minute, 5 * time.Minute, time.Hour, 7 * time.Hour}
	h.now = h.now.Add(gaps[h.rnd.IntN(len(gaps))])
	if h.jumps && h.rnd.IntN(10) == 0 {
		h.now = h.now.Add(-time.Duration(h.rnd.Int64N(int64(48 * time.Hour))))
	}
	if h.reloads && h.rnd.IntN(10) == 0 {
		h.rules = storyRules()
		for _, name := range slices.Sorted(maps.Keys(rulebook)) {
			if h.rnd.IntN(4) == 0 && len(h.rules.Levels) == 2 {
				rulebook[name](&h.rules)
			}
		}
	}
}

// reading makes up what is read. The balance wanders, falls and is topped up.
func (h *history) reading() Facts {
	f := Facts{At: h.now, Reading: moka.Reading{Key: &moka.Key{State: moka.KeyOK, Remaining: moka.Known(h.left)}}}
	switch h.rnd.IntN(12) {
	case 0:
		f.TopUp = moka.Amount(h.rnd.Int64N(int64(30 * moka.Dollar)))
		h.left += f.TopUp
	case 1, 2, 3:
		h.left = max(-moka.Dollar, h.left-moka.Amount(h.rnd.Int64N(int64(10*moka.Dollar))))
	default:
		h.left += moka.Amount(h.rnd.Int64N(int64(moka.Dollar))) - moka.Dollar/2
	}
	f.Reading.Key.Remaining = moka.Known(h.left)
	if h.broken == 0 && h.rnd.IntN(6) == 0 {
		h.broken, h.mode = 1+h.rnd.IntN(5), h.rnd.IntN(8)
	}
	if h.broken > 0 {
		h.broken--
		h.breakDown(&f)
	}
	h.side(&f)
	return f
}

func (h *history) breakDown(f *Facts) {
	key := f.Reading.Key
	switch h.mode {
	case 0:
		f.Reading.Key, f.Reading.KeyErr = &moka.Key{}, &moka.Error{Kind: moka.Unauthorized}
	case 1:
		f.Reading.Key, f.Reading.KeyErr = &moka.Key{}, &moka.Error{Kind: moka.Unavailable}
	case 2:
		*key = moka.Key{State: moka.KeyExhausted}
	case 3:
		*key = moka.Key{State: moka.KeyExpired}
	case 4:
		*key = moka.Key{State: moka.KeyOK, Unlimited: true}
	case 5:
		f.Reading.Wallet = &moka.Wallet{Remaining: moka.Known(0)}
	case 6:
		f.Reading.Wallet, f.Reading.WalletErr = &moka.Wallet{}, &moka.Error{Kind: moka.BadResponse}
	case 7:
		*key = moka.Key{State: moka.KeyDisabled}
	}
}

// side adds what is not about money: an hour's spending, and now and then an expiry.
func (h *history) side(f *Facts) {
	f.HourUsual = moka.Known(moka.Dollar)
	f.HourSpent = moka.Known(moka.Amount(h.rnd.Int64N(int64(8 * moka.Dollar))))
	if f.Reading.Key.State == moka.KeyOK && h.rnd.IntN(3) > 0 {
		f.Reading.Key.ExpiresAt = time.Date(2026, 8, 5+h.rnd.IntN(2)*20, 0, 0, 0, 0, time.UTC)
	}
	if h.reloads {
		f.Runway = spend.Runway{Known: h.rnd.IntN(2) == 0, Mid: time.Duration(h.rnd.Int64N(int64(200 * time.Hour)))}
	}
}

func (h *history) maybeSnooze(s *State) {
	for _, i := range s.Open() {
		switch h.rnd.IntN(12) {
		case 0:
			*s, _ = Snooze(*s, i.Condition, h.now, h.now.Add(8*time.Hour))
		case 1:
			*s, _ = SnoozeUntilTopUp(*s, i.Condition)
		case 2:
			*s, _ = Unsnooze(*s, i.Condition, h.now)
		}
	}
}

// sameAgain holds that a step left the state it was given as it was, and that
// the same step from that state, stored and read again, is no other.
func sameAgain(rules Rules, from State, stored []byte, f Facts, want State, events []Event) error {
	if left, err := json.Marshal(from); err != nil || string(left) != string(stored) {
		return fmt.Errorf("the step changed what it was given (%v):\n%s\n%s", err, stored, left)
	}
	read, err := Decode(stored)
	if err != nil {
		return err
	}
	again, saidAgain := Step(rules, read, f)
	a, _ := json.Marshal(want)
	b, _ := json.Marshal(again)
	if string(a) != string(b) || said(events) != said(saidAgain) {
		return fmt.Errorf("stored and read again it is another step:\n%s\n%s", a, b)
	}
	return nil
}
