package schedule

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"mokabot/internal/proof"
)

// ruled is a zone that has no list of its changes, only a rule, as the files of
// many systems have it for every year from 2007 on (RFC 9636, section 3.3).
func ruled(t *testing.T, name, rule string, offset int32) *time.Location {
	t.Helper()
	var b bytes.Buffer
	for _, version := range []byte{'2', '2'} {
		b.WriteString("TZif")
		b.Write(append([]byte{version}, make([]byte, 15)...))
		for _, count := range []uint32{0, 0, 0, 0, 1, 4} { // one type of local time, a name of four bytes
			binary.Write(&b, binary.BigEndian, count)
		}
		binary.Write(&b, binary.BigEndian, offset)
		b.Write([]byte{0, 0, 'S', 'T', 'D', 0})
	}
	b.WriteString("\n" + rule + "\n")
	loc, err := time.LoadLocationFromTZData(name, b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// Where a zone goes by a rule, Go's bounds of a leap year's last day lie before
// that day: whoever walks along them comes to no end.
func TestRulesServeAsWellAsLists(t *testing.T) {
	proof.NotShort(t)
	proof.NotRaced(t)
	t.Parallel()
	for _, loc := range []*time.Location{
		ruled(t, "New York", "EST5EDT,M3.2.0,M11.1.0", -5*3600),
		ruled(t, "Sydney", "AEST-10AEDT,M10.1.0,M4.1.0/3", 10*3600),
		ruled(t, "Lord Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 10*3600+1800),
		ruled(t, "Cairo", "EET-2EEST,M4.5.5/0,M10.5.4/24", 2*3600),
	} {
		for at := time.Duration(0); at < 24*time.Hour; at += 150 * time.Minute {
			if n := checkDays(t, loc, at, 12); n != 4383 {
				t.Errorf("%s at %s: %d days in twelve years", loc, at, n)
			}
		}
	}
}

// Far ahead every zone goes by its rule.
func TestAMonthlyReportCanBeForeseenForCenturies(t *testing.T) {
	t.Parallel()
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	clock, err := newWallClock("30 2 1 * *", loc)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, loc)
	for range 12 * 300 {
		at = clock.Next(at)
	}
	if want := "2326-11-01T02:30"; at.Format("2006-01-02T15:04") != want {
		t.Errorf("the last is at %s, want %s", at, want)
	}
}
