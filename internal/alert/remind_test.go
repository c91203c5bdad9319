package alert

import "testing"

func TestReminders(t *testing.T) {
	for name, script := range map[string]string{
		"come every interval of the level, counted from the last post": `
			10:00    $4
			10:05    $4                -> raised balance/critical @7
			16:04    $4
			16:05    $4                -> reminder balance/critical @7
			22:04    $4
			22:06    $4                -> reminder balance/critical @7`,
		"come while nothing can be read": `
			10:00    $4
			10:05    $4                -> raised balance/critical @7
			16:05    503               -> reminder balance/critical @7`,
		"do not come during a snooze, and come after it when due": `
			10:00    $4
			10:05    $4                -> raised balance/critical @7
			10:06    snooze balance until 18:00
			16:05    $4
			17:59    $4
			18:00    $4                -> reminder balance/critical @7
			18:05    $4`,
		"wait for the interval when a snooze ends before it": `
			10:00    $4
			10:05    $4                -> raised balance/critical @7
			10:06    snooze balance until 11:00
			11:00    $4                -> updated balance/critical
			16:05    $4                -> reminder balance/critical @7`,
		"come again when the snooze is taken back": `
			10:00    $4
			10:05    $4                -> raised balance/critical @7
			10:06    snooze balance until 1d18:00
			16:06    unsnooze balance
			16:07    unsnooze balance  -> no such thing
			16:08    $4                -> reminder balance/critical @7`,
		"wait for money when snoozed until a top-up": `
			10:00    $4
			10:05    $4                -> raised balance/critical @7
			10:06    snooze balance until top-up
			2d10:00  $4
			2d10:05  $4.50 top-up $0.50 -> reminder balance/critical @7`,
		"are not broken off by money that clears the level": `
			10:00    $4
			10:05    $4                -> raised balance/critical @7
			10:06    snooze balance until top-up
			10:10    $40 top-up $36    -> ended balance +$36.00`,
	} {
		t.Run(name, func(t *testing.T) { tell(t, script) })
	}
}

func TestSnooze(t *testing.T) {
	for name, script := range map[string]string{
		"is broken and cleared by a worse level": `
			10:00    $19
			10:05    $19               -> raised balance/low
			10:06    snooze balance until 5d10:00
			10:10    $4                -> updated balance/low
			10:15    $4                -> worsened balance/critical @7
			16:15    $4                -> reminder balance/critical @7`,
		"is broken by an empty key": `
			10:00    $19
			10:05    $19               -> raised balance/low
			10:06    snooze balance until top-up
			10:10    exhausted         -> updated balance/low
			10:15    exhausted         -> raised exhausted @7, withdrawn balance by exhausted`,
		"needs an open incident and a time to come": `
			10:00    snooze balance until 11:00  -> no such thing
			10:00    snooze balance until top-up -> no such thing
			10:00    $4
			10:05    $4                -> raised balance/critical @7
			10:06    snooze balance until 10:06  -> no such thing`,
	} {
		t.Run(name, func(t *testing.T) { tell(t, script) })
	}
}
