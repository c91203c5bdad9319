package history

import (
	"context"
	"slices"
	"time"

	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
)

// dates is the part of a gap's cost that the gateway's records must hold to date it.
const dates = 0.98

// figure is what is known of an account's spending in a stretch of time.
type figure struct {
	known   bool        // at least a part of it is known
	spent   moka.Amount // net of refunds
	refunds moka.Amount
	topUps  moka.Amount

	requests  int64
	guessed   int64 // the part of requests that is from rows, in holes
	uncounted bool  // there were more requests, of a number that nothing tells

	covered time.Duration  // in which readings or records date what was spent
	filled  bool           // a part of it is from the gateway's records
	undated moka.Amount    // more that was spent in gaps reaching into it, at an unknown time
	missing time.Duration  // in which it is unknown what was spent
	lacks   bool           // a part of what was spent is left out, for however short a time
	gross   bool           // refunds of unknown size are not taken off: neither the whole nor a lower bound
	first   time.Time      // the first reading; zero without one
	last    time.Time      // the last one that is good, likewise
	unread  []spend.Period // readings know nothing of these, not even what was added
	began   time.Time      // the first reading, where it lies in the period and nothing is known of the time before; else zero
	tail    spend.Period   // after the last reading
}

// negligible is how much time a figure may lack and still be the whole: polls that
// failed, and the time since the last one.
const negligible = 5 * time.Minute

// soFar is the figure for people: a lower bound where a part is unknown, and unknown
// where refunds of unknown size happened in that part.
func (f figure) soFar() spend.SoFar {
	if !f.known || f.gross {
		return spend.SoFar{}
	}
	return spend.SoFar{Spent: moka.Known(f.spent), AtLeast: f.lacks || f.missing > negligible}
}

// figureOf adds up the readings of a period, and what the gateway recorded of the time
// that they do not cover.
func (h History) figureOf(ctx context.Context, name string, p spend.Period, r *records) (figure, error) {
	f, holes, err := h.read(ctx, name, p)
	if err != nil {
		return f, err
	}
	err = h.fillIn(ctx, name, p, holes, r, &f)
	return f, err
}

// read adds up the readings of a period, and returns the times around it that they do not
// cover. Where there are none, the gateway's records add nothing.
func (h History) read(ctx context.Context, name string, p spend.Period) (f figure, holes []store.Gap, err error) {
	if h.Store == nil {
		return f, []store.Gap{{From: p.From, To: p.To}}, nil
	}
	err = h.Store.Past(ctx, name, func(past *store.Past) error {
		total, err := past.Spent(ctx, p.From, p.To)
		if err != nil {
			return err
		}
		f.known = total.Known()
		f.spent, f.refunds, f.topUps, f.requests = total.Spent, total.Refunds, total.TopUps, total.Requests
		if holes, err = h.holes(ctx, past, p, &f); err != nil {
			return err
		}
		f.covered, f.missing = min(total.Covered, p.To.Sub(p.From)), unnoted(p, total.Covered, holes, f.tail)
		return nil
	})
	return f, holes, err
}

// fillIn adds what the gateway recorded of the holes.
func (h History) fillIn(ctx context.Context, name string, p spend.Period, holes []store.Gap, r *records, f *figure) error {
	if before := (spend.Period{From: p.From, To: f.first}); f.first.After(p.From) && r.untold(before) == f.first.Sub(p.From) {
		f.began = f.first
	}
	for _, hole := range holes {
		if err := h.fill(ctx, name, p, hole, r, f); err != nil {
			return err
		}
	}
	if f.guessed > 0 && r.tellOf(p) {
		left := max(0, r.requests(ctx, p)-f.requests)
		if r.divides(p) {
			left = min(left, f.guessed) // rows of an hour are divided by cost
		}
		f.guessed = left
	}
	f.requests += f.guessed
	f.covered = min(f.covered, p.To.Sub(p.From))
	return nil
}

// unnoted is how much of a period neither readings cover nor a hole accounts for:
// earlier releases did not note readings that compared with nothing.
func unnoted(p spend.Period, covered time.Duration, holes []store.Gap, tail spend.Period) time.Duration {
	left := p.To.Sub(p.From) - covered
	left -= tail.To.Sub(tail.From)
	for _, hole := range holes {
		left -= max(0, earlier(hole.To, p.To).Sub(later(hole.From, p.From)))
	}
	return max(0, left)
}

// holes are the times around a period that no two readings lie around closely
// enough: before the first, after the last, and the gaps in between.
func (h History) holes(ctx context.Context, past *store.Past, p spend.Period, f *figure) ([]store.Gap, error) {
	first, read := past.FirstReading()
	if !read || !first.Before(p.To) {
		return []store.Gap{{From: p.From, To: p.To}}, nil
	}
	f.first = first
	holes, err := past.Gaps(ctx, p.From, p.To)
	if err != nil {
		return nil, err
	}
	if first.After(p.From) {
		holes = append([]store.Gap{{From: p.From, To: first}}, holes...)
	}
	end, ok, err := past.LastGood(ctx)
	if err != nil || !ok {
		return holes, err
	}
	f.last = end
	if end.Before(p.To) {
		tail := spend.Period{From: later(end, p.From), To: p.To}
		if p.To.Sub(end) > h.maxTail(p) {
			return append(holes, store.Gap{From: tail.From, To: p.To}), nil
		}
		f.tail = tail
	}
	return holes, nil
}

// maxTail is how long before a period's end the last reading may be for the figure to be
// the whole. A running period is as of its last reading; a day that is over needs its end.
func (h History) maxTail(p spend.Period) time.Duration {
	if p.To.Equal(spend.Day(p.To, h.Zone).From) {
		return negligible
	}
	return spend.LongestCovered
}

// fill adds what a hole cost within the period.
func (h History) fill(ctx context.Context, name string, p spend.Period, hole store.Gap, r *records, f *figure) error {
	inside := spend.Period{From: later(hole.From, p.From), To: earlier(hole.To, p.To)}
	if !inside.From.Before(inside.To) {
		return nil
	}
	within, err := h.recordedIn(ctx, name, inside, r)
	if err != nil {
		return err
	}
	if !hole.Known {
		f.addRecorded(ctx, p, inside, within, r)
		return nil
	}
	length := inside.To.Sub(inside.From)
	whole := inside.From.Equal(hole.From) && inside.To.Equal(hole.To)
	all := within
	if !whole {
		if all, err = h.recordedIn(ctx, name, spend.Period{From: hole.From, To: hole.To}, r); err != nil {
			return err
		}
	}
	dated := hole.Spent == 0 && hole.Refunds == 0 || all.spent > 0 && float64(all.spent) >= dates*float64(hole.Spent)-float64(blur)
	if !dated && !whole && hole.Refunds > 0 {
		back := r.refunded(ctx, spend.Period{From: hole.From, To: hole.To})
		dated = back.whole() && near(all.spent-back.amount, hole.Spent)
	}
	var e edges
	if !whole && (hole.Spent != 0 || hole.Refunds != 0) {
		e = r.edgesOf(ctx, hole, spend.Period{From: hole.From.Add(-1), To: hole.To.Add(1)})
		back := r.keptOf(spend.Period{From: hole.From, To: hole.To}).amount
		proven := near(all.spent-back, hole.Spent) && !near(e.first, e.last)
		dated = dated && (proven || !e.unread && e.all <= far(all.spent))
	}
	f.known = f.known || whole || dated || within.spent > 0
	var spent, refunds moka.Amount
	moved := all.spent > 0 || hole.Spent != 0 || hole.Refunds != 0
	if dated && !whole && moved {
		spent, refunds, dated = r.net(ctx, hole, inside, within.spent, all.spent)
		dated = dated && within.unsplit == 0 && all.unsplit == 0
	}
	switch {
	case whole:
		f.spent, f.refunds, f.requests = f.spent+hole.Spent, f.refunds+hole.Refunds, f.requests+hole.Requests
	case !dated:
		f.uncounted = f.uncounted || hole.Requests > 0
		if inside.From.After(p.From) {
			f.spent -= e.first
		}
		f.spent += within.spent - max(0, hole.Refunds, all.spent+e.last-hole.Spent) // all of a refund may lie in it
		f.undated += max(0, hole.Spent-all.spent)
		f.missing, f.lacks = f.missing+length, true
	case moved:
		f.spent, f.refunds, f.filled = f.spent+spent, f.refunds+refunds, true
		f.count(ctx, inside, within, r)
	}
	if dated {
		f.covered += length
	}
	return nil
}

// addRecorded adds the gateway's records of a time without readings, p, that lies in a period.
func (f *figure) addRecorded(ctx context.Context, period, p spend.Period, within recorded, r *records) {
	back := r.refunded(ctx, p)
	f.unread = append(f.unread, p)
	if back.unasked { // what was charged in it is not what was spent
		f.missing, f.lacks = f.missing+p.To.Sub(p.From), f.lacks || within.spent > 0
		f.known = f.known || within.spent > 0 || r.untold(p) < p.To.Sub(p.From)
		f.gross = f.gross || !p.From.Before(f.first) && p.From.Before(f.last) // readings on both sides showed what may be a refund
		return
	}
	f.spent, f.refunds, f.gross = f.spent+within.spent-back.amount, f.refunds+back.amount, f.gross || back.unread
	f.count(ctx, p, within, r)
	f.covered += within.covered
	untold := r.untold(p)
	if within.spent > 0 || untold < p.To.Sub(p.From) || r.logTellsOf(ctx, p) {
		f.known, f.filled = true, true
	}
	f.missing, f.lacks = f.missing+max(untold, within.unsplit), f.lacks || within.unsplit > 0
	if e := r.edgesOf(ctx, store.Gap{From: p.From, To: p.To}, period); e.unread || e.all > far(within.spent) {
		f.spent, f.lacks = f.spent-e.first-e.back, true
	}
}

// edges are what the log says of the seconds of the readings that a hole begins and ends with:
// on which side of a reading a row of its own second lies, the log does not tell.
type edges struct {
	first, last moka.Amount // charges
	back        moka.Amount // refunds of the last second
	all         moka.Amount // charges and refunds
	unread      bool        // the log cannot be read of them, though it was of the time between
}

// edgesOf asks the log for the edges of a hole, as far as these lie in a period.
func (r *records) edgesOf(ctx context.Context, hole store.Gap, p spend.Period) (e edges) {
	if hole.From.After(p.From) {
		second := secondAt(hole.From)
		e.first, e.unread = r.edgeAt(ctx, second, spend.Period{From: hole.From, To: hole.To})
		e.all += e.first + r.keptOf(second).amount
	}
	if hole.To.Before(p.To) {
		second := secondAt(hole.To)
		last, unread := r.edgeAt(ctx, second, spend.Period{From: hole.From, To: hole.To})
		e.last, e.unread = last, e.unread || unread
		e.back = r.keptOf(second).amount
		e.all += e.last + e.back
	}
	return e
}

// edgeAt is what the log says of a second at the edge of a hole. It is unread where only what was
// kept of the log tells of the hole.
func (r *records) edgeAt(ctx context.Context, second, hole spend.Period) (sum moka.Amount, unread bool) {
	sum, ok := r.log(ctx, second.From, second.To, "", "")
	if ok {
		return sum, false
	}
	from := second.From.Truncate(time.Hour)
	hour := spend.Period{From: from, To: from.Add(time.Hour)}
	part, all := r.whole(hour, hole)
	kept := false
	if asked := secondsOf(hole); asked.From.Before(asked.To) { // a hole may be shorter than the log can tell
		_, kept = r.log(ctx, hole.From, hole.To, "", "")
	}
	return 0, r.hours[from.Unix()] > 0 && !all && (kept || r.splits(ctx, hour, part))
}

// secondAt is the second that a moment lies in.
func secondAt(at time.Time) spend.Period {
	from := at.Truncate(time.Second)
	return spend.Period{From: from, To: from.Add(time.Second)}
}

// count adds the requests that rows have of a time. Rows that lack a part of what was
// spent in it lack its requests too.
func (f *figure) count(ctx context.Context, p spend.Period, within recorded, r *records) {
	f.guessed += r.requests(ctx, p)
	if rows, _ := r.inRows(ctx, p); within.spent-rows > far(within.spent) {
		f.uncounted = true
	}
}

// credit adds what came in while nothing was read, by the log, and reports whether
// there was more, of amounts that cannot be read. The second of the first reading is
// left out: what readings see of it would count twice.
func (f *figure) credit(ctx context.Context, r *records) (unreadable bool) {
	for _, hole := range f.unread {
		hole.From = hole.From.Round(time.Second)
		if end := hole.To.Truncate(time.Second); !hole.To.Equal(f.first) && end.Before(hole.To) {
			hole.To = end.Add(time.Second)
		}
		added := r.credited(ctx, hole)
		f.topUps, unreadable = f.topUps+added.amount, unreadable || added.unread
	}
	return unreadable
}

// net takes the refunds off what was charged in a part of a gap: those that the
// log dates, or else the gap's in proportion to the charges. It is false where charges and
// refunds of the records do not add up to the gap, so that they lack some of either.
func (r *records) net(ctx context.Context, gap store.Gap, part spend.Period, charged, inAll moka.Amount) (spent, refunds moka.Amount, ok bool) {
	if near(inAll, gap.Spent) || r.rehearsed != nil {
		return charged, 0, true
	}
	back := r.refunded(ctx, spend.Period{From: gap.From, To: gap.To})
	if near(inAll-back.amount, gap.Spent) {
		in := r.refunded(ctx, part)
		return charged - in.amount, in.amount, in.whole()
	}
	spent = moka.Amount(float64(gap.Spent) * (float64(charged) / float64(inAll)))
	rest := inAll - back.amount - gap.Spent
	return spent, max(0, charged-spent), back.whole() && max(rest, -rest) <= far(inAll)
}

// recorded is what the gateway recorded of a stretch of time.
type recorded struct {
	spent   moka.Amount
	covered time.Duration // from the oldest record on
	unsplit time.Duration // of hours whose records could not be split, and are left out
}

// recordedIn returns what the gateway recorded in a stretch of time. Where readings cover a
// part of an hour, that hour's records count for the other part.
func (h History) recordedIn(ctx context.Context, name string, p spend.Period, r *records) (recorded, error) {
	var rec recorded
	sum, exact := r.spent(ctx, p)
	rec.spent = sum
	first, ok := r.oldest(ctx, p)
	if !ok {
		return rec, nil
	}
	if from := later(p.From, first); from.Before(p.To) {
		rec.covered = p.To.Sub(from)
	}
	if exact || r.rehearsed != nil || h.Store == nil {
		return rec, nil
	}
	// Without a log, an hour at the edge is split by what readings know of it.
	for _, edge := range slices.CompactFunc([]time.Time{p.From.Truncate(time.Hour), p.To.Truncate(time.Hour)}, time.Time.Equal) {
		hour := spend.Period{From: edge, To: edge.Add(time.Hour)}
		row := r.hours[edge.Unix()]
		part, all := r.whole(hour, p)
		inside := part.To.Sub(part.From)
		if row == 0 || inside <= 0 || all || r.splits(ctx, hour, part) {
			continue
		}
		if hour.To.After(r.now) || !r.isDead() { // the sum may hold some of it
			rec.unsplit += inside
			continue
		}
		rest, err := h.Store.Spent(ctx, name, hour.From, hour.To)
		if err != nil {
			return rec, err
		}
		before, after := r.refunded(ctx, spend.Period{From: hour.From, To: part.From}), r.refunded(ctx, spend.Period{From: part.To, To: hour.To})
		if rest.Covered < hour.To.Sub(hour.From)-inside-time.Minute || !before.whole() || !after.whole() {
			rec.unsplit += inside
			continue
		}
		if quiet, err := h.quietAround(ctx, name, hour, part); !quiet {
			rec.unsplit += inside
			if err != nil {
				return rec, err
			}
			continue
		}
		rec.spent += max(0, row-rest.Spent-max(rest.Refunds, before.amount+after.amount)) // rows hold charges
	}
	return rec, nil
}

// quietAround reports whether readings divide nothing at the edges of an hour outside a part
// of it: what they divide is an estimate.
func (h History) quietAround(ctx context.Context, name string, hour, part spend.Period) (quiet bool, err error) {
	quiet = true
	if part.From.After(hour.From) {
		quiet, err = h.Store.QuietAcross(ctx, name, hour.From)
	}
	if quiet && err == nil && part.To.Before(hour.To) {
		quiet, err = h.Store.QuietAcross(ctx, name, hour.To)
	}
	return quiet, err
}

// divides reports whether a period begins or ends within an hour, so that a row may be
// only partly of it. What is to come of the running hour has cost nothing yet.
func (r *records) divides(p spend.Period) bool {
	whole := func(t time.Time) bool { return t.Truncate(time.Hour).Equal(t) }
	return !whole(p.From) || !whole(p.To) && p.To.Before(r.to)
}

// requests counts the calls that the rows hold of a stretch of time. Those of an
// hour at its edge are split like their cost.
func (r *records) requests(ctx context.Context, p spend.Period) (n int64) {
	for start, count := range r.counts {
		hour := spend.Period{From: time.Unix(start, 0), To: time.Unix(start, 0).Add(time.Hour)}
		if !hour.From.Before(p.To) || !hour.To.After(p.From) {
			continue
		}
		spent := r.hours[start]
		within, _ := r.partOf(ctx, hour, p, spent)
		if within < spent {
			count = part(count, within, spent)
		}
		n += count
	}
	return n
}
