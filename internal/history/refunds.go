package history

import (
	"cmp"
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
	Until  time.Time      `json:"until,omitzero"`   // up to when it was asked
	Unread []spend.Period `json:"unread,omitempty"` // in which there were some whose sizes it did not tell
	Rows   []keptRefund   `json:"rows,omitempty"`
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

// KeepRefunds asks the gateway's log for the refunds of the time whose rows are kept,
// as far as that was not done before, and reports whether it had to ask.
func (h History) KeepRefunds(ctx context.Context, name string, c *moka.Client) (queried bool, err error) {
	to, ok, err := h.recordedUntil(ctx, name)
	if err != nil || !ok {
		return false, err
	}
	kept, err := h.keptRefunds(ctx, name)
	if kept.Until.After(to) {
		kept.Until = time.Time{} // by a clock that was ahead
	}
	if err != nil || !kept.Until.Before(to) {
		return false, err
	}
	state, err := h.spendState(ctx, name)
	if err != nil {
		return false, err
	}
	from := later(kept.Until, to.AddDate(0, 0, -RecordedDays))
	refunds, err := c.Refunds(ctx, from, to, state.UnitSince)
	if err != nil && failure(err).Kind != moka.BadResponse {
		return true, err
	}
	oldest := to.AddDate(0, 0, -countedDays)
	kept.Rows = slices.DeleteFunc(kept.Rows, func(r keptRefund) bool {
		return r.At < oldest.Unix() || r.At >= from.Unix()
	})
	for i := range kept.Unread { // the rest was asked for just now
		kept.Unread[i].To = earlier(kept.Unread[i].To, from)
	}
	kept.Unread = slices.DeleteFunc(kept.Unread, func(u spend.Period) bool {
		return u.To.Before(oldest) || !u.From.Before(u.To)
	})
	if err != nil {
		kept.Unread = append(kept.Unread, spend.Period{From: from, To: to})
	}
	for _, r := range refunds {
		kept.Rows = append(kept.Rows, keptRefund{r.At.Unix(), r.Quota})
	}
	if err == nil || errors.Is(err, moka.ErrUnreadAmounts) {
		kept.Until, err = to, nil
	} // else it is asked again
	raw, failed := json.Marshal(kept)
	if failed == nil {
		failed = h.Store.SetValue(ctx, RefundedMark(name), raw)
	}
	return true, cmp.Or(failed, err)
}

// within is what was given back in a stretch of time, in dollars of a unit.
func (k keptRefunds) within(p spend.Period, perUnit float64) (back returned) {
	sum := int64(0)
	for _, r := range k.Rows {
		if r.At >= p.From.Unix() && r.At < p.To.Unix() {
			sum += r.Quota
		}
	}
	back.amount, _ = moka.FromQuota(sum, perUnit)
	back.unread = slices.ContainsFunc(k.Unread, func(u spend.Period) bool { return u.From.Before(p.To) && p.From.Before(u.To) })
	return back
}
