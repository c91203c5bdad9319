package history

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// What was given back before an account's first reading, or in a gap, only the
// gateway's log knows. It is kept beside the gateway's rows, which hold what was
// charged.

// keptRefunds are the refunds that the log told of.
type keptRefunds struct {
	Until  time.Time      `json:"until,omitzero"`   // up to when [History.KeepRefunds] need not ask it again
	Asked  []spend.Period `json:"asked,omitempty"`  // the times it was queried about, none touching another, oldest first
	Unread []spend.Period `json:"unread,omitempty"` // in which there were some whose sizes it did not tell
	Rows   []keptRefund   `json:"rows,omitempty"`

	Sums    []keptSum `json:"sums,omitempty"`    // of charges, of times that are over, the newest last
	Credits []keptSum `json:"credits,omitempty"` // of what was added, likewise
}

// keptSum is what the log says of [From, To), Unix time. It stays the same, unless
// the log is cleaned.
type keptSum struct {
	From    int64       `json:"from"`
	To      int64       `json:"to"`
	Sum     moka.Amount `json:"sum"`
	PerUnit float64     `json:"per_unit"` // by which it is dollars
}

// maxSums is how many sums of a kind are kept.
const maxSums = 48

// sumKept finds a sum that was kept in the present unit.
func sumKept(sums []keptSum, p spend.Period, perUnit float64) (moka.Amount, bool) {
	for _, s := range sums {
		if s.From == p.From.Unix() && s.To == p.To.Unix() && s.PerUnit == perUnit {
			return s.Sum, true
		}
	}
	return 0, false
}

// withSums appends sums, in place of the oldest.
func withSums(kept []keptSum, more map[spend.Period]moka.Amount, perUnit float64) []keptSum {
	for p, sum := range more {
		kept = append(kept, keptSum{p.From.Unix(), p.To.Unix(), sum, perUnit})
	}
	return kept[max(0, len(kept)-maxSums):]
}

type keptRefund struct {
	At    int64 `json:"at"` // Unix time
	Quota int64 `json:"quota"`
}

// RefundedMark names the stored value that holds an account's refunds from the
// gateway's log.
func RefundedMark(account string) string { return "refunded/" + account }

// keptRefunds are those of an account, none where nothing was kept.
func (h History) keptRefunds(ctx context.Context, name string) (kept keptRefunds, err error) {
	raw, ok, err := h.Store.Value(ctx, RefundedMark(name))
	if err != nil || !ok || json.Unmarshal(raw, &kept) != nil {
		return keptRefunds{}, err
	}
	return kept, nil
}

// KeepRefunds asks the gateway's log for the refunds of the time whose rows are kept, and of
// that before readings began anew, as far as that was not done before. It reports whether
// it had to ask.
func (h History) KeepRefunds(ctx context.Context, name string, c *moka.Client) (queried bool, err error) {
	until, ok, err := h.recordedUntil(ctx, name)
	if err != nil || !ok {
		return false, err
	}
	kept, err := h.keptRefunds(ctx, name)
	if err != nil {
		return false, err
	}
	state, err := h.spendState(ctx, name)
	if err != nil {
		return false, err
	}
	now := h.now().Truncate(time.Second)
	if kept.isAhead(now) {
		kept = keptRefunds{}
	}
	settled := settledBy(now)
	if !kept.Until.Before(earlier(later(until, state.Begun), settled)) {
		return false, nil
	}
	p := spend.Period{From: later(kept.Until, now.AddDate(0, 0, -RecordedDays)), To: now}
	refunds, err := c.Refunds(ctx, p.From, p.To, state.UnitSince)
	unread := errors.Is(err, moka.ErrUnreadAmounts)
	if err != nil && !unread && !failure(err).Absent() {
		return true, err // it is asked again
	}
	kept.add(p, refunds)
	if unread {
		kept.Unread = append(kept.Unread, p)
	}
	kept.Until = settled // the last minute is asked about again
	return true, h.setKeptRefunds(ctx, name, kept)
}

// settling is how long the log may still get rows of a time: the gateway dates them by its own
// clock, which may be behind.
const settling = time.Minute

// settledBy is up to when the log has all its rows.
func settledBy(now time.Time) time.Time { return now.Truncate(time.Second).Add(-settling) }

// learn keeps what the log said of times that are over. A database that is open for reading only
// keeps nothing.
func (h History) learn(ctx context.Context, name string, r *records) {
	if h.Store == nil || len(r.learned)+len(r.sumsOver)+len(r.creditsOver) == 0 {
		return
	}
	kept, err := h.keptRefunds(ctx, name)
	if err != nil || kept.isAhead(r.now) {
		return
	}
	for p, refunds := range r.learned {
		kept.add(p, refunds)
	}
	if r.perUnit > 0 {
		kept.Sums, kept.Credits = withSums(kept.Sums, r.sumsOver, r.perUnit), withSums(kept.Credits, r.creditsOver, r.perUnit)
	}
	_ = h.setKeptRefunds(ctx, name, kept) // they can be read again
}

func (h History) setKeptRefunds(ctx context.Context, name string, kept keptRefunds) error {
	raw, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return h.Store.SetValue(ctx, RefundedMark(name), raw)
}

// isAhead reports whether it was kept by a clock that was ahead of the present one: what happened
// since then would be taken for known.
func (k keptRefunds) isAhead(now time.Time) bool {
	return k.Until.After(now) || len(k.Asked) > 0 && k.Asked[len(k.Asked)-1].To.After(now.Add(settling))
}

// asked are the times of which the log was asked.
func (k keptRefunds) asked() []spend.Period {
	if len(k.Asked) == 0 && !k.Until.IsZero() { // by an earlier release, each time for what lacked
		return []spend.Period{{From: k.Until.AddDate(0, 0, -RecordedDays), To: k.Until}}
	}
	return k.Asked
}

// add notes the refunds of a stretch of time, as far as they were not known, and forgets what
// is too old. What was known stays: the log may have been cleaned since.
func (k *keptRefunds) add(p spend.Period, refunds []moka.Refund) {
	oldest := p.To.AddDate(0, 0, -countedDays)
	known := func(at int64) bool {
		second := spend.Period{From: time.Unix(at, 0), To: time.Unix(at+1, 0)}
		return k.isSettled(second) && !k.within(second, 0).unread
	}
	rows := slices.DeleteFunc(slices.Clone(k.Rows), func(r keptRefund) bool {
		return r.At < oldest.Unix() || r.At >= p.From.Unix() && r.At < p.To.Unix() && !known(r.At)
	})
	for _, r := range refunds {
		if at := r.At.Unix(); at >= p.From.Unix() && at < p.To.Unix() && !known(at) {
			rows = append(rows, keptRefund{at, r.Quota})
		}
	}
	k.Rows = rows
	k.Unread = slices.DeleteFunc(k.Unread, func(u spend.Period) bool {
		return u.To.Before(oldest) || !u.From.Before(p.From) && !u.To.After(p.To)
	})
	asked := append(slices.Clone(k.asked()), p)
	slices.SortFunc(asked, func(a, b spend.Period) int { return a.From.Compare(b.From) })
	k.Asked = nil
	for _, a := range asked {
		a.From = later(a.From, oldest)
		if last := len(k.Asked) - 1; last >= 0 && !a.From.After(k.Asked[last].To) {
			k.Asked[last].To = later(k.Asked[last].To, a.To)
		} else if a.From.Before(a.To) {
			k.Asked = append(k.Asked, a)
		}
	}
}

// tellOf reports whether the refunds of a stretch of time are among the kept ones.
func (k keptRefunds) tellOf(p spend.Period) bool { return k.wasAskedOf(secondsOf(p)) }

// isSettled is [keptRefunds.tellOf] of what was not asked about in its last minute, of which
// the log may tell more.
func (k keptRefunds) isSettled(p spend.Period) bool {
	p = secondsOf(p)
	return k.wasAskedOf(spend.Period{From: p.From, To: p.To.Add(settling)})
}

// wasAskedOf reports whether the log was asked about all of a stretch of time.
func (k keptRefunds) wasAskedOf(p spend.Period) bool {
	return slices.ContainsFunc(k.asked(), func(a spend.Period) bool { return !p.From.Before(a.From) && !p.To.After(a.To) })
}

// within is what was given back in a stretch of time, in dollars of a unit, as far as it was
// kept.
func (k keptRefunds) within(p spend.Period, perUnit float64) (back returned) {
	sum := int64(0)
	for _, r := range k.Rows {
		if r.At >= p.From.Unix() && r.At < p.To.Unix() {
			sum += r.Quota
		}
	}
	back.amount, _ = moka.FromQuota(sum, perUnit)
	back.unasked = !k.tellOf(p)
	back.unread = slices.ContainsFunc(k.Unread, func(u spend.Period) bool { return u.From.Before(p.To) && p.From.Before(u.To) })
	return back
}
