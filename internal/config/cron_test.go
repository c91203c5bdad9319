package config

import (
	"testing"
	"time"
)

func TestSundayIsSevenToo(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"0 9 * * 7", "0 9 * * 0"},
		{"0 9 * * 0", "0 9 * * 0"},
		{"0 9 * * 1,7", "0 9 * * 1,0"},
		{"0 9 * * 5-7", "0 9 * * 0,5,6"},
		{"0 9 * * 0-7", "0 9 * * 0,1,2,3,4,5,6"},
		{"0 9 * * 1-7/2", "0 9 * * 0,1,3,5"},
		{"0 9 * * 1-7/9223372036854775807", "0 9 * * 1"},
		{"0 9 * * sun", "0 9 * * sun"},
		{"0 9 7 7 *", "0 9 7 7 *"},
		{"0 9 * * */7", "0 9 * * */7"},
		{"@weekly", "@weekly"},
	} {
		if got, err := checkCron(c.line, false); err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.line, got, err, c.want)
		}
	}
}

func TestAPanicOfTheParserIsAnError(t *testing.T) {
	for _, line := range []string{"TZ=0", "TZ=", "CRON_TZ=Asia/Shanghai"} {
		if _, err := ParseCron(line); err == nil {
			t.Errorf("%q: no error", line)
		}
	}
}

func TestDaysThatShorterMonthsLack(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"0 9 31 * *", "01-31 02-28 03-31 04-30 05-31 06-30"},
		{"0 9 30 * *", "01-30 02-28 03-30 04-30 05-30 06-30"},
		{"0 9 29 * *", "01-29 02-28 03-29 04-29 05-29 06-29"},
		{"0 9 L * *", "01-31 02-28 03-31 04-30 05-31 06-30"},
		{"0 9 l * *", "01-31 02-28 03-31 04-30 05-31 06-30"},
		{"0 9 15,L * *", "01-15 01-31 02-15 02-28 03-15 03-31"},
		{"0 9 29,31 2 *", "02-28 02-29 02-28 02-28 02-28 02-29"}, // from 2027 on
		{"0 9 L 2 *", "02-28 02-29 02-28 02-28 02-28 02-29"},
		{"0 9 30-L 4-5 *", "04-30 05-30 05-31 04-30 05-30 05-31"},
		{"0 9 28 * *", "01-28 02-28 03-28 04-28 05-28 06-28"},
		{"0 9 */15 * *", "01-01 01-16 01-31 02-01 02-16 03-01"},
		{"0 9 31 * 1", "01-04 01-11 01-18 01-25 01-31 02-01"}, // Mondays too
		{"@monthly", "02-01 03-01 04-01 05-01 06-01 07-01"},
	} {
		line, wrong := checkCron(c.line, false)
		if wrong != nil {
			t.Errorf("%s: %s", c.line, wrong(english()))
			continue
		}
		schedule, err := ParseCron(line)
		if err != nil {
			t.Fatal(err)
		}
		at, got := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), ""
		for range 6 {
			at = schedule.Next(at)
			got += at.Format(" 01-02")
		}
		if got = got[1:]; got != c.want {
			t.Errorf("%s: %s, want %s", c.line, got, c.want)
		}
	}
}

func TestDaysThatNoMonthHas(t *testing.T) {
	for _, line := range []string{"0 9 30 2 *", "0 9 31 4,6,9,11 *", "0 9 32 * *", "0 9 LW * *", "0 9 L-3 * *", "0 9 * L *", "0 L * * *", "0 9 * * L"} {
		if got, wrong := checkCron(line, false); wrong == nil {
			t.Errorf("%s: taken as %q", line, got)
		}
	}
}
