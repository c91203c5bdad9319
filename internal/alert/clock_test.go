package alert

import (
	"testing"
	"time"
)

// D8: no step of the clock leaves an alert or a snooze behind, or repeats one.
func TestStepsOfTheClock(t *testing.T) {
	for name, script := range map[string]string{
		"a false expiry is taken back when the clock is right": `
			10:00    $100 expires 30d10:00
			365d10:00 $100 expires 30d10:00 -> raised expired @7
			10:05    $100 expires 30d10:00 -> ended expired
			10:10    $100 expires 30d10:00`,
		"so is a false warning of one": `
			10:00    $100 expires 30d10:00
			28d10:00 $100 expires 30d10:00 -> raised expiring
			10:05    $100 expires 30d10:00 -> withdrawn expiring
			10:10    $100 expires 30d10:00`,
		"a key that works has not expired by an unconfirmed clock": `
			10:00    $100 expires 30d10:00
			365d10:00 $100 expires 30d10:00 unsure
			365d10:05 $100 expires 30d10:00 -> raised expired @7`,
		"the account's view tells of no expiry": `
			10:00    $100 expires 3d10:00  -> raised expiring
			10:05    $100 account-view
			10:10    $100 account-view
			10:15    $100 expires 3d10:00
			10:20    $100 expires 90d10:00 -> ended expiring`,
		"a key that works after its expiry was renewed": `
			10:00    $100 expires 3d10:00  -> raised expiring
			10:05    $100 account-view
			3d10:01  $100 account-view     -> ended expiring`,
		"a snooze asked for while the clock was a year ahead ends an hour later": `
			10:00    $4
			10:05    $4                -> raised balance/critical @7
			365d10:10 snooze balance until 365d11:10
			10:10    $4
			11:09    $4
			11:10    $4                -> updated balance/critical
			16:11    $4                -> reminder balance/critical @7`,
		"reminders go on after a step back": `
			10:00    $4
			10:05    $4                -> raised balance/critical @7
			365d10:00 $4               -> reminder balance/critical @7
			10:10    $4
			16:10    $4                -> reminder balance/critical @7`,
	} {
		t.Run(name, func(t *testing.T) { tell(t, script) })
	}
}

// A snooze of an earlier version did not note when it was asked for.
func TestAnOldSnoozeLastsNoLongerThanADay(t *testing.T) {
	at := time.Date(2026, 8, 3, 10, 0, 0, 0, time.UTC)
	s := State{Incidents: map[Condition]Incident{Balance: {
		ID: "balance-1", Condition: Balance, LevelName: "critical", Level: 1, Since: at, PostedAt: at, Posts: 1, SnoozedUntil: at.AddDate(1, 0, 0),
	}}}
	f, err := storyFacts(at, []string{"$4"})
	if err != nil {
		t.Fatal(err)
	}
	s, _ = Step(storyRules(), s, f)
	if until := s.Incidents[Balance].SnoozedUntil; until.Sub(at) > 24*time.Hour {
		t.Errorf("snoozed until %s", until)
	}
}
