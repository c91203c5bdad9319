package discord

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/proof"
	"mokabot/internal/store"
)

// However long Discord was away, what waited is delivered within a minute of
// its return, the second message of a channel right behind the first.
func TestDeliveryResumesWithinAMinuteOfAnOutage(t *testing.T) {
	proof.NotShort(t)
	for _, c := range []struct {
		outage time.Duration
		hangs  time.Duration // before a request fails
	}{
		{time.Minute, 0}, {15 * time.Minute, 0}, {12 * time.Hour, 0}, {12 * time.Hour, requestTime},
	} {
		t.Run(fmt.Sprint(c.outage, " ", c.hangs), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBox(store.Due{Channel: "a"}, store.Due{Channel: "a"})
				end := time.Now().Add(c.outage)
				var arrived []time.Duration
				p := &post{send: func(context.Context, string, int) error {
					if time.Now().Before(end) {
						time.Sleep(c.hangs)
						return &Error{Kind: KindTransient, Status: 502}
					}
					arrived = append(arrived, time.Since(end))
					return nil
				}}
				if err := delivering(t, b, p, c.outage+2*time.Minute); err != nil {
					t.Error(err)
				}
				if len(arrived) != 2 || arrived[0] > time.Minute || arrived[1]-arrived[0] > time.Second {
					t.Errorf("delivered %v after the end", arrived)
				}
				if tries, most := len(p.all()), 2*int(c.outage/(maxRetry/2))+20; tries > most {
					t.Errorf("%d calls, want at most %d", tries, most)
				}
			})
		})
	}
}
