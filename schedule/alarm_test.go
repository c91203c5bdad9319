package schedule

import (
	"testing"

	"mokabot/internal/alert"
)

func TestWhichPostsAreBroughtUpToDate(t *testing.T) {
	for _, c := range []struct {
		kind        alert.Kind
		posts       int
		first, last int // none when the first is behind the last
	}{
		{alert.Raised, 1, 1, 0},
		{alert.Worsened, 2, 1, 0},
		{alert.Reminder, 3, 1, 0},
		{alert.Updated, 3, 3, 3},
		{alert.Eased, 2, 2, 2},
		{alert.Updated, 0, 1, 0}, // raised while there was no channel
		{alert.Ended, 1, 1, 0},
		{alert.Ended, 2, 1, 1},
		{alert.Ended, 4, 1, 3},
		{alert.Ended, 40, 30, 39},
		{alert.Withdrawn, 3, 1, 3},
		{alert.Withdrawn, 40, 31, 40},
	} {
		first, last := turned(alert.Event{Kind: c.kind, Incident: alert.Incident{Posts: c.posts}})
		if first != c.first || last != c.last {
			t.Errorf("%s with %d posts: %d to %d, want %d to %d", c.kind, c.posts, first, last, c.first, c.last)
		}
	}
}
