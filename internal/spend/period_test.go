package spend

import (
	"testing"
	"time"
)

// Every day follows the one before without a gap and is about a day long, also
// on the days of later months that have the number of a day without midnight.
func TestDaysFollowEachOther(t *testing.T) {
	for _, name := range []string{
		"UTC", "America/New_York", "America/Havana", "America/Santiago", "America/Asuncion", "Africa/Cairo", "Asia/Beirut",
		"Asia/Shanghai", "Atlantic/Azores", "Australia/Lord_Howe", "Europe/Berlin",
	} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		noon := time.Date(2023, 1, 1, 12, 0, 0, 0, loc)
		for last := Day(noon.AddDate(0, 0, -1), loc); noon.Year() < 2029; noon = noon.AddDate(0, 0, 1) {
			day := Day(noon, loc)
			length := day.To.Sub(day.From)
			if !day.From.Equal(last.To) || length < 23*time.Hour || length > 25*time.Hour || day.From.In(loc).Day() != noon.Day() {
				t.Fatalf("%s, %s: from %v to %v, after %v", name, noon.Format(time.DateOnly), day.From, day.To, last.To)
			}
			last = day
		}
	}
}
