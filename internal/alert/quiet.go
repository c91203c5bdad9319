package alert

import "time"

// Ref names an incident of an account.
type Ref struct{ Account, ID string }

// Quiet is for how long the reminders of an incident are held back: for a
// time, until money comes in, or not at all.
type Quiet struct {
	For        time.Duration
	UntilTopUp bool
}
