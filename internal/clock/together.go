package clock

import "time"

const (
	quarter = 15 * time.Second // of a minute
	early   = time.Second      // by which a timer may be early against the clock of the machine
)

// Together changes a wait so that it ends together with others: at a whole quarter of a
// minute by the clock of the machine. It then is up to a quarter shorter, or up to a second
// longer. It is for looks that may come at any time because nothing is expected of them:
// waking once for all of them costs the processor much less. A wait below a quarter of a
// minute stays as it is.
func Together(wait time.Duration) time.Duration {
	if wait < quarter {
		return wait
	}
	now := time.Now()
	rest := now.Add(wait).Truncate(quarter).Sub(now.Round(0))
	if rest <= early {
		rest += quarter
	}
	return rest
}
