package config

import "testing"

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
		if _, err := parseCron(line); err == nil {
			t.Errorf("%q: no error", line)
		}
	}
}
