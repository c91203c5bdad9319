package alert

import (
	"testing"
	"time"
)

func TestQuietHours(t *testing.T) {
	for name, script := range map[string]string{
		"a quiet level is told once when they are over": `
			10:00    rules quiet
			23:10    $19
			23:15    $19               -> held raised balance/low
			23:16    recheck           -> 07:30:00
			1d02:00  $15               -> updated balance/low
			1d07:29  $12               -> updated balance/low
			1d07:30  $12               -> late raised balance/low
			1d07:35  $12`,
		"the worst level is held back where it is named": `
			10:00    rules quiet quiet-all
			23:10    $4
			23:15    $4                -> held raised balance/critical @7
			1d07:30  $4                -> late raised balance/critical @7`,
		"without names it is all but the worst level": `
			10:00    rules quiet quiet-default
			23:10    $19
			23:15    $19               -> held raised balance/low
			1d02:00  $4                -> updated balance/low
			1d02:05  $4                -> worsened balance/critical @7`,
		"the only level of an account is held back only where it is named": `
			10:00    rules quiet quiet-default no-critical
			23:10    $19
			23:15    $19               -> raised balance/low`,
		"a level that is not named comes through": `
			10:00    rules quiet
			23:10    $4
			23:15    $4                -> raised balance/critical @7`,
		"a level that gets worse comes through, and owes nothing": `
			10:00    rules quiet
			23:10    $19
			23:15    $19               -> held raised balance/low
			1d02:00  $4                -> updated balance/low
			1d02:05  $4                -> worsened balance/critical @7
			1d07:30  $4`,
		"a raise that is over by the morning is not told": `
			10:00    rules quiet
			23:10    $19
			23:15    $19               -> held raised balance/low
			1d02:00  $60 top-up $41    -> held ended balance +$41.00
			1d07:30  $60`,
		"an end is told in the morning": `
			10:00    rules quiet
			22:00    $19
			22:05    $19               -> raised balance/low
			1d02:00  $60 top-up $41    -> held ended balance +$41.00
			1d07:30  $60               -> late ended balance +$41.00
			1d07:35  $60`,
		"an end that did not last is not told, what came after it is": `
			10:00    rules quiet
			22:00    $19
			22:05    $19               -> raised balance/low
			1d02:00  $60               -> held ended balance
			1d04:00  $19
			1d04:05  $19               -> held raised balance/low
			1d07:30  $19               -> late raised balance/low`,
		"an end is told in the morning, also when what came after it is over as well": `
			10:00    rules quiet
			22:00    $19
			22:05    $19               -> raised balance/low
			1d02:00  $60 top-up $41    -> held ended balance +$41.00
			1d04:00  $19
			1d04:05  $19               -> held raised balance/low
			1d06:00  $61 top-up $42    -> held ended balance +$42.00
			1d07:30  $61               -> late ended balance +$41.00
			1d07:35  $61`,
		"an end is not told after what came after it was told": `
			10:00    rules quiet
			22:00    $19
			22:05    $19               -> raised balance/low
			1d02:00  $60               -> held ended balance
			1d04:00  $4
			1d04:05  $4                -> raised balance/critical @7
			1d06:00  $60               -> ended balance
			1d07:30  $60`,
		"an end gives way to worse of the same topic": `
			10:00    rules quiet
			22:00    $19
			22:05    $19               -> raised balance/low
			1d02:00  $60               -> held ended balance
			1d04:00  exhausted
			1d04:05  exhausted         -> raised exhausted @7
			1d07:30  exhausted`,
		"a worse quiet level is told in the morning, unless it eased": `
			10:00    rules quiet third-level
			22:00    $40
			22:05    $40               -> raised balance/notice
			1d01:00  $19               -> updated balance/notice
			1d01:05  $19               -> held worsened balance/low
			1d02:00  $40               -> eased balance/notice
			1d02:05  $19               -> updated balance/notice
			1d02:10  $19               -> held worsened balance/low
			1d07:30  $19               -> late worsened balance/low`,
		"reminders wait for the morning": `
			10:00    rules quiet
			1d00:00  $100
			1d22:00  $19
			1d22:05  $19               -> raised balance/low
			2d22:05  $19               -> reminder balance/low
			3d23:00  $19
			4d07:29  $19
			4d07:30  $19               -> reminder balance/low`,
		"what has no level is told at once": `
			10:00    rules quiet
			23:10    $100 spent $9 usual $1 -> raised spike
			23:20    $100 spent $1 usual $1 -> ended spike`,
		"without quiet hours any more it is told at once": `
			10:00    rules quiet
			23:10    $19
			23:15    $19               -> held raised balance/low
			23:20    rules
			23:25    $19               -> late raised balance/low`,
	} {
		t.Run(name, func(t *testing.T) { tell(t, script) })
	}
}

func TestChannels(t *testing.T) {
	for name, script := range map[string]string{
		"a channel that is configured later is told once": `
			10:00    rules no-channel
			10:00    $4
			10:05    $4                -> held raised balance/critical @7
			20:00    $4
			20:01    rules
			20:05    $4                -> late raised balance/critical @7
			20:10    $4`,
		"an end of what nobody was told is not told either": `
			10:00    rules no-channel
			10:00    $4
			10:05    $4                -> held raised balance/critical @7
			11:00    $50               -> held ended balance
			11:01    rules
			11:05    $50`,
		"a channel that is taken away hears no more": `
			10:00    $4
			10:05    $4                -> raised balance/critical @7
			10:06    rules no-channel
			18:00    $4
			19:00    $50               -> held ended balance
			19:01    rules
			19:05    $50`,
	} {
		t.Run(name, func(t *testing.T) { tell(t, script) })
	}
}

func TestMentionsOfAnEnd(t *testing.T) {
	tell(t, `
		10:00    $4
		10:05    $4                -> raised balance/critical @7
		11:00    $50               -> ended balance
		11:01    rules mention-recovery
		12:00    $4
		12:05    $4                -> raised balance/critical @7
		13:00    $50               -> ended balance @7`)
}

func TestQuietHoursOverClockChanges(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	clock := func(h, m int) time.Duration { return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute }
	for _, c := range []struct {
		what       string
		from, to   time.Duration
		at, wanted string // wanted "" when the hours are not quiet
	}{
		{"overnight, before midnight", clock(23, 0), clock(7, 30), "2026-06-01T23:00:00+02:00", "2026-06-02T07:30:00+02:00"},
		{"overnight, after midnight", clock(23, 0), clock(7, 30), "2026-06-02T07:29:59+02:00", "2026-06-02T07:30:00+02:00"},
		{"the end is not quiet", clock(23, 0), clock(7, 30), "2026-06-02T07:30:00+02:00", ""},
		{"just before the beginning", clock(23, 0), clock(7, 30), "2026-06-02T22:59:59+02:00", ""},
		{"within a day", clock(12, 0), clock(14, 0), "2026-06-02T13:00:00+02:00", "2026-06-02T14:00:00+02:00"},
		{"not at another time of that day", clock(12, 0), clock(14, 0), "2026-06-02T15:00:00+02:00", ""},
		{"over the end of a month", clock(23, 0), clock(7, 0), "2026-07-31T23:30:00+02:00", "2026-08-01T07:00:00+02:00"},
		{"over the end of a year", clock(23, 0), clock(7, 0), "2027-01-01T03:00:00+01:00", "2027-01-01T07:00:00+01:00"},
		{"the night that is an hour shorter", clock(23, 0), clock(7, 0), "2026-03-28T23:30:00+01:00", "2026-03-29T07:00:00+02:00"},
		{"the night that is an hour longer", clock(23, 0), clock(7, 0), "2026-10-24T23:30:00+02:00", "2026-10-25T07:00:00+01:00"},
		{"an end that the change skips", clock(23, 0), clock(2, 30), "2026-03-29T01:59:00+01:00", "2026-03-29T03:30:00+02:00"},
		{"an end that comes twice counts the first time", clock(23, 0), clock(2, 30), "2026-10-25T02:45:00+02:00", ""},
		{"and is not quiet again", clock(23, 0), clock(2, 30), "2026-10-25T02:15:00+01:00", ""},
		{"the same time twice is none", clock(7, 0), clock(7, 0), "2026-06-02T07:00:00+02:00", ""},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if until := (QuietHours{From: c.from, To: c.to, Zone: berlin}).Until(at); !until.IsZero() {
			got = until.Format(time.RFC3339)
		}
		if got != c.wanted {
			t.Errorf("%s: until %q, want %q", c.what, got, c.wanted)
		}
	}
}
