package schedule

import (
	"context"
	"maps"
	"reflect"
	"strings"
	"sync"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/budget"
	"mokabot/moka"
)

// Timetable remembers when each account is read next, and a reading that a
// reload interrupted. It outlives the configurations: however often one
// replaces another, every account is read at its own pace.
type Timetable struct {
	mu       sync.Mutex
	accounts map[string]*slot
	models   time.Time // when the lists of models are read next; zero: at once
	modelsOf string    // the accounts whose lists they are

	budgets   time.Time // when the budgets are looked at next; zero: at once
	budgetsOf []budget.Budget

	seed    time.Time            // when the gateways' records are looked at next; zero: not set yet
	without map[string]time.Time // by identity: until when a gateway without records is not asked
}

// slot is one account's place in the timetable.
type slot struct {
	identity string    // of the account that is read; another one begins anew
	next     time.Time // with its monotonic reading, so that no clock step moves it
	reading  chan moka.Reading
}

// slot finds an account's place. A new account is read first after wait.
func (t *Timetable) slot(a *account.Account, wait time.Duration) *slot {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.accounts == nil {
		t.accounts = map[string]*slot{}
	}
	s := t.accounts[a.Name]
	if s == nil || s.identity != a.Client.Identity() {
		s = &slot{identity: a.Client.Identity(), next: time.Now().Add(wait)}
		t.accounts[a.Name] = s
	}
	return s
}

// rename gives accounts' places to the names that they have now.
func (t *Timetable) rename(moves map[string]string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	renamed := map[string]*slot{}
	for name, s := range t.accounts {
		if to, moved := moves[name]; moved {
			renamed[to] = s
			delete(t.accounts, name)
		}
	}
	maps.Copy(t.accounts, renamed)
}

// forget drops the accounts that left the configuration.
func (t *Timetable) forget(book *account.Book) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name := range t.accounts {
		if _, err := book.Get(name); err != nil {
			delete(t.accounts, name)
		}
	}
}

// read reads the account, or waits for the reading that is under way since
// before a reload. It is false when ctx ended first; the reading goes on and is
// there for the next call. One slot serves one caller at a time.
func (s *slot) read(ctx context.Context, a *account.Account) (moka.Reading, bool) {
	if s.reading == nil {
		under := make(chan moka.Reading, 1)
		s.reading = under
		go func() { under <- readWithin(context.WithoutCancel(ctx), a, maxPoll) }()
	}
	select {
	case r := <-s.reading:
		s.reading = nil
		a.Remember(r) // it may have been read for the account's place in an earlier configuration
		return r, true
	case <-ctx.Done():
		return moka.Reading{}, false
	}
}

// soonerThan shortens the wait to a new interval.
func (s *slot) soonerThan(every time.Duration) {
	if latest := time.Now().Add(every); s.next.After(latest) {
		s.next = latest
	}
}

// nextModels is when the lists of models are read next; zero, at once, when they
// are those of other accounts than before.
func (t *Timetable) nextModels(book *account.Book) time.Time {
	var of strings.Builder
	for _, a := range book.All() {
		of.WriteString(a.Name + " " + a.Client.Identity() + "\n")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if of.String() != t.modelsOf {
		t.models, t.modelsOf = time.Time{}, of.String()
	}
	return t.models
}

func (t *Timetable) setNextModels(at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.models = at
}

// nextBudgets is when the budgets are looked at next; zero, at once, when they
// are others than before.
func (t *Timetable) nextBudgets(of []budget.Budget) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !reflect.DeepEqual(of, t.budgetsOf) {
		t.budgets, t.budgetsOf = time.Time{}, of
	}
	return t.budgets
}

func (t *Timetable) setNextBudgets(at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.budgets = at
}

// nextSeed is when the gateways' records are looked at next.
func (t *Timetable) nextSeed() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seed.IsZero() {
		t.seed = time.Now().Add(seedWait)
	}
	return t.seed
}

func (t *Timetable) setNextSeed(at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seed = at
}

// withoutRecords reports whether an account's gateway said lately that it has no
// records.
func (t *Timetable) withoutRecords(a *account.Account) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Now().Before(t.without[a.Client.Identity()])
}

func (t *Timetable) setWithoutRecords(a *account.Account) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.without == nil {
		t.without = map[string]time.Time{}
	}
	t.without[a.Client.Identity()] = time.Now().Add(seedRetry)
}
