package schedule

import (
	"context"
	"time"
)

// patience is how long a start waits for the time to be confirmed once Discord answers.
const patience = 5 * time.Minute

// awaitTime waits at a start until sure reports that the time was confirmed, because what
// was posted by a wrong clock cannot be taken back. Until Discord was reached nothing could
// be posted anyway; where nobody confirms the time for a while after that, it is taken as
// right. Both functions may be nil.
func awaitTime(ctx context.Context, sure, reached func() bool) {
	for since := time.Now(); sure != nil && !sure() && time.Since(since) < patience; {
		if reached != nil && !reached() {
			since = time.Now()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}
