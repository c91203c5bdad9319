package budget

import (
	"slices"
	"time"

	"mokabot/moka"
)

// Memory is what was posted about a budget. The zero value is nothing yet.
type Memory struct {
	Posted
	// OverSince is the first of the looks that all expect the period to exceed
	// the amount, up to the last one; zero when that does not.
	OverSince time.Time `json:"over_since,omitzero"`
	// Earlier is what was posted about other periods, amounts and calendars, the newest at
	// the end and at most [maxEarlier]: when one of them is configured again, or a wrong
	// clock is set right, it is not posted again.
	Earlier []Posted `json:"earlier,omitempty"`
	// HeldBack is what quiet hours hold back.
	HeldBack Held `json:"owed,omitzero"`
	// Identity is the [Budget.Identity] of the budget that it is about; empty once
	// that left the configuration, and in what earlier releases stored.
	Identity string `json:"identity,omitempty"`
}

// Held is the moment of news that is held back. The zero value is none.
type Held struct {
	At    time.Time   `json:"at"`
	Spent moka.Amount `json:"spent"` // of the period then
}

// Posted is what was posted about one amount in one period.
type Posted struct {
	From   time.Time   `json:"from"` // the period
	To     time.Time   `json:"to"`
	Amount moka.Amount `json:"amount"`
	Mark   Mark        `json:"mark"`
	// Posts is how many posts there were about the period, for any amount, which makes
	// their keys stable.
	Posts int `json:"posts,omitempty"`
	// Former are the names that the budget had before, the earliest first.
	Former []Former `json:"former,omitempty"`
}

// Mark is the highest warning that was posted. The zero value means none.
type Mark struct {
	Forecast  bool    `json:"forecast,omitempty"`  // forecast to exceed the amount
	Threshold float64 `json:"threshold,omitempty"` // the part of the amount that was reached; 0: none
}

// beyond reports whether m is further than another mark. Any threshold is
// further than the forecast.
func (m Mark) beyond(other Mark) bool {
	return m.Threshold > other.Threshold || m.Threshold == 0 && other.Threshold == 0 && m.Forecast && !other.Forecast
}

// Kind says what is new about a budget.
type Kind string

// The kinds of news.
const (
	Raised   Kind = "raised"   // the first warning of a period
	Worsened Kind = "worsened" // a further threshold
	// Closed ends a period's warnings without a post: the next period began, or
	// the budget was changed so that they no longer hold.
	Closed Kind = "closed"
)

// News is a difference between what is known and what was posted.
type News struct {
	Kind      Kind
	Memory    Memory // of the period that it is about, after it was posted
	Standing  Standing
	Threshold float64 // the part of the amount that was reached; 0: it is the forecast
	Held      Held    // since when it was held back
}

const (
	// sureness is a point between the middle of the forecast (0) and the low end of
	// its range (1). About four of five periods exceed a forecast at this point, nine
	// of ten one at the low end.
	sureness = 0.45
	// maxEarlier is how many earlier amounts and periods are remembered: no date says when
	// they may be forgotten, because it may be a wrong clock's.
	maxEarlier = 12
	// tooLate is how soon before the end of the period a forecast is of no use.
	tooLate = 30 * time.Minute
)

// Step compares a budget's standing with what was posted, and returns the memory
// afterwards with the news, each once a period. Several thresholds reached at once are
// one piece of news, about the highest. Unknown spending is no news. What quiet hours held
// back is posted afterwards only if it still holds. What was spent before the budget was
// set or changed counts.
func Step(b Budget, m Memory, f Facts) (Memory, []News) {
	s := Stand(b, f)
	var news []News
	if !m.From.Equal(s.Period.From) || !m.To.Equal(s.Period.To) {
		m, news = Close(b, m, f.At)
		m = m.recall(s.Period.From, s.Period.To, b.Amount)
	}
	spent, known := s.Spent.Get()
	if !known {
		return m, news
	}
	m.OverSince = m.overSince(b, s)
	now := b.mark(s, spent, m.OverSince)
	if m.Amount != b.Amount {
		kept, since := m.Mark, m.OverSince
		if m.Mark.beyond(now) {
			m, news = Close(b, m, f.At)
			kept = Mark{}
		} else {
			m = m.stash()
		}
		m = m.recall(s.Period.From, s.Period.To, b.Amount)
		m.OverSince = since
		if kept.beyond(m.Mark) {
			m.Mark = kept
		}
	}
	if !now.beyond(m.Mark) {
		m.HeldBack = Held{}
		return m, news
	}
	if f.Quiet && s.State != StateExceeded {
		if m.HeldBack == (Held{}) {
			m.HeldBack = Held{At: f.At, Spent: spent}
		}
		return m, news
	}
	next := News{Kind: Worsened, Standing: s, Threshold: now.Threshold, Held: m.HeldBack}
	m.HeldBack = Held{}
	if m.Mark == (Mark{}) {
		next.Kind = Raised
	}
	m.Mark = now
	m.Posts++
	next.Memory = m
	return m, append(news, next)
}

// Close ends a budget's warnings without a post: its period is over, or it no longer has
// a channel. Should it be as before in the same period, nothing is posted twice.
func Close(b Budget, m Memory, at time.Time) (Memory, []News) {
	var news []News
	if m.Mark != (Mark{}) {
		news = append(news, News{Kind: Closed, Memory: m, Standing: Standing{Budget: b, At: at}})
	}
	m = m.stash()
	m.Posted, m.OverSince, m.HeldBack = Posted{}, time.Time{}, Held{}
	return m, news
}

// stash sets the memory of an amount in a period aside, in case both come again.
func (m Memory) stash() Memory {
	if m.Posts > 0 {
		m.Earlier = append(slices.Clone(m.Earlier), m.Posted)
		m.Earlier = m.Earlier[max(0, len(m.Earlier)-maxEarlier):]
	}
	return m
}

// recall returns what was posted before about an amount in a period.
func (m Memory) recall(from, to time.Time, amount moka.Amount) Memory {
	is := Posted{From: from, To: to, Amount: amount}
	var others []Posted
	for _, t := range m.Earlier {
		if t.From.Equal(from) {
			if t.Posts > is.Posts {
				is.Posts, is.Former = t.Posts, t.Former
			}
		}
		if t.From.Equal(from) && t.To.Equal(to) && t.Amount == amount {
			is.Mark = t.Mark
			continue
		}
		others = append(others, t)
	}
	return Memory{Posted: is, Earlier: others, Identity: m.Identity}
}

// mark returns the highest warning that a budget's standing calls for.
func (b Budget) mark(s Standing, spent moka.Amount, overSince time.Time) Mark {
	if reached := b.reached(spent); reached >= 0 {
		return Mark{Threshold: b.WarnAt[reached]}
	}
	again := !overSince.IsZero() && s.At.After(overSince)
	return Mark{Forecast: b.Forecast && (b.over(s.Low) || again && b.likely(s)) && s.Period.To.Sub(s.At) >= tooLate}
}

// likely reports whether about four of five periods with such a forecast exceed the amount.
func (b Budget) likely(s Standing) bool {
	low, _ := s.Low.Get()
	mid, known := s.Forecast.Get()
	return known && float64(mid)-sureness*float64(mid-low) > float64(b.Amount)
}

// overSince returns since when every look has expected the period to exceed this
// amount.
func (m Memory) overSince(b Budget, s Standing) time.Time {
	switch {
	case !b.over(s.Forecast):
		return time.Time{}
	case m.OverSince.IsZero() || m.Amount != b.Amount:
		return s.At
	}
	return m.OverSince
}
