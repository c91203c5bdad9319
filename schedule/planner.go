package schedule

import (
	"cmp"
	"container/heap"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/spend"
	"mokabot/moka"
)

const (
	// plannedShare is the part of what commands leave to readings that is planned
	// with. The rest is for second looks and for readings that a surprise asks for.
	plannedShare = 0.95

	// Accounts of one host whose readings are due at nearly the same time are read
	// together, which costs one status: those due within this part of their gap, and
	// within togetherness. A host whose accounts ask for more than half of what is
	// planned with is read no more often than every togetherness.
	nearly       = 0.2
	togetherness = 12 * time.Second

	shareStatus = 5 // how many readings of a host have one status in common, on average

	// A host may get so many seconds' worth of its planned requests at once, without
	// the first readings of its accounts.
	atOnce = 15

	// A second look that failed is repeated soon, so many times.
	recheckAgain = 15 * time.Second
	maxRechecks  = 8

	// fullLasts is how long after a full reading a light one is enough to confirm
	// what that saw.
	fullLasts = time.Minute

	startApart = 20 * time.Millisecond // between the first readings of different accounts
)

// planner has every account read when it is due, with one timer, and a goroutine
// for each reading under way. It waits by the monotonic clock: a step of the wall
// clock makes no reading early or late.
type planner struct {
	watch *Watch
	hosts hostQueue
	done  chan *seat // readings that are noted

	wake      chan struct{} // accounts were triggered, or have other targets
	mu        sync.Mutex
	triggered []*account.Account
	targets   map[*account.Account][]target
}

// seat is one account at the planner's table.
type seat struct {
	account   *account.Account
	slot      *slot
	host      *host
	due       time.Time
	announced Next // to Watch.Planned
	busy      bool
	triggered bool

	cost  float64       // is what the reading under way was planned with
	read  bool          // to its end
	held  time.Duration // as of an outcome
	light bool
	ok    bool // without a failure
	after After
}

// host is a gateway with its accounts.
type host struct {
	client  *moka.Client // one of them
	seats   []*seat
	demands []demand
	allot   allotment
	rate    float64   // requests a second that are planned with
	purse   float64   // requests that may be planned with by now
	filled  time.Time // when the purse was last filled
	sent    int64     // requests of readings until then
	held    time.Time // until then the request budget has no room
	next    time.Time
	index   int // in the queue
}

func newPlanner(w *Watch) *planner {
	p := &planner{watch: w, done: make(chan *seat, len(w.Book.All())), wake: make(chan struct{}, 1), targets: map[*account.Account][]target{}}
	hosts, now := map[string]*host{}, time.Now()
	_, window := w.Book.Budget()
	rate := plannedShare * float64(max(1, w.Book.Reserved())) / (window.Seconds() + atOnce)
	for i, a := range w.Book.All() {
		h := hosts[a.Client.Host()]
		if h == nil {
			h = &host{client: a.Client, index: len(p.hosts), rate: rate, purse: rate * atOnce, filled: now, sent: a.Client.ReadingCalls()}
			hosts[a.Client.Host()] = h
			p.hosts = append(p.hosts, h)
		}
		s := &seat{account: a, slot: w.Times.slot(a), host: h}
		s.slot.begin(now.Add(min(time.Duration(i)*startApart, w.Every)))
		s.slot.want(w.Every)
		h.seats = append(h.seats, s)
	}
	for _, h := range p.hosts {
		for i, s := range h.seats {
			if s.slot.full.IsZero() {
				s.slot.sooner = float64(i) / float64(len(h.seats))
			}
		}
		p.plan(h, now)
	}
	heap.Init(&p.hosts)
	return p
}

// run reads until ctx ends, and then waits for what is being noted down.
func (p *planner) run(ctx context.Context) error {
	var reading sync.WaitGroup
	defer reading.Wait()
	p.warn()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-p.done:
			p.takeAll(s)
		case <-p.wake:
			p.takeNews()
		case <-timer.C:
		}
		now := time.Now()
		for len(p.hosts) > 0 && !p.hosts[0].next.After(now) {
			h := p.hosts[0]
			p.dispatch(ctx, h, now, &reading)
			p.replan(h, now)
		}
		if len(p.hosts) > 0 {
			timer.Reset(time.Until(p.hosts[0].next))
		}
	}
}

// warn says at the start where the request budget is too small for poll_interval.
func (p *planner) warn() {
	maxGap := p.watch.Every
	for _, h := range p.hosts {
		maxGap = max(maxGap, h.allot.maxGap)
	}
	if maxGap > p.watch.Every {
		p.watch.Log.Warn("poll_interval is too short for requests_per_180s; accounts are read less often", "poll_interval", p.watch.Every, "every", maxGap.Round(time.Second))
	}
}

// readNow has accounts read at once.
func (p *planner) readNow(accounts []*account.Account) {
	p.mu.Lock()
	p.triggered = append(p.triggered, accounts...)
	p.mu.Unlock()
	p.wakeUp()
}

// learn works out again when an account is read next, because more is known about
// its past.
func (p *planner) learn(ctx context.Context, name string) {
	a, err := p.watch.Book.Get(name)
	if err != nil {
		return
	}
	latest, read := a.Watched()
	if !read || !latest.OK() {
		return
	}
	facts, outlook, err := p.watch.facts(ctx, name, latest)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.targets[a] = p.watch.targets(a, facts, outlook)
	p.mu.Unlock()
	p.wakeUp()
}

func (p *planner) wakeUp() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// takeNews notes what others of the program want.
func (p *planner) takeNews() {
	p.mu.Lock()
	accounts, targets := p.triggered, p.targets
	p.triggered, p.targets = nil, map[*account.Account][]target{}
	p.mu.Unlock()
	now := time.Now()
	for _, h := range p.hosts.clone() {
		found := false
		for _, s := range h.seats {
			if slices.Contains(accounts, s.account) {
				s.triggered, found = true, true
			}
			if other, learned := targets[s.account]; learned && s.slot.failed == 0 {
				s.slot.targets, found = other, true
				s.slot.want(p.watch.Every)
			}
		}
		if found {
			p.replan(h, now)
		}
	}
}

// takeAll notes what a reading asks for, and those that ended with it: readings that are
// stored together end together. Each of their hosts is planned once.
func (p *planner) takeAll(s *seat) {
	now := time.Now()
	s.take(now, p.watch.Every)
	hosts := map[*host]bool{s.host: true}
	for len(p.done) > 0 {
		s = <-p.done
		s.take(now, p.watch.Every)
		hosts[s.host] = true
	}
	for h := range hosts {
		p.replan(h, now)
	}
}

// take notes what the seat's reading asks for.
func (s *seat) take(now time.Time, interval time.Duration) {
	s.busy = false
	slot := s.slot
	if s.held > 0 {
		slot.wantsFull, slot.recheck = true, now.Add(s.held)
	}
	if s.read {
		slot.last = slot.began
		if !s.light {
			slot.wantsFull = false
			if !slot.full.IsZero() {
				slot.sooner = 0
			}
			slot.full = slot.began
		}
		slot.failed++
		if s.ok {
			slot.failed = 0
			slot.moves, slot.targets = slot.moves.add(slot.began, s.after.spent), s.after.targets
		}
		again := !slot.recheck.IsZero() && !s.ok && slot.failed <= maxRechecks
		slot.recheck = time.Time{}
		switch {
		case s.after.Recheck > 0:
			slot.recheck = now.Add(s.after.Recheck)
		case again: // the second look saw nothing
			slot.recheck = now.Add(recheckAgain)
		}
		slot.want(interval)
	}
}

// replan puts a host where it belongs in the queue.
func (p *planner) replan(h *host, now time.Time) {
	p.plan(h, now)
	heap.Fix(&p.hosts, h.index)
}

// plan works out when a host's accounts are due.
func (p *planner) plan(h *host, now time.Time) {
	h.demands = h.demands[:0]
	for _, s := range h.seats {
		h.demands = append(h.demands, s.demand())
	}
	h.allot = allot(h.demands, p.watch.Every, h.rate)
	planned := h.allot.rate
	if h.starts() {
		planned = h.rate
	}
	h.client.PlanReadings(planned / plannedShare)
	paused := now.Add(h.client.Paused())
	h.next = now.Add(forever)
	days := p.watch.days(now)
	var other []*seat
	p.watch.Times.mu.Lock()
	for _, s := range h.seats {
		if s.busy { // its next reading is the one under way
			continue
		}
		due, why := s.dueAt(h.allot, days, paused)
		s.due = due
		next := Next{due, why}
		if !s.urgent(due) && h.held.After(due) {
			next.At = h.held
		}
		if next.At.Before(h.next) {
			h.next = next.At
		}
		s.slot.next = next
		if next.differs(s.announced) {
			s.announced = next
			other = append(other, s)
		}
	}
	p.watch.Times.mu.Unlock()
	if p.watch.Planned != nil {
		for _, s := range other {
			p.watch.Planned(s.account.Name, s.announced)
		}
	}
}

// demand is what the account asks of its host's budget, its part of a status that
// it shares with others included.
func (s *seat) demand() demand {
	status := 1 / min(float64(len(s.host.seats)), shareStatus)
	d := demand{gap: s.slot.gap, full: status + float64(s.account.Client.CallsPerReading()-1)}
	if s.slot.full.IsZero() {
		d.full++ // the key is looked for in the account's list
	}
	d.cost = d.full
	if calls := s.lightCalls(); calls > 0 {
		d.cost = min(d.full, status+float64(calls))
	}
	return d
}

// lightCalls is what a light reading of the account asks for beside the status, 0 where
// only a full one will do.
func (s *seat) lightCalls() int {
	r, known := s.account.Watched()
	if !known || s.account.Overtaken() {
		return 0
	}
	return s.account.Client.LightCalls(r, s.slot.moves.pace() > 0)
}

// days are when the present days of all who read of money began, and when the next
// ones begin, by the clock that now is of.
func (w *Watch) days(now time.Time) (begin []time.Time) {
	clock := w.now()
	for _, zone := range w.Zones {
		day := spend.Day(clock, zone)
		begin = append(begin, now.Add(day.From.Sub(clock)), now.Add(day.To.Sub(clock)))
	}
	return begin
}

// dueAt is when the account is read next, and why. While money goes every day begins
// with a reading, so that what is spent around midnight need not be divided. While
// the gateway asks to be left alone only poll_interval counts: the reading then
// fails, which has to be known.
func (s *seat) dueAt(al allotment, days []time.Time, paused time.Time) (at time.Time, why Reason) {
	slot := s.slot
	at, why = slot.first, ReasonFirst
	if !slot.last.IsZero() {
		gap := al.gap(slot.gap)
		if why = slot.why; gap >= al.maxGap {
			why = ReasonInterval
		}
		at = slot.last.Add(gap)
		for _, day := range days {
			if slot.moves.pace() > 0 && day.After(slot.last) && day.Before(at) {
				at, why = day, ReasonDay
			}
		}
		if paused.After(at) {
			at = earlier(paused, slot.last.Add(al.maxGap))
		}
	}
	if !slot.recheck.IsZero() && slot.recheck.Before(at) {
		at, why = slot.recheck, ReasonConfirm
	}
	if s.triggered {
		at = earlier(at, slot.last)
	}
	return at, why
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// urgent reports whether the account's reading at a moment is a second look, for
// which room is kept.
func (s *seat) urgent(at time.Time) bool {
	return !s.slot.recheck.IsZero() && !s.slot.recheck.After(at)
}

// dispatch begins the readings of a host that are due, and with them those that
// soon are, as far as the request budget has room; where it has none, those go first
// that are latest for what they are wanted for.
func (p *planner) dispatch(ctx context.Context, h *host, now time.Time, reading *sync.WaitGroup) {
	h.fill(now)
	var ready []*seat
	for _, s := range h.seats {
		if !s.busy && !s.due.After(now.Add(s.ahead(p.watch.Every))) {
			ready = append(ready, s)
		}
	}
	slices.SortStableFunc(ready, func(a, b *seat) int { return cmp.Compare(b.lateness(now), a.lateness(now)) })
	var begun []func() // after the loop, so that the places they take do not count twice
	for _, s := range ready {
		how := s.wanted(now, h.allot)
		cost, wait := p.room(h, s, how)
		if wait > 0 && how == inFull && s.isEnoughLightly(now, h.allot) {
			how = lightly
			cost, wait = p.room(h, s, how)
		}
		if wait > 0 {
			if s.urgent(now) {
				s.slot.recheck = now.Add(wait)
				continue
			}
			h.held = now.Add(wait)
			break
		}
		s.busy, s.triggered, s.cost = true, false, cost
		begun = append(begun, func() { p.read(ctx, s, how) })
	}
	for _, read := range begun {
		reading.Go(read)
	}
	if len(begun) > 0 && h.allot.busy && !h.starts() && h.held.Before(now.Add(togetherness)) {
		h.held = now.Add(togetherness)
	}
}

// starts reports whether accounts of the host were not read yet.
func (h *host) starts() bool {
	return slices.ContainsFunc(h.seats, func(s *seat) bool { return s.slot.last.IsZero() })
}

// fill puts what time brought into the purse, and takes out what readings asked for,
// planned or not. First readings are not paid from it.
func (h *host) fill(now time.Time) {
	sent := h.client.ReadingCalls()
	h.purse = min(h.purse+h.rate*now.Sub(h.filled).Seconds()-float64(sent-h.sent), h.rate*atOnce)
	if h.starts() {
		h.purse = max(h.purse, 0)
	}
	h.filled, h.sent = now, sent
}

// ahead is how much before it is due the account may be read with others. With an
// interval of seconds there is nothing to gain, and a day's reading is none before it.
func (s *seat) ahead(interval time.Duration) time.Duration {
	if s.slot.last.IsZero() || interval < time.Minute || s.slot.next.Why == ReasonDay {
		return 0
	}
	return min(togetherness, time.Duration(nearly*float64(s.due.Sub(s.slot.last))))
}

// lateness is how long ago the last reading is, in wanted gaps; a gap counts for maxGap at
// most. Of an account that was not read yet nothing is known: it may be below its levels.
func (s *seat) lateness(now time.Time) float64 {
	switch {
	case s.urgent(now):
		return math.Inf(1)
	case s.slot.last.IsZero():
		return math.MaxFloat64
	}
	return float64(now.Sub(s.slot.last)) / float64(max(min(s.slot.gap, s.host.allot.maxGap), time.Millisecond))
}

// wanted is how the account is to be read.
func (s *seat) wanted(now time.Time, al allotment) manner {
	slot := s.slot
	since := now.Sub(slot.full)
	switch {
	case slot.full.IsZero() || slot.wantsFull || slot.failed > 0 || s.lightCalls() == 0:
		return inFull
	case s.urgent(now) && since <= fullLasts:
		return again
	case s.urgent(now) || since+al.gap(slot.gap)/2 >= time.Duration((1-slot.sooner)*float64(al.fulls)):
		return inFull
	}
	return lightly
}

// isEnoughLightly reports whether the account's full reading, for which there is no room
// now, can still wait while a light one is made: nothing but its time asks for it.
func (s *seat) isEnoughLightly(now time.Time, al allotment) bool {
	slot := s.slot
	full := slot.full.IsZero() || slot.wantsFull || slot.failed > 0 || s.urgent(now) || s.lightCalls() == 0
	return !full && now.Sub(slot.full) < al.fulls+al.fulls/4
}

// room is what an account's reading costs, and how long it has to wait for room.
func (p *planner) room(h *host, s *seat, how manner) (cost float64, wait time.Duration) {
	cost = s.demand().cost
	if how == inFull {
		cost = s.demand().full
	}
	return cost, p.wait(h, s, cost)
}

// wait is how long an account's reading has to wait for room for some calls, 0 when
// there is. Readings under way may still take what they were planned with. What is not
// planned with is kept free for second looks and surprises; first readings, until which
// nothing is known of an account, take all other room that readings have.
func (p *planner) wait(h *host, s *seat, calls float64) time.Duration {
	urgent, first := s.urgent(time.Now()), s.slot.last.IsZero()
	under := 0.
	for _, other := range h.seats {
		if other.busy {
			under += other.cost
		}
	}
	if missing := min(calls, h.rate*atOnce) + under - h.purse; missing > 0 && !urgent && !first {
		return inSeconds(missing / h.rate)
	}
	reserved := p.watch.Book.Reserved()
	kept := (1 - plannedShare) * float64(reserved)
	if urgent {
		kept = 0
	}
	free, more := h.client.ReservedRoom()
	missing := max(calls+kept, s.demand().full) + under - float64(free) // for all that the reading may turn out to need
	if missing <= 0 || under == 0 && free >= reserved {                 // the budget is smaller than a reading
		return 0
	}
	return min(max(more, time.Second/2), 5*time.Second)
}

// read reads an account and notes what follows.
func (p *planner) read(ctx context.Context, s *seat, how manner) {
	w, a := p.watch, s.account
	o, ok := s.slot.read(ctx, a, func(ctx context.Context) outcome { return w.look(ctx, a, how) })
	s.held, s.read = o.held, ok && o.held == 0
	if s.read {
		var err error
		s.after, err = w.note(ctx, a, o)
		if err != nil && ctx.Err() == nil {
			w.Log.Error("poll could not be noted", "account", a.Name, "err", err)
		}
		s.light, s.ok = o.light, o.reading.OK()
		if w.read != nil {
			w.read(o.light)
		}
		if s.after.Stirred {
			w.rounds.trigger(a, s.after.money, time.Now(), w.Every)
		}
	}
	p.done <- s
}

// hostQueue has the host first whose reading is due first.
type hostQueue []*host

func (q hostQueue) Len() int           { return len(q) }
func (q hostQueue) Less(i, j int) bool { return q[i].next.Before(q[j].next) }
func (q hostQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}
func (q *hostQueue) Push(h any)    { *q = append(*q, h.(*host)) }
func (q *hostQueue) Pop() any      { panic("hosts stay") }
func (q hostQueue) clone() []*host { return slices.Clone(q) }
