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

// timeBy is the time by a clock, by the real one when it is nil.
func timeBy(now func() time.Time) time.Time {
	if now == nil {
		return time.Now()
	}
	return now()
}

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
	spent     chan struct{}          // an account of a budget did
	left      map[string]moka.Amount // of each budget until its next threshold

	byKey   map[string]bool      // by account identity: whether the gateway keeps records by key,
	byKeyAt map[string]time.Time // and when that was found out
	seed    time.Time            // when the gateways' records are looked at next; zero: not set yet
	learned func(account string) // called when they were
	resting map[rest]time.Time   // until when
	counted map[string]time.Time // by identity: the hour whose counters of keys are stored
}

// slot is one account's place in the timetable. One planner at a time uses it; when
// the next reading is due is said through the timetable.
type slot struct {
	identity string // of the account that is read; another one begins anew

	// All of these have their monotonic reading, so that no clock step moves them.
	first     time.Time // when the first reading is due
	began     time.Time // the reading under way did
	last      time.Time // the last reading that was noted began; zero: none did
	full      time.Time // the last full one of them
	recheck   time.Time // when a second look is due; zero: no second look is needed
	sooner    float64   // part of the time between full readings by which the second one comes sooner, so that not all are due at once
	wantsFull bool      // a full reading is due, because of what a light one saw
	failed    int       // how many of the last readings failed in a row

	moves   moves
	targets []target
	gap     time.Duration // wanted until the next reading
	why     Reason
	reading chan outcome

	next Next // guarded by the timetable
}

// Next is when an account is read next, and why then. The zero value is not known.
type Next struct {
	At  time.Time
	Why Reason
}

// differs reports whether people would read anything else of it.
func (n Next) differs(other Next) bool {
	return n.Why != other.Why || n.At.Sub(other.At).Abs() >= time.Second
}

// slot finds an account's place.
func (t *Timetable) slot(a *account.Account) *slot {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.accounts == nil {
		t.accounts = map[string]*slot{}
	}
	s := t.accounts[a.Name]
	if s == nil || s.identity != a.Client.Identity() {
		s = &slot{identity: a.Client.Identity()}
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

// begin has the first reading of a new account come at a moment.
func (s *slot) begin(at time.Time) {
	if s.first.IsZero() {
		s.first = at
	}
}

// want works out the wanted gap until the next reading, which may be longer than
// poll_interval: that is longer too where the request budget is too small. A gateway
// that failed is asked again in a minute, and after that no more often than usual.
func (s *slot) want(maxGap time.Duration) {
	s.gap, s.why = gapFor(s.targets, s.moves.pace(), forever)
	switch {
	case s.failed == 1:
		s.gap = min(max(s.gap, watchfulGap), maxGap)
	case s.failed > 1:
		s.gap, s.why = maxGap, ReasonInterval
	}
}

// Next is when an account is read next.
func (t *Timetable) Next(account string) Next {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.accounts[account]; s != nil {
		return s.next
	}
	return Next{}
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

// read has an account read by look, or waits for the reading that is under way
// since before a reload. It is false when ctx ended first; the reading goes on and
// is there for the next call. One slot serves one caller at a time.
func (s *slot) read(ctx context.Context, a *account.Account, look func(context.Context) outcome) (outcome, bool) {
	if s.reading == nil {
		under := make(chan outcome, 1)
		s.reading, s.began = under, time.Now()
		go func() { under <- look(context.WithoutCancel(ctx)) }()
	}
	select {
	case o := <-s.reading:
		s.reading = nil
		if o.held == 0 {
			a.Remember(o.reading) // it may have been read for the account's place in an earlier configuration
		}
		return o, true
	case <-ctx.Done():
		return outcome{}, false
	}
}

// nextModels is when the lists of models are read next; zero, at once, when the accounts
// changed.
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

// nextBudgets is when the budgets are checked next; zero, at once, when they changed.
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

// wakeBudgets has the budgets checked soon.
func (t *Timetable) wakeBudgets() {
	select {
	case t.budgetWake() <- struct{}{}:
	default:
	}
}

// budgetWake is signalled when the budgets are to be checked soon.
func (t *Timetable) budgetWake() chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.spent == nil {
		t.spent = make(chan struct{}, 1)
	}
	return t.spent
}

// budgetLeft is how much may be spent until a budget's next threshold is reached;
// false when that is not known or there is none.
func (t *Timetable) budgetLeft(name string) (moka.Amount, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	left, known := t.left[name]
	return left, known
}

func (t *Timetable) setBudgetLeft(s budget.Standing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	left, known := s.UntilNext()
	if !known {
		delete(t.left, s.Budget.Name)
		return
	}
	if t.left == nil {
		t.left = map[string]moka.Amount{}
	}
	t.left[s.Budget.Name] = left
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

// onLearned has f called for accounts whose past was filled from the gateway's records.
func (t *Timetable) onLearned(f func(account string)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.learned = f
}

// hasLearned reports that an account's past was filled.
func (t *Timetable) hasLearned(account string) {
	t.mu.Lock()
	learned := t.learned
	t.mu.Unlock()
	if learned != nil {
		learned(account)
	}
}

// rest is something that an account's gateway is not asked for, for a while.
type rest struct {
	of       resting
	identity string // of the account
}

type resting int

const (
	noRecords  resting = iota // it said that it keeps none
	allRows                   // none was missing
	allRefunds                // none was missing
)

// rests reports whether that lasts.
func (t *Timetable) rests(of resting, a *account.Account) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Now().Before(t.resting[rest{of, a.Client.Identity()}])
}

func (t *Timetable) rest(of resting, a *account.Account, d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.resting == nil {
		t.resting = map[rest]time.Time{}
	}
	t.resting[rest{of, a.Client.Identity()}] = time.Now().Add(d)
}

// recordsKeys reports whether an account's gateway keeps records by key, and
// whether that was found out in the last day.
func (t *Timetable) recordsKeys(a *account.Account) (does, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if does, known = t.byKey[a.Client.Identity()]; time.Since(t.byKeyAt[a.Client.Identity()]) >= 24*time.Hour {
		return false, false
	}
	return does, known
}

func (t *Timetable) setRecordsKeys(a *account.Account, does bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byKey == nil {
		t.byKey, t.byKeyAt = map[string]bool{}, map[string]time.Time{}
	}
	t.byKey[a.Client.Identity()], t.byKeyAt[a.Client.Identity()] = does, time.Now()
}

// countedKeys reports whether the keys' counters were noted in the hour of now.
func (t *Timetable) countedKeys(a *account.Account, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counted[a.Client.Identity()].Equal(now.Truncate(time.Hour))
}

func (t *Timetable) setCountedKeys(a *account.Account, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counted == nil {
		t.counted = map[string]time.Time{}
	}
	t.counted[a.Client.Identity()] = now.Truncate(time.Hour)
}
