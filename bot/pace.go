package bot

import (
	"sync"
	"time"
)

// How many commands one person may use in a minute. All commands together must leave time
// for alerts, and operators must be able to act.
const (
	viewerPerMinute     = 15
	operatorPerMinute   = 60
	completionPerMinute = 120 // completions, which Discord asks for at every key

	// Test alerts of everybody together: they ping people, and take Discord's limit of an
	// alerts' channel, about one message a second, from the alerts.
	testsPerMinute = 5
)

// maxPaced is how many people are remembered before idle ones are forgotten.
const maxPaced = 1000

// pace limits how many commands each person may use in any 60 seconds.
type pace struct {
	mu   sync.Mutex
	used map[string][]time.Time // by person; the oldest use first
}

// use counts one use. When there were limit uses within the last minute it counts
// nothing and returns the time until the next is possible.
func (p *pace) use(person string, limit int, now time.Time) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used == nil {
		p.used = map[string][]time.Time{}
	}
	if len(p.used) > maxPaced {
		for other, used := range p.used {
			if len(recent(used, now)) == 0 {
				delete(p.used, other)
			}
		}
	}
	used := recent(p.used[person], now)
	if len(used) >= limit {
		wait = used[len(used)-limit].Add(time.Minute).Sub(now)
	} else {
		used = append(used, now)
	}
	p.used[person] = used
	return wait
}

// recent are the uses of the last minute, without those in the future, from before the
// clock was set back.
func recent(used []time.Time, now time.Time) []time.Time {
	var kept []time.Time
	for _, at := range used {
		if ago := now.Sub(at); ago >= 0 && ago < time.Minute {
			kept = append(kept, at)
		}
	}
	return kept
}
