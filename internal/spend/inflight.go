package spend

import (
	"time"

	"mokabot/moka"
)

// inFlightNeeds is how long figures must have been watched to tell what calls
// under way hold: longer than most calls last.
const inFlightNeeds = time.Minute

// InFlight is at most what calls under way have booked in advance and may give
// back. A wallet shows it: what is left falls at once and what was used moves when
// the call is over, so their sum is that much lower than it was. It is unknown of
// a key, whose used figure moves at once, and in the first minute.
func (s State) InFlight() moka.Maybe {
	high := highestOf(s.High, s.Before)
	if s.Basis != basisWallet || !s.HasLeft || high == nil {
		return moka.Maybe{}
	}
	if s.Before == nil && s.At.Sub(s.Since) < inFlightNeeds {
		return moka.Maybe{}
	}
	return moka.Known(s.dollars(max(0, *high-(s.total()-s.Paid))))
}
