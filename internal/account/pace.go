package account

import "time"

// Of a host's request budget, polls that ask for more than it allows may use
// freeShare as fast as they like, and leave commandShare to the commands.
const (
	freeShare    = 0.4
	commandShare = 0.05
)

// Pace is the shortest time in which every account can be read once within the
// request budget of the busiest gateway host.
func (b *Book) Pace() time.Duration {
	var busiest time.Duration
	for host := range b.calls {
		busiest = max(busiest, b.pace(host))
	}
	return busiest
}

// pace is the shortest time in which a host's accounts can be read once.
func (b *Book) pace(host string) time.Duration {
	requests, window := b.limiter.Budget()
	return window * time.Duration(b.calls[host]) / time.Duration(requests)
}

// Until is the time until an account's next reading: as wanted, unless that
// asks for more than the host's request budget allows. Then readings come as
// wanted for a while, so that the first ones after a start are not held up, and
// what is left of the budget is spread over the time for which it has to last.
// Used up at once, it would leave minutes in which nothing can be read.
func (b *Book) Until(a *Account, wanted time.Duration) time.Duration {
	host := a.Client.Host()
	if wanted >= b.pace(host) {
		return wanted
	}
	requests, _ := b.limiter.Budget()
	calls := b.calls[host]
	room, more := a.Client.Room()
	if float64(room) > (1-freeShare)*float64(requests) {
		return wanted
	}
	spare := max(calls, room-int(commandShare*float64(requests))) // more comes before the last of it is used
	return max(wanted, more*time.Duration(calls)/time.Duration(spare))
}

// Budget is how many requests a gateway host may get in a window.
func (b *Book) Budget() (requests int, window time.Duration) { return b.limiter.Budget() }
