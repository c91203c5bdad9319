package alert

import "slices"

// Topic groups conditions that report the same fact. At most one incident of a topic is
// open.
type Topic string

// The topics.
const (
	TopicAccess Topic = "access"
	TopicExpiry Topic = "expiry"
	TopicMoney  Topic = "money" // repeated while it lasts
	TopicPlan   Topic = "plan"
	TopicPace   Topic = "pace"
)

// Severity is how bad a condition is, which decides the colour of its posts.
type Severity string

// The severities.
const (
	SeverityCritical Severity = "critical" // needs attention now
	SeverityWarning  Severity = "warning"  // needs attention soon
	SeverityUnknown  Severity = "unknown"  // nobody can say
)

// descriptor is all that there is to a condition but its words, which each language of
// package lang has under the condition's name. The topic and whether calls fail select
// the first line of its posts, and byMoney their buttons.
type descriptor struct {
	condition Condition
	topic     Topic
	severity  Severity // of a balance: on the worst level
	urgent    bool     // calls fail: it pings whom the worst level mentions
	byMoney   bool     // money in the account ends it; else it needs a change in the console
}

// conditions are all, in the order in which the events of one step are posted.
var conditions = []descriptor{
	{Refused, TopicAccess, SeverityCritical, true, false},
	{Unreachable, TopicAccess, SeverityUnknown, false, false},
	{Expired, TopicExpiry, SeverityCritical, true, false},
	{Expiring, TopicExpiry, SeverityWarning, false, false},
	{PlanEnding, TopicPlan, SeverityWarning, false, false},
	{WalletEmpty, TopicMoney, SeverityCritical, true, true},
	{Exhausted, TopicMoney, SeverityCritical, true, false},
	{Balance, TopicMoney, SeverityCritical, false, true},
	{Spike, TopicPace, SeverityWarning, false, false},
}

// rank is a condition's place in that order, -1 for an unknown one.
func rank(c Condition) int {
	return slices.IndexFunc(conditions, func(d descriptor) bool { return d.condition == c })
}

func describe(c Condition) descriptor {
	if n := rank(c); n >= 0 {
		return conditions[n]
	}
	return descriptor{condition: c}
}

// Topic is what the condition reports.
func (c Condition) Topic() Topic { return describe(c).topic }

// Severity is how bad the condition is.
func (c Condition) Severity() Severity { return describe(c).severity }

// EndsByTopUp reports whether money in the account ends the condition. A key's
// limit, an expired key and refused credentials need a change in the console.
func (c Condition) EndsByTopUp() bool { return describe(c).byMoney }

// CallsFail reports whether calls fail while the condition lasts, so that it pings whom
// the worst level mentions.
func (c Condition) CallsFail() bool { return describe(c).urgent }

// AboutSpending reports whether the condition has to do with what is spent.
func (c Condition) AboutSpending() bool {
	about := c.Topic()
	return about == TopicMoney || about == TopicPace
}

// Conditions are all conditions, in the order in which they are posted.
func Conditions() []Condition {
	all := make([]Condition, len(conditions))
	for n, d := range conditions {
		all[n] = d.condition
	}
	return all
}
