package alert

import "slices"

// topic groups conditions that report the same fact. At most one incident of a topic is
// open.
type topic string

const (
	aboutAccess topic = "access"
	aboutExpiry topic = "expiry"
	aboutMoney  topic = "money" // repeated while it lasts
	aboutPlan   topic = "plan"
	aboutPace   topic = "pace"
)

// descriptor is all that the machine knows of a condition. How one is phrased and
// coloured is its entry in conditionViews of package message.
type descriptor struct {
	condition Condition
	about     topic
	urgent    bool // calls fail: it pings whom the worst level mentions
	byMoney   bool // money in the account ends it; else it needs a change in the console
}

// conditions are all, in the order in which the events of one step are posted.
var conditions = []descriptor{
	{Refused, aboutAccess, true, false},
	{Unreachable, aboutAccess, false, false},
	{Expired, aboutExpiry, true, false},
	{Expiring, aboutExpiry, false, false},
	{PlanEnding, aboutPlan, false, false},
	{WalletEmpty, aboutMoney, true, true},
	{Exhausted, aboutMoney, true, false},
	{Balance, aboutMoney, false, true},
	{Spike, aboutPace, false, false},
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

// EndsByTopUp reports whether money in the account ends the condition. A key's
// limit, an expired key and refused credentials need a change in the console.
func (c Condition) EndsByTopUp() bool { return describe(c).byMoney }

// AboutMoney reports whether the condition says that there is too little of it.
func (c Condition) AboutMoney() bool { return describe(c).about == aboutMoney }

// CallsFail reports whether calls fail while the condition lasts, so that it pings whom
// the worst level mentions.
func (c Condition) CallsFail() bool { return describe(c).urgent }

// AboutSpending reports whether the condition has to do with what is spent.
func (c Condition) AboutSpending() bool {
	about := describe(c).about
	return about == aboutMoney || about == aboutPace
}

// Conditions are all conditions, in the order in which they are posted.
func Conditions() []Condition {
	all := make([]Condition, len(conditions))
	for n, d := range conditions {
		all[n] = d.condition
	}
	return all
}
