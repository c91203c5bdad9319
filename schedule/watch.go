package schedule

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/clock"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
)

const (
	maxPoll = 45 * time.Second // for asking the gateway, waiting for its request budget included
	maxNote = 30 * time.Second // for looking into the past and writing down what was read
)

// Watch polls every account and posts alerts about it.
type Watch struct {
	Book    *account.Book
	Store   *store.DB
	History history.History
	Words   *lang.Words
	Every   time.Duration
	Log     *slog.Logger
	Now     func() time.Time // nil for the real clock
	Sure    func() bool      // whether Now was confirmed; nil: it is right
	Reached func() bool      // whether Discord has answered; nil: it has

	// Zones are those in whose days people read of money.
	Zones []*time.Location

	// Times carries the accounts' polling times from one configuration to the
	// next; nil: this is the first.
	Times *Timetable

	// Spent is called when a reading shows that an account spent; nil for none.
	Spent func(account string)
	// Budgets returns how much an account may spend until its budgets reach their next
	// thresholds; nil: there are no budgets.
	Budgets func(account string) []moka.Amount
	// Planned is called with when an account is read next, whenever that is another time or
	// for another reason, for metrics; nil for none.
	Planned func(account string, n Next)

	// Observe is called after every poll, for metrics; nil for none.
	Observe func(account string, r moka.Reading, today moka.Maybe, runway spend.Runway)

	read   func(light bool) // called after every reading, in tests
	rounds rounds
	full   atomic.Bool // the disk, when last looked at
	models sync.Map    // account name to costly
	keys   sync.Map    // account name to the message.KeyUse of its newest spike
}

func (w *Watch) now() time.Time { return timeBy(w.Now) }

// Run reads the accounts until ctx ends, each when the planner says. A low reading is
// confirmed by an early one, and trouble with one account has the others of its channel
// read at once, so that one cause makes one post. Its requests take only the
// readings' part of the request budgets, so commands do not change when accounts are read.
func (w *Watch) Run(ctx context.Context) error {
	ctx = moka.Reserved(ctx)
	if w.Times == nil {
		w.Times = &Timetable{}
	}
	w.Times.forget(w.Book)
	p := newPlanner(w)
	w.rounds.begin(w.Book.All(), p.readNow)
	w.Times.onLearned(func(account string) { p.learn(ctx, account) })
	return p.run(ctx)
}

// outcome is what a reading brought.
type outcome struct {
	reading moka.Reading
	light   bool
	past    *past // what is known about it already; nil: nothing was looked up

	// held is when to come back for the full reading that a surprise asks for, where the
	// request budget has no room for it now; there is no reading then.
	held time.Duration
}

// past is what is stored about an account before a reading, and says about it.
type past struct {
	facts   alert.Facts
	outlook history.Outlook
	spent   spend.State
	alerts  alert.State
}

// manner is how an account is to be read.
type manner int

// The manners.
const (
	inFull  manner = iota
	lightly        // and in full where the result surprises, or would be posted
	again          // lightly, soon after a full reading that already saw what would be posted
)

// look reads an account. A light reading that is not enough is followed by a full one at
// once, if there is room for that.
func (w *Watch) look(ctx context.Context, a *account.Account, how manner) outcome {
	ctx, cancel := context.WithTimeout(ctx, maxPoll)
	defer cancel()
	if how != inFull {
		if r, ok := a.ReadLight(ctx); ok {
			if known, ok := w.expected(ctx, a, r, how == again); ok {
				return outcome{reading: r, light: true, past: known}
			}
		}
		if free, more := a.Client.ReservedRoom(); free < a.Client.CallsPerReading() {
			return outcome{held: max(more, time.Second)}
		}
	}
	return outcome{reading: a.Read(ctx)}
}

// expected reports whether a reading shows nothing but money spent: the ledger needs no
// more than that, and nothing would be posted or begin to wait for confirmation. Where
// this reading is the confirmation, only the ledger counts. known is reused afterwards.
func (w *Watch) expected(ctx context.Context, a *account.Account, r moka.Reading, second bool) (known *past, ok bool) {
	known, err := w.recall(ctx, a.Name)
	if err != nil || known.spent.At.IsZero() {
		return nil, false
	}
	if _, needed := spend.NeedsLog(known.spent, r); needed {
		return nil, false
	}
	after, delta := spend.Step(known.spent, r, spend.Log{})
	refunded := delta.Refunds != 0 && r.Wallet != nil // a key's figures fall whenever a call ends
	if !delta.Known || refunded || delta.TopUp != 0 || after.Rescaled {
		return nil, false
	}
	if second {
		return nil, true
	}
	if known.facts, known.outlook, err = w.facts(ctx, a.Name, r); err != nil {
		return nil, false
	}
	was, facts := known.alerts, known.facts
	facts.InFlight = after.InFlight()
	is, events := alert.Step(a.Rules, was, facts)
	quiet := !slices.ContainsFunc(events, func(e alert.Event) bool { return e.Kind != alert.Updated })
	return known, quiet && len(is.Pending) == 0 && is.Clearing.IsZero() && len(was.Pending) == 0 && was.Clearing.IsZero()
}

// recall reads an account's states. One that does not decode is left empty here, and
// logged by the step.
func (w *Watch) recall(ctx context.Context, name string) (*past, error) {
	spent, alerts, err := w.Store.States(ctx, name)
	if err != nil {
		return nil, err
	}
	known := &past{}
	known.spent, _ = decodeSpend(spent)
	known.alerts, _ = alert.Decode(alerts)
	return known, nil
}

// decodeSpend reads what is remembered of earlier readings.
func decodeSpend(raw json.RawMessage) (s spend.State, err error) {
	if len(raw) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return spend.State{}, err
	}
	return s, nil
}

// After is what follows from a poll.
type After struct {
	Recheck time.Duration // until an early reading is wanted, 0 for none
	Stirred bool          // trouble began, changed or ended

	money   bool        // which is about nothing but the account's money
	spent   moka.Amount // since the reading before
	targets []target
}

// Poll reads one account and stores the reading together with everything that
// follows from it.
func (w *Watch) Poll(ctx context.Context, a *account.Account) (after After, err error) {
	o := w.look(ctx, a, inFull)
	if ctx.Err() != nil && !o.reading.OK() {
		return After{}, ctx.Err() // interrupted, so nothing is known about the account
	}
	return w.note(ctx, a, o)
}

// note stores a reading together with everything that follows from it. It ends
// with ctx only after a while, so that a reading is not lost to a reload. A reading that failed
// before anybody was reached is not stored, nor one that nobody can date.
func (w *Watch) note(ctx context.Context, a *account.Account, o outcome) (after After, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxNote)
	defer cancel()
	r, known := o.reading, o.past
	w.logReading(a.Name, r)
	if w.undated(r) {
		return After{Recheck: undatedFor}, nil
	}
	if known == nil {
		if known, err = w.recall(ctx, a.Name); err != nil {
			return After{}, err
		}
		if known.facts, known.outlook, err = w.facts(ctx, a.Name, r); err != nil {
			return After{}, err
		}
	}
	facts, outlook := known.facts, known.outlook
	extras := w.extras(ctx, a, known.alerts, facts)
	log := w.log(ctx, a, known.spent, r)
	if !r.OK() && !r.Spendable().Known() && w.cutOff() {
		return After{}, nil // at a time that may be wrong, and by it snoozes would end and reminders come
	}
	err = w.Store.Poll(ctx, a.Name, func(spent, state json.RawMessage) (store.Poll, error) {
		p, is, err := w.step(a, facts, extras, log, spent, state)
		after = is
		return p, err
	})
	w.logRoom(w.Store.Full())
	if w.Observe != nil {
		w.Observe(a.Name, r, w.History.Today(ctx, a.Name).Spent, facts.Runway)
	}
	after.targets = append(after.targets, w.targets(a, facts, outlook)...)
	if after.spent != 0 && w.Spent != nil {
		w.Spent(a.Name)
	}
	return after, err
}

// logRoom says once that the disk is full and what helps, and once that it no longer is.
func (w *Watch) logRoom(full bool) {
	switch was := w.full.Swap(full); {
	case full && !was:
		w.Log.Error(w.Words.Database.Full, "readings_kept", false)
	case was && !full:
		w.Log.Info("there is room on the disk again", "readings_kept", true)
	}
}

// cutOff reports whether the program has not reached anybody since its start: nobody has
// confirmed the time, and nothing can be posted.
func (w *Watch) cutOff() bool {
	return w.Sure != nil && !w.Sure() && w.Reached != nil && !w.Reached()
}

// undatedFor is how soon an account is read again whose reading nobody can date.
const undatedFor = 30 * time.Second

// undated reports whether nobody knows when a reading was taken: the clock of the machine
// was never set, and no server had named the time by then. Discord's first answer names
// it, so nothing that could be posted waits for it.
func (w *Watch) undated(r moka.Reading) bool {
	if w.Sure == nil || !clock.NeverSet(r.At) {
		return false
	}
	confirmed := w.Sure() && clock.NeverSet(w.now()) // a server says that it is this year
	return !confirmed
}

func (w *Watch) logReading(name string, r moka.Reading) {
	if err := r.Err(); err != nil {
		w.Log.Warn("account could not be read in full", "account", name, "kind", err.Kind, "err", err)
		return
	}
	w.Log.Debug("reading", "account", name, "spendable", r.Spendable().String())
}

// facts are a reading with what stored readings say about it.
func (w *Watch) facts(ctx context.Context, name string, r moka.Reading) (alert.Facts, history.Outlook, error) {
	o, err := w.History.Outlook(ctx, name, r)
	return alert.Facts{
		At: w.now().UTC(), Reading: r, Runway: o.Runway, HourSpent: o.HourSpent, HourPart: o.HourPart, QuarterSpent: o.QuarterSpent, HourUsual: o.HourUsual,
		ClockUnsure: w.Sure != nil && !w.Sure(),
	}, o, err
}

// extras are what an alert shows in addition to the reading.
type extras struct {
	today  spend.SoFar // up to the reading before
	day    time.Time   // when today began
	models []message.ModelUse
	key    message.KeyUse // of a spike; zero: not known
	last   moka.Maybe     // what could be spent when that was last known
}

// modelTime is for asking which models cost most: an alert does not wait long for what
// is optional.
const modelTime = 5 * time.Second

// extras gathers them only when this reading will be posted or edited in, which a trial
// step finds out.
func (w *Watch) extras(ctx context.Context, a *account.Account, was alert.State, f alert.Facts) (x extras) {
	_, events := alert.Step(a.Rules, was, f)
	if len(events) > 0 && !f.Reading.Spendable().Known() {
		if good, ok := w.History.LastGood(ctx, a.Name); ok {
			x.last = good.Spendable()
		}
	}
	for _, e := range events {
		if !x.today.Spent.Known() {
			x.today, x.day = w.History.Today(ctx, a.Name), spend.Day(f.At, w.History.Zone).From
		}
		if e.Post() && e.Kind != alert.Ended {
			a.LearnPage(ctx)
		}
		if e.Kind != alert.Ended && e.Kind != alert.Withdrawn && e.Incident.Condition.AboutSpending() && x.models == nil {
			x.models = w.topModels(ctx, a, f.Reading, e.Post())
		}
		if e.Incident.Condition == alert.Spike && e.Kind != alert.Ended {
			x.key = w.topKey(ctx, a, f.Reading, e.Post())
		}
	}
	return x
}

// logTime is for asking the gateway's log what a rise of the balance was.
const logTime = 5 * time.Second

// log is what the gateway's log says about a reading after a state, whose figures alone do not
// distinguish a refund from a top-up; unknown where it cannot be read.
func (w *Watch) log(ctx context.Context, a *account.Account, before spend.State, r moka.Reading) spend.Log {
	if before.At.IsZero() {
		return spend.Log{}
	}
	query, needed := spend.NeedsLog(before, r)
	if !needed {
		return spend.Log{}
	}
	short, cancel := context.WithTimeout(ctx, logTime)
	defer cancel()
	query.To = w.now().Add(time.Second)
	booked, err := a.Client.Booked(short, query)
	if err != nil {
		w.Log.Debug("the gateway's log could not be read", "account", a.Name, "err", err)
		return spend.Log{Failed: !absent(err)}
	}
	return spend.LogOf(booked)
}

// modelsAge is how long edits show the models of the last request for them.
const modelsAge = 15 * time.Minute

// costly is which models cost most, and when that was asked.
type costly struct {
	at     time.Time
	models []message.ModelUse
}

// topKey asks which key spent most in the last hour, for a post; edits show what the
// post said.
func (w *Watch) topKey(ctx context.Context, a *account.Account, r moka.Reading, post bool) message.KeyUse {
	if !post {
		kept, _ := w.keys.Load(a.Name)
		key, _ := kept.(message.KeyUse)
		return key
	}
	w.keys.Delete(a.Name)
	if r.Wallet == nil || r.WalletErr != nil {
		return message.KeyUse{}
	}
	short, cancel := context.WithTimeout(ctx, modelTime)
	defer cancel()
	now := w.now()
	key, ok := w.History.TopKey(short, a.Client, now.Add(-time.Hour), now)
	if ok {
		w.keys.Store(a.Name, key)
	}
	return key
}

// topModels asks which models cost most, for an edit only now and then.
func (w *Watch) topModels(ctx context.Context, a *account.Account, r moka.Reading, post bool) []message.ModelUse {
	if r.Wallet == nil || r.WalletErr != nil {
		return nil
	}
	kept, _ := w.models.Load(a.Name)
	if last, ok := kept.(costly); ok && !post && time.Since(last.at) < modelsAge {
		return last.models
	}
	short, cancel := context.WithTimeout(ctx, modelTime)
	defer cancel()
	models := w.History.TopModels(short, a.Client)
	w.models.Store(a.Name, costly{time.Now(), models})
	return models
}

// step is what follows from a reading: new states, and messages.
func (w *Watch) step(a *account.Account, f alert.Facts, x extras, log spend.Log, spent, state json.RawMessage) (store.Poll, After, error) {
	before, err := decodeSpend(spent)
	if err != nil {
		w.Log.Error("the memory of earlier readings is not readable; it starts anew", "account", a.Name, "err", err)
		before = spend.State{}
	}
	after, delta := spend.Step(before, f.Reading, log)
	after.Unstored = nil
	unstored := delta.After(before.Unstored).Undivided(w.Zones)
	f.TopUp, f.Rescaled, f.InFlight = delta.TopUp, after.Rescaled, after.InFlight()
	x.today = x.today.With(unstored, x.day)
	was, err := alert.Decode(state)
	if err != nil { // what is wrong is posted once more, which is better than never again
		w.Log.Error("the memory of earlier alerts is not readable; it starts anew", "account", a.Name, "err", err)
	}
	is, events := alert.Step(a.Rules, was, f)
	p := store.Poll{Sample: sampleOf(f.Reading, unstored)}
	for _, e := range events {
		if !e.Late { // it happened before
			p.Events = append(p.Events, eventOf(a.Name, e))
		}
		out, err := w.outgoing(a, e, x)
		if err != nil {
			return p, After{}, err
		}
		p.Out = append(p.Out, out...)
	}
	if p.Spend, err = json.Marshal(after); err != nil {
		return p, After{}, err
	}
	after.Unstored = &unstored
	if p.Owing, err = json.Marshal(after); err != nil {
		return p, After{}, err
	}
	p.Alert, err = json.Marshal(is)
	next := After{spent: delta.Spent}
	next.Stirred, next.money = stirred(was, is, events)
	if at := is.RecheckAt(); !at.IsZero() {
		next.Recheck = at.Sub(f.At)
	}
	return p, next, err
}

// stirred reports whether something began, changed or ended that others of its
// channel may share, and whether that is about nothing but money.
func stirred(was, is alert.State, events []alert.Event) (any, money bool) {
	began := func(before, now time.Time) bool { return before.IsZero() && !now.IsZero() }
	if began(was.Failing, is.Failing) || began(was.Refusing, is.Refusing) {
		return true, false
	}
	any, money = len(was.Pending) == 0 && len(is.Pending) > 0, true
	for _, e := range events {
		if e.Kind.Post() && e.Kind != alert.Reminder && !e.Late {
			any, money = true, money && e.Incident.Condition.AboutSpending()
		}
	}
	return any, money
}

func sampleOf(r moka.Reading, d spend.Delta) store.Sample {
	s := store.Sample{At: r.At, Spendable: r.Spendable(), Units: r.Units, Delta: d}
	if r.Key != nil {
		s.KeyRemaining, s.KeyUsed = r.Key.Remaining, r.Key.Used
		s.KeyState, s.Unlimited, s.RawKey = r.Key.State, r.Key.Unlimited, r.Key.Raw
	}
	if r.Wallet != nil {
		s.WalletRemaining, s.WalletUsed, s.Requests = r.Wallet.Remaining, r.Wallet.Used, r.Wallet.Requests
		s.RawWallet = r.Wallet.Raw
	}
	if err := r.Err(); err != nil {
		s.ErrKind = err.Kind
	}
	return s
}
