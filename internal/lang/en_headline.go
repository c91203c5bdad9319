package lang

import (
	"time"

	"mokabot/moka"
)

func enHeadline() HeadlineWords {
	return HeadlineWords{
		Of: func(name, what string) string { return name + ": " + what },
		With: func(line, more string) string {
			if more == "" {
				return line
			}
			return line + " · " + more
		},
		OnLevel:     func(line, level string) string { return line + " (" + level + ")" },
		EscalatedTo: func(level string) string { return "escalated to " + level },
		EasedTo:     func(level string) string { return "eased to " + level },
		Left:        func(left moka.Amount) string { return left.String() + " left" },
		LeftAndRunway: func(left moka.Amount, d time.Duration) string {
			return left.String() + " left, about " + enDuration(d)
		},
		LeftAtPace: func(left moka.Amount, d time.Duration) string {
			return left.String() + " left, about " + enDuration(d) + " at this pace"
		},
		LeftAtMost: func(left moka.Amount, d time.Duration) string {
			return left.String() + " left, " + enDuration(d) + " at most at this pace"
		},
		LeftUntilEnd: func(left moka.Amount, d time.Duration) string {
			return left.String() + " left, the plan or key ends in " + enDuration(d)
		},
		Reminder: func(line string, open time.Duration) string {
			return "Reminder · " + line + ", open for " + enDuration(open)
		},
		For:        func(line string, d time.Duration) string { return line + " (for " + enDuration(d) + ")" },
		After:      func(line string, d time.Duration) string { return line + " (after " + enDuration(d) + ")" },
		PlanEndsIn: func(name string, d time.Duration) string { return name + ": the plan ends in " + enDuration(d) },
		ExpiresIn:  func(name string, d time.Duration) string { return name + ": the API key expires in " + enDuration(d) },
		LastKnown:  func(left moka.Amount) string { return "last known balance " + left.String() },
		CallsFail:  func(line string) string { return line + "; calls fail" },
		CallsGoOn:  func(line string) string { return line + "; API calls do not need it" },
		ToppedUp:   func(amount moka.Amount) string { return amount.String() + " topped up" },
		Spent: func(amount, span, change string) string {
			if change != "" {
				change = " (" + change + ")"
			}
			return amount + " spent " + span + change
		},
		OnDay:    func(day string) string { return "on " + day },
		InMonth:  func(month string) string { return "in " + month },
		Days:     func(from, to string) string { return "from " + from + " to " + to },
		NotKnown: func(span string) string { return "spending " + span + " is not known" },
	}
}
