package clock

import (
	"maps"
	"slices"
	"time"
)

const (
	// tolerance is how far apart two correct clocks may be. A Date header counts whole
	// seconds, and its answer travels.
	tolerance = 2 * time.Minute
	// fresh is how long a server's time counts as a vote.
	fresh = time.Hour

	// Discord is the server whose clock is run with most care.
	Discord = "discord.com"
)

// Verdict is the reason why the agreed time changed or was kept. It is logged.
type Verdict string

// The verdicts.
const (
	Unchanged Verdict = ""
	Confirmed Verdict = "a server confirms the time"
	Stepped   Verdict = "the clock of this machine was stepped; the time goes on until a server says which is right"
	Moved     Verdict = "the time was wrong and is set by what others agree on"
	Agrees    Verdict = "the clock of this machine is right again"
)

// consensus decides what time it is. Its own time runs by the monotonic clock, which
// no step moves. It follows the wall clock as long as the two are close, and is
// set anew only when more witnesses agree on another time than on its own. The
// witnesses are its own time, the wall clock, the servers that were heard of
// late, and until the first confirmation the time of the last stored reading:
// of two times it speaks for the earlier one that is not before it. Discord decides where
// votes are equal, and with the wall clock against any number of others; see outvoted.
//
// So a step of the wall clock alone changes nothing, a server alone whose clock
// is wrong changes nothing, and a machine that was asleep is set right by the
// first answer it gets.
type consensus struct {
	now   time.Time     // the agreed time
	ticks time.Duration // of the monotonic clock, at now
	ahead time.Duration // of the wall clock before the monotonic one, to notice steps
	apart bool          // the wall clock shows another time
	steps int           // how often the wall clock was stepped
	sure  bool          // a server confirmed the time since the last step
	last  time.Time     // of the last stored reading; zero once a server confirmed the time
	heard map[string]word
}

// word is a server's time, and when it was heard.
type word struct {
	at    time.Time
	ticks time.Duration
}

func newConsensus(wall time.Time, ticks time.Duration, last time.Time) *consensus {
	return &consensus{now: wall, ticks: ticks, ahead: wall.Sub(epoch) - ticks, last: last, heard: map[string]word{}}
}

// epoch is a moment before this program was written. Clocks are compared by their distance
// from it.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// NeverSet reports whether a time is that of a clock that was never set: it is before this
// program was written.
func NeverSet(t time.Time) bool { return t.Before(epoch) }

// tick lets time pass.
func (j *consensus) tick(wall time.Time, ticks time.Duration) Verdict {
	j.now, j.ticks = j.now.Add(ticks-j.ticks), ticks
	ahead := wall.Sub(epoch) - ticks
	stepped := !within(ahead-j.ahead, tolerance)
	j.ahead = ahead
	was := j.apart
	j.apart = !near(wall, j.now)
	switch {
	case stepped:
		j.steps++
		// What was heard before may be older than it seems: a machine that
		// sleeps has no ticks.
		clear(j.heard)
		j.sure = j.sure && !j.apart
		if j.apart {
			return Stepped
		}
		return Agrees
	case !j.apart:
		j.now = wall // small corrections are followed
		if was {
			return Agrees
		}
	}
	return Unchanged
}

// hear counts a server's time as a vote.
func (j *consensus) hear(server string, date, wall time.Time, ticks time.Duration) Verdict {
	verdict := j.tick(wall, ticks)
	j.heard[server] = word{date, ticks}
	if better, ok := j.outvoted(wall); ok {
		j.now, j.apart, j.sure, j.last = better, !near(wall, better), true, time.Time{}
		return Moved
	}
	if near(date, j.now) && !j.sure {
		j.sure, j.last = true, time.Time{}
		return Confirmed
	}
	return verdict
}

// outvoted finds a time for which more witnesses speak than for the agreed one. Between
// equal votes, Discord and another server outweigh a clock that no server confirms.
// Discord and the wall clock together outweigh everybody: after a pause, gateways that lag
// seem to agree with the last reading. A clock that was never set does not count.
func (j *consensus) outvoted(wall time.Time) (better time.Time, ok bool) {
	var words []time.Time
	byDiscord := func(time.Time) bool { return false }
	for _, server := range slices.Sorted(maps.Keys(j.heard)) {
		if w := j.heard[server]; j.ticks-w.ticks <= fresh {
			at := w.at.Add(j.ticks - w.ticks)
			words = append(words, at)
			if server == Discord {
				byDiscord = func(t time.Time) bool { return near(t, at) }
			}
		}
	}
	decided := func(t time.Time) bool { return byDiscord(t) && (near(t, wall) || NeverSet(wall)) }
	if decided(j.now) {
		return time.Time{}, false
	}
	confirming, best := votes(words, j.now), 0
	if !NeverSet(wall) {
		words = append(words, wall)
	}
	for _, t := range words {
		if near(t, j.now) {
			continue
		}
		own, other := confirming, votes(words, t)
		if !NeverSet(j.now) {
			own++
		}
		switch {
		case j.last.IsZero():
		case j.earliestAfterLast(t, j.now):
			other++
		case j.earliestAfterLast(j.now, t):
			own++
		}
		tied := own == other && confirming == 0 && other >= 2 && byDiscord(t)
		if other > best && (other > own || tied || decided(t)) {
			better, best, ok = t, other, true
		}
	}
	return better, ok
}

// earliestAfterLast reports whether a is not before the last reading while b is before
// it, or is later than a.
func (j *consensus) earliestAfterLast(a, b time.Time) bool {
	start := j.last.Add(-tolerance)
	return !a.Before(start) && (b.Before(start) || a.Before(b))
}

func votes(words []time.Time, t time.Time) (n int) {
	for _, w := range words {
		if near(w, t) {
			n++
		}
	}
	return n
}

func near(a, b time.Time) bool { return within(a.Sub(b), tolerance) }

func within(d, limit time.Duration) bool { return d <= limit && d >= -limit }
