package budget

import (
	"time"

	"mokabot/moka"
)

// Memory is what was told of a budget. The zero value is nothing yet.
type Memory struct {
	From   time.Time   `json:"from"`   // when the period that this is about began
	Amount moka.Amount `json:"amount"` // of the budget then

	// Step is how far the period has been told of: 0 nothing, 1 the forecast,
	// 2 the first threshold, 3 the second, …
	Step int `json:"step"`
	// Over is how many readings in a row expected the period to exceed the
	// amount, at most two.
	Over int `json:"over,omitempty"`
	// Opened is when the first warning of the period was told, zero before.
	Opened time.Time `json:"opened,omitzero"`
	// Posts is how many posts told of the period, which makes their keys stable.
	Posts int `json:"posts,omitempty"`
}

// Kind is what there is to tell.
type Kind string

// The kinds of news.
const (
	Raised   Kind = "raised"   // the first warning of a period
	Worsened Kind = "worsened" // a further threshold
	// Closed ends a period's warnings without a post: the next period began, or
	// the budget was changed so that they no longer hold.
	Closed Kind = "closed"
)

// News is a difference between what is known and what was told.
type News struct {
	Kind      Kind
	Memory    Memory // of the period that it is about, after it was told
	Standing  Standing
	Threshold float64 // the part of the amount that was reached; 0: it is the forecast
}

// confirmed is how many readings in a row must expect the period to exceed the
// amount before that is told, where the low end of the range does not say so.
const confirmed = 2

// Step compares a budget's standing with what was told, and returns the memory
// afterwards with the news, each told once a period. Several thresholds reached
// at once are one piece of news, of the highest. Unknown spending is no news.
// What was spent before the budget was set or changed counts.
func Step(b Budget, m Memory, f Facts) (Memory, []News) {
	s := Stand(b, f)
	var news []News
	if !m.From.Equal(s.Period.From) {
		if m.Step > 0 {
			news = append(news, News{Kind: Closed, Memory: m, Standing: s})
		}
		m = Memory{From: s.Period.From, Amount: b.Amount}
	}
	spent, known := s.Spent.Get()
	if !known {
		return m, news
	}
	m.Over = m.expecting(b, s)
	step := 0
	if reached := b.reached(spent); reached >= 0 {
		step = reached + 2
	} else if b.Forecast && (b.over(s.Low) || m.Over >= confirmed) {
		step = 1
	}
	if m.Amount != b.Amount {
		if m.Step > step {
			news = append(news, News{Kind: Closed, Memory: m, Standing: s})
			m.Step, m.Opened = 0, time.Time{}
		}
		m.Amount = b.Amount
	}
	if step <= m.Step {
		return m, news
	}
	told := News{Kind: Worsened, Standing: s}
	if m.Step == 0 {
		told.Kind, m.Opened = Raised, f.At
	}
	if step >= 2 {
		told.Threshold = b.WarnAt[step-2]
	}
	m.Step = step
	m.Posts++
	told.Memory = m
	return m, append(news, told)
}

func (m Memory) expecting(b Budget, s Standing) int {
	if !b.over(s.Forecast) {
		return 0
	}
	return min(m.Over+1, confirmed)
}
