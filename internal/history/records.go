package history

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
)

const (
	// maxLogCalls bounds how often one answer asks the gateway's log.
	maxLogCalls = 24
	// blur is how far two sources of the same figure may differ.
	blur = moka.Dollar / 1000
)

// records are the gateway's own: rows by hour and model, and sums of its log. Either may
// have lost entries, so the larger of two figures counts.
type records struct {
	client *moka.Client
	zone   *time.Location
	now    time.Time
	from   time.Time // what the log is asked about begins here
	to     time.Time // the records reach up to here

	rows    []moka.UsageRow
	rowsErr *moka.Error
	hours   map[int64]moka.Amount // by the beginning of the hour; kept rows included
	counts  map[int64]int64       // requests, likewise
	first   time.Time             // hour with the oldest row; zero: none

	asked []spend.Period // of which the log was asked about refunds before

	rehearsed *[]question // notes what the log would be asked; nil: it is asked

	mu          sync.Mutex  // guards what follows: the log is asked side by side
	kept        keptRefunds // in quota
	perUnit     float64     // of it are a dollar
	sums        map[logSpan]*logged
	refunds     map[spend.Period]*logged
	credits     map[spend.Period]*logged
	learned     map[spend.Period][]moka.Refund // refunds that the log was asked for
	sumsOver    map[spend.Period]moka.Amount   // what the log said of times that are over
	creditsOver map[spend.Period]moka.Amount   // likewise
	calls       int
	dead        bool // the log's sums cannot be read, or are not kept
	unlisted    bool // its rows likewise
	unlogged    bool // the gateway has no log

	wordsSince time.Time // the log's amounts in words are in the present unit from here on

	// covered is the time for which the gateway returned its rows, empty hours included.
	covered spend.Period
}

type logSpan struct {
	from, to   int64
	key, model string
}

// logged is what the log says, once done is closed.
type logged struct {
	done     chan struct{}
	sum      moka.Amount // of charges
	ok       bool        // it does say it
	returned returned    // of refunds, or of credits
}

// question is something to ask the log.
type question func(ctx context.Context, r *records)

// rehearse asks the log side by side what use asks it one after the other. The log
// says nothing while it is rehearsed; use may ask nothing that depends on its answers.
func (r *records) rehearse(ctx context.Context, use func(r *records)) {
	r.query(ctx, r.questions(use))
}

// questions are what use asks the log.
func (r *records) questions(use func(r *records)) (list []question) {
	use(&records{
		zone: r.zone, now: r.now, from: r.from, to: r.to, rows: r.rows, rowsErr: r.rowsErr, hours: r.hours, counts: r.counts, first: r.first, covered: r.covered,
		rehearsed: &list, sums: map[logSpan]*logged{}, refunds: map[spend.Period]*logged{}, credits: map[spend.Period]*logged{},
	})
	return list
}

// query asks the log side by side.
func (r *records) query(ctx context.Context, questions []question) {
	var asking sync.WaitGroup
	for _, q := range questions {
		asking.Go(func() { q(ctx, r) })
	}
	asking.Wait()
}

// recordsOf reads the rows of a period and of earlier ones, and keeps them. Beside that it
// asks the log what use is going to ask it, as far as that can be expected without the rows,
// so that one round of requests is mostly enough. Between a change of the gateway's unit and
// the next reading its records and the readings are in different units, so only what was
// kept counts.
func (h History) recordsOf(ctx context.Context, name string, c *moka.Client, use func(r *records), p spend.Period, before ...spend.Period) (*records, error) {
	from, to := p.From, p.To
	for _, b := range before {
		from = earlier(from, b.From)
	}
	from = from.Truncate(time.Hour)
	var rows []moka.UsageRow
	var status moka.Status
	var err, statusErr error
	var reading sync.WaitGroup
	reading.Go(func() { rows, err = c.Usage(ctx, from, to) })
	reading.Go(func() { status, statusErr = c.Status(ctx) })
	state, stateErr := h.spendState(ctx, name)
	expected, keptErr := h.expected(ctx, name, from, append(before, p))
	r := h.noRecords(c, to)
	r.from, r.wordsSince, r.kept, r.perUnit, r.asked = from, state.UnitSince, expected.kept, expected.perUnit, expected.kept.asked()
	if stateErr == nil && keptErr == nil {
		r.query(ctx, expected.questions(use))
	}
	reading.Wait()
	if err := cmp.Or(stateErr, keptErr); err != nil {
		return nil, err
	}
	if statusErr == nil && state.PerUnit > 0 && state.PerUnit != spend.PerUnit(status.Units) {
		return h.remembered(ctx, name, from, to)
	}
	if statusErr == nil && r.perUnit == 0 {
		r.perUnit = spend.PerUnit(status.Units)
	}
	if err != nil {
		r.rowsErr = failure(err)
	} else {
		r.covered = spend.Period{From: from, To: to}
	}
	r.rows = rows
	for _, row := range rows {
		r.hours[row.Hour.Unix()] += row.Spent
		r.counts[row.Hour.Unix()] += row.Requests
	}
	if h.Store != nil {
		h.keep(ctx, name, rows)
	}
	return r, h.addKept(ctx, name, from, to, r)
}

// expected are the records of some periods, the newest last, as they are likely to be: what
// was kept of them, and use in each hour that a period divides.
func (h History) expected(ctx context.Context, name string, from time.Time, periods []spend.Period) (*records, error) {
	newest := periods[len(periods)-1]
	r := h.noRecords(nil, newest.To)
	r.covered = spend.Period{From: from, To: newest.To}
	err := h.addKept(ctx, name, from, newest.To, r)
	for _, p := range periods {
		for _, edge := range []time.Time{p.From, p.To} {
			if hour := edge.Truncate(time.Hour); hour.Before(edge) && r.hours[hour.Unix()] == 0 {
				r.hours[hour.Unix()] = 1 // any amount
			}
		}
	}
	return r, err
}

// spendState is what the ledger remembers of an account, the zero value where
// nothing is.
func (h History) spendState(ctx context.Context, name string) (s spend.State, err error) {
	if h.Store == nil {
		return s, nil
	}
	raw, err := h.Store.SpendState(ctx, name)
	if err != nil || raw == nil || json.Unmarshal(raw, &s) != nil {
		return spend.State{}, err
	}
	return s, nil
}

// noRecords are the records of a gateway that holds none.
func (h History) noRecords(c *moka.Client, to time.Time) *records {
	return &records{
		client: c, zone: h.Zone, now: h.now(), to: to,
		hours: map[int64]moka.Amount{}, counts: map[int64]int64{}, sums: map[logSpan]*logged{}, refunds: map[spend.Period]*logged{}, credits: map[spend.Period]*logged{},
		learned: map[spend.Period][]moka.Refund{}, sumsOver: map[spend.Period]moka.Amount{}, creditsOver: map[spend.Period]moka.Amount{},
	}
}

// remembered are the stored rows of [from, to), without a request to the gateway.
func (h History) remembered(ctx context.Context, name string, from, to time.Time) (*records, error) {
	r := h.noRecords(nil, to)
	r.rowsErr, r.dead, r.unlisted = &moka.Error{Op: "data/self", Kind: moka.Unavailable}, true, true
	return r, h.addKept(ctx, name, from.Truncate(time.Hour), to, r)
}

// RecordedDays is how far back the gateway's rows are kept from the start: the
// longest span that gateways answer for at once.
const RecordedDays = 30

// RecordedMark names the stored value with the time up to which an account's rows were
// kept, RFC 3339: the end of an hour.
func RecordedMark(account string) string { return "recorded/" + account }

// recordedUntil is up to when an account's rows were kept.
func (h History) recordedUntil(ctx context.Context, name string) (until time.Time, ok bool, err error) {
	raw, ok, err := h.Store.Value(ctx, RecordedMark(name))
	if err != nil || !ok {
		return time.Time{}, false, err
	}
	until, invalid := time.Parse(time.RFC3339, string(raw))
	return until, invalid == nil, nil
}

// addKept adds the rows of [from, to) that were kept.
func (h History) addKept(ctx context.Context, name string, from, to time.Time, r *records) error {
	if h.Store != nil {
		refunds, refundsErr := h.keptRefunds(ctx, name)
		state, stateErr := h.spendState(ctx, name)
		kept, keptErr := h.Store.Recorded(ctx, name, from, to)
		until, ok, untilErr := h.recordedUntil(ctx, name)
		if err := cmp.Or(refundsErr, stateErr, keptErr, untilErr); err != nil {
			return err
		}
		if r.perUnit == 0 && len(r.learned) == 0 {
			r.kept, r.perUnit, r.asked = refunds, state.PerUnit, refunds.asked()
		}
		for _, k := range kept {
			at := k.Start.Unix()
			r.hours[at], r.counts[at] = max(r.hours[at], k.Spent), max(r.counts[at], k.Requests)
		}
		if ok && r.rowsErr != nil {
			r.covered = spend.Period{From: until.AddDate(0, 0, -RecordedDays), To: until}
		}
	}
	for start, spent := range r.hours {
		if at := time.Unix(start, 0); spent > 0 && (r.first.IsZero() || at.Before(r.first)) {
			r.first = at
		}
	}
	if h.Store == nil || !r.first.IsZero() && !r.first.After(from) {
		return nil
	}
	older, err := h.Store.Recorded(ctx, name, from.AddDate(0, 0, -RecordedDays), from)
	if i := slices.IndexFunc(older, func(k store.Recorded) bool { return k.Spent > 0 }); i >= 0 {
		r.first = older[i].Start
	}
	return err
}

// tellOf reports whether the gateway returned its rows of a time, so that hours without a
// row cost nothing.
func (r *records) tellOf(p spend.Period) bool { return r.untold(p) == 0 }

// untold is how much of a time's end the gateway returned no rows of, all of it where they
// lack its beginning.
func (r *records) untold(p spend.Period) time.Duration {
	switch left := p.To.Sub(r.covered.To); {
	case r.covered.From.After(p.From):
		return p.To.Sub(p.From)
	case left > negligible:
		return min(left, p.To.Sub(p.From))
	}
	return 0
}

// logTellsOf reports whether the gateway's log tells of a time, so that nothing in it means
// that nothing was spent. A log without older entries may be switched off.
func (r *records) logTellsOf(ctx context.Context, p spend.Period) bool {
	_, answered := r.log(ctx, p.From, p.To, "", "")
	older, ok := r.log(ctx, p.From.AddDate(0, 0, -RecordedDays), p.From, "", "")
	return answered && ok && older > 0
}

// oldest is since when the records are there, as far as a stretch of time needs it:
// records lose the oldest first, so with an older one nothing of it is missing.
func (r *records) oldest(ctx context.Context, p spend.Period) (first time.Time, ok bool) {
	if r.first.IsZero() || r.first.After(p.From) {
		sum, ok := r.log(ctx, p.From.AddDate(0, 0, -RecordedDays), p.From, "", "")
		if ok && sum > 0 || r.rehearsed != nil {
			return p.From, true
		}
	}
	return r.first, !r.first.IsZero()
}

// returned is what was refunded or added, by the log.
type returned struct {
	amount moka.Amount
	unread bool // there are more, of unknown amounts

	unasked bool // the log cannot be read, so there may be more
}

// whole reports whether that is all of it.
func (back returned) whole() bool { return !back.unread && !back.unasked }

// refunded returns what was refunded in a stretch of time, to the second: what was kept of
// an earlier reading of the log, or what the log says.
func (r *records) refunded(ctx context.Context, p spend.Period) returned {
	if seconds := secondsOf(p); !seconds.From.Before(seconds.To) {
		return returned{}
	}
	kept := r.keptOf(p)
	if kept.whole() && (r.client == nil || r.isSettled(p)) {
		return kept
	}
	if r.rehearsed != nil {
		kept.unread, kept.unasked = false, false // it is not known yet
	}
	again := func(ctx context.Context, r *records) { r.refunded(ctx, p) }
	all := once(r, r.refunds, r.unknownRefunds(p), &r.unlisted, again, func(is *logged) { r.askOfRefunds(ctx, r.unknownRefunds(p), is) })
	if all == nil || r.rehearsed != nil {
		return kept
	}
	if all.returned.unread { // there are too many, or some whose amounts are not told; maybe not in p
		all = once(r, r.refunds, p, &r.unlisted, again, func(is *logged) { r.askOfRefunds(ctx, p, is) })
	}
	if now := r.keptOf(p); all == nil || now.whole() {
		return now
	}
	return returned{amount: kept.amount, unread: kept.unread || all.returned.unread, unasked: all.returned.unasked}
}

// keptOf is what is known of the refunds in a stretch of time.
func (r *records) keptOf(p spend.Period) returned {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.kept.within(p, r.perUnit)
	kept.unasked = kept.unasked && !r.unlogged
	kept.unread = kept.unread || r.perUnit == 0 && len(r.kept.Rows) > 0
	return kept
}

// isSettled reports whether the log has nothing more to tell of the refunds in a stretch of time.
func (r *records) isSettled(p spend.Period) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept.isSettled(p)
}

// unknownRefunds is the time of which the log is asked where it is asked about the refunds of
// a part: all that the records are of, as far as it was not asked before.
func (r *records) unknownRefunds(p spend.Period) spend.Period {
	all := spend.Period{From: earlier(p.From, r.from), To: later(p.To, r.now)}
	for _, a := range r.asked {
		if !all.From.Before(a.From) && !all.From.After(a.To) {
			all.From = later(all.From, a.To.Add(-settling))
		}
	}
	return all
}

// askOfRefunds asks the log about the refunds in a stretch of time.
func (r *records) askOfRefunds(ctx context.Context, p spend.Period, is *logged) {
	refunds, err := r.client.Refunds(ctx, p.From, p.To, r.wordsSince)
	status, statusErr := r.client.Status(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch err := cmp.Or(err, statusErr); {
	case err == nil:
		if r.perUnit == 0 {
			r.perUnit = spend.PerUnit(status.Units)
		}
		asked := secondsOf(spend.Period{From: p.From, To: earlier(p.To, r.now.Add(time.Second))})
		r.learned[asked] = refunds
		r.kept.add(asked, refunds)
	case errors.Is(err, moka.ErrUnreadAmounts):
		is.returned = returned{unread: true}
	default:
		r.unlisted, r.unlogged = true, failure(err).Absent()
		is.returned = returned{unasked: !r.unlogged}
	}
}

// secondsOf is a stretch of time as the log is asked for it.
func secondsOf(p spend.Period) spend.Period {
	return spend.Period{From: p.From.Truncate(time.Second), To: p.To.Truncate(time.Second)}
}

// once answers a question that is asked a single time. Whoever asks it again
// meanwhile waits for the answer. It returns nil where the log is no longer asked.
func once[K comparable](r *records, known map[K]*logged, key K, dead *bool, again question, answer func(*logged)) *logged {
	r.mu.Lock()
	if is := known[key]; is != nil {
		r.mu.Unlock()
		<-is.done
		return is
	}
	if *dead || r.calls >= maxLogCalls {
		r.mu.Unlock()
		return nil
	}
	r.calls++
	is := &logged{done: make(chan struct{})}
	known[key] = is
	r.mu.Unlock()
	defer close(is.done)
	if r.rehearsed != nil {
		*r.rehearsed = append(*r.rehearsed, again)
		return is
	}
	answer(is)
	return is
}

// hasAnswered reports whether the log answered anything.
func (r *records) hasAnswered() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, is := range r.sums {
		select {
		case <-is.done:
			if is.ok {
				return true
			}
		default:
		}
	}
	return false
}

// isDead reports whether the log cannot be read.
func (r *records) isDead() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dead
}

// credited is what was added in a stretch of time, to the second, by the log; nothing
// where the log cannot be read.
func (r *records) credited(ctx context.Context, p spend.Period) returned {
	if !p.From.Before(p.To) {
		return returned{}
	}
	if sum, ok := r.keptSum(r.kept.Credits, p); ok {
		return returned{amount: sum}
	}
	again := func(ctx context.Context, r *records) { r.credited(ctx, p) }
	is := once(r, r.credits, p, &r.unlisted, again, func(is *logged) {
		amount, err := r.client.CreditedLog(ctx, p.From, p.To, r.wordsSince)
		if err == nil {
			is.returned = returned{amount: amount}
			r.keepSum(r.creditsOver, p, amount)
			return
		}
		is.returned = returned{unread: !failure(err).Absent()}
	})
	if is == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		return returned{unread: r.client != nil && !r.unlogged}
	}
	return is.returned
}

// keptSum is what the log said earlier of a time that was over. It is not used where the log's
// questions are rehearsed: those that follow depend on answers as little as these.
func (r *records) keptSum(sums []keptSum, p spend.Period) (moka.Amount, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return sumKept(sums, secondsOf(p), r.perUnit)
}

// keepSum notes what the log said of a time that is over.
func (r *records) keepSum(sums map[spend.Period]moka.Amount, p spend.Period, sum moka.Amount) {
	if p.To.After(settledBy(r.now)) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	sums[secondsOf(p)] = sum
}

// keep stores rows, because the gateway may lose them. A database that is open for
// reading only keeps nothing.
func (h History) keep(ctx context.Context, name string, rows []moka.UsageRow) {
	if len(rows) > 0 {
		_ = h.Store.AddRecorded(ctx, name, slices.Collect(maps.Values(ByHour(rows)))) // they can be read again
	}
}

// ByHour adds the rows of all models up, by the Unix time of the hour.
func ByHour(rows []moka.UsageRow) map[int64]store.Recorded {
	sums := map[int64]store.Recorded{}
	for _, row := range rows {
		at := row.Hour.Unix()
		sum := sums[at]
		sums[at] = store.Recorded{Start: row.Hour, Quota: sum.Quota + row.Quota, Spent: sum.Spent + row.Spent, Requests: sum.Requests + row.Requests}
	}
	return sums
}

// log is the sum of the gateway's log in [from, to), to the second; false when it cannot
// be read.
func (r *records) log(ctx context.Context, from, to time.Time, key, model string) (moka.Amount, bool) {
	from, to = from.Truncate(time.Second), to.Truncate(time.Second)
	if !from.Before(to) {
		return 0, true
	}
	if key == "" && model == "" {
		if sum, ok := r.keptSum(r.kept.Sums, spend.Period{From: from, To: to}); ok {
			return sum, true
		}
	}
	again := func(ctx context.Context, r *records) { r.log(ctx, from, to, key, model) }
	is := once(r, r.sums, logSpan{from.Unix(), to.Unix(), key, model}, &r.dead, again, func(is *logged) {
		sum, err := r.client.SpentLogOf(ctx, from, to, key, model)
		if err != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.dead = true
			return
		}
		if is.sum, is.ok = sum, true; key == "" && model == "" {
			r.keepSum(r.sumsOver, spend.Period{From: from, To: to}, sum)
		}
	})
	if is == nil {
		return 0, false
	}
	return is.sum, is.ok
}

// note takes what follows from other answers for the log's.
func (r *records) note(from, to time.Time, sum moka.Amount) {
	is := &logged{done: make(chan struct{}), sum: sum, ok: true}
	close(is.done)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sums[logSpan{from.Unix(), to.Unix(), "", ""}] = is
}

// spent is what was recorded of a stretch of time. exact is false when an hour
// could not be split; what was spent in it is left out.
func (r *records) spent(ctx context.Context, p spend.Period) (sum moka.Amount, exact bool) {
	if !p.From.Before(p.To) {
		return 0, true
	}
	rows, exact := r.inRows(ctx, p)
	logged, ok := r.log(ctx, p.From, p.To, "", "")
	switch {
	case !ok:
		return rows, exact
	case near(rows, logged):
		return max(rows, logged), true
	}
	return r.split(ctx, p, rows, logged), exact || logged >= rows
}

// split finds out for each day which of rows and log has more: one may have lost its
// oldest entries, the other its newest.
func (r *records) split(ctx context.Context, p spend.Period, rows, logged moka.Amount) moka.Amount {
	middle := spend.Day(p.From.Add(p.To.Sub(p.From)/2), r.zone).From
	if !middle.After(p.From) || near(rows, logged) {
		middle = p.To.Add(-time.Hour).Truncate(time.Hour)
	}
	if !middle.After(p.From) || !middle.Before(p.To) || near(rows, logged) || rows == 0 || logged == 0 {
		return max(rows, logged)
	}
	early := spend.Period{From: p.From, To: middle}
	earlyRows, _ := r.inRows(ctx, early)
	earlyLog, ok := r.log(ctx, early.From, early.To, "", "")
	if !ok {
		return max(rows, logged)
	}
	late := spend.Period{From: middle, To: p.To}
	r.note(late.From, late.To, logged-earlyLog)
	return r.split(ctx, early, earlyRows, earlyLog) + r.split(ctx, late, rows-earlyRows, logged-earlyLog)
}

// inRows adds up the rows of a stretch of time. An hour at its edge is split by
// the log.
func (r *records) inRows(ctx context.Context, p spend.Period) (sum moka.Amount, exact bool) {
	exact = true
	for start, spent := range r.hours {
		hour := spend.Period{From: time.Unix(start, 0), To: time.Unix(start, 0).Add(time.Hour)}
		if spent == 0 || !hour.From.Before(p.To) || !hour.To.After(p.From) {
			continue
		}
		part, ok := r.partOf(ctx, hour, p, spent)
		sum, exact = sum+part, exact && ok
	}
	return sum, exact
}

// partOf is the part of an hour's row that lies in p.
func (r *records) partOf(ctx context.Context, hour, p spend.Period, spent moka.Amount) (part moka.Amount, exact bool) {
	inside, whole := r.whole(hour, p)
	if whole {
		return spent, true
	}
	within, ok := r.log(ctx, inside.From, inside.To, "", "")
	all, okAll := r.log(ctx, hour.From, hour.To, "", "")
	if !ok || !okAll {
		return 0, false
	}
	return min(within, max(spent, all)), all >= spent-blur
}

// splits reports whether the log can divide an hour's row between a part of it and the rest.
func (r *records) splits(ctx context.Context, hour, part spend.Period) bool {
	_, ok := r.log(ctx, part.From, part.To, "", "")
	_, all := r.log(ctx, hour.From, hour.To, "", "")
	return ok && all
}

// whole is the part of an hour that lies in p, and whether that is all of it: what is
// missing is still to come.
func (r *records) whole(hour, p spend.Period) (inside spend.Period, all bool) {
	inside = spend.Period{From: later(hour.From, p.From), To: earlier(hour.To, p.To)}
	toCome := hour.To.After(r.now) && !p.To.Before(r.to)
	return inside, inside.Equal(hour) || toCome && inside.From.Equal(hour.From)
}

func near(a, b moka.Amount) bool { return max(a-b, b-a) <= blur }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
