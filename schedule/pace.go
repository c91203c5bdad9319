package schedule

import (
	"slices"
	"time"

	"mokabot/moka"
)

// maxMoves bounds what a pace goes by.
const maxMoves = 48

// paceSpans are over what times the pace of now is measured; the fastest counts.
// The first is long enough for one call not to look like a runaway.
var paceSpans = [...]time.Duration{time.Minute, 5 * time.Minute}

// moves are an account's last readings as far as its pace goes by them, the oldest
// first.
type moves []move

type move struct {
	at    time.Time
	spent moka.Amount // since the first of them all
}

// add notes what was spent between the reading before and one at a moment.
func (m moves) add(at time.Time, spent moka.Amount) moves {
	if len(m) == maxMoves {
		m = slices.Delete(m, 0, maxMoves/4)
	}
	if n := len(m); n > 0 {
		spent += m[n-1].spent
	}
	return append(m, move{at, spent})
}

// pace is how fast the money goes, in dollars an hour; 0 before two readings.
func (m moves) pace() (perHour float64) {
	if len(m) == 0 {
		return 0
	}
	last := m[len(m)-1]
	for _, span := range paceSpans {
		for i := len(m) - 2; i >= 0; i-- {
			if took := last.at.Sub(m[i].at); took >= span {
				perHour = max(perHour, (last.spent-m[i].spent).USD()/took.Hours())
				break
			}
		}
	}
	return perHour
}
