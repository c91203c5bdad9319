package alert

import "slices"

// topic is what conditions are about that tell of the same fact. At most one
// incident of a topic is open.
type topic string

const (
	aboutAccess topic = "access"
	aboutExpiry topic = "expiry"
	aboutMoney  topic = "money" // repeated while it lasts
	aboutPlan   topic = "plan"
	aboutPace   topic = "pace"
)

// descriptor is what the machine knows of a condition. How one is phrased and
// coloured is said in one table too, in package message.
type descriptor struct {
	condition Condition
	about     topic
	urgent    bool // calls fail: told to whom the worst level mentions
}

// conditions are all, in the order in which events of one step are told.
var conditions = []descriptor{
	{Refused, aboutAccess, true},
	{Unreachable, aboutAccess, false},
	{Expired, aboutExpiry, true},
	{Expiring, aboutExpiry, false},
	{PlanEnding, aboutPlan, false},
	{WalletEmpty, aboutMoney, true},
	{Exhausted, aboutMoney, true},
	{Balance, aboutMoney, false},
	{Spike, aboutPace, false},
}

// rank is a condition's place in the order of telling, -1 for an unknown one.
func rank(c Condition) int {
	return slices.IndexFunc(conditions, func(d descriptor) bool { return d.condition == c })
}

func describe(c Condition) descriptor {
	if n := rank(c); n >= 0 {
		return conditions[n]
	}
	return descriptor{condition: c}
}

// EndsByTopUp reports whether money in the account ends the condition. A key's
// limit, an expired key and refused credentials need a change in the console.
func (c Condition) EndsByTopUp() bool { return c == Balance || c == WalletEmpty }

// CallsFail reports whether calls fail while the condition lasts, so that it is
// told to whom the worst level mentions.
func (c Condition) CallsFail() bool { return describe(c).urgent }

// AboutSpending reports whether the condition has to do with what is spent.
func (c Condition) AboutSpending() bool {
	about := describe(c).about
	return about == aboutMoney || about == aboutPace
}

// Conditions are all conditions, in the order in which they are told.
func Conditions() []Condition {
	all := make([]Condition, len(conditions))
	for n, d := range conditions {
		all[n] = d.condition
	}
	return all
}
