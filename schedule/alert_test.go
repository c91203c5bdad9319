package schedule

import (
	"testing"

	"mokabot/internal/alert"
)

func TestWhichPostsAnEndCloses(t *testing.T) {
	for _, c := range []struct {
		kind        alert.Kind
		held        bool
		posts       int
		first, last int // none when the first is behind the last
	}{
		{alert.Ended, false, 1, 1, 0},
		{alert.Ended, false, 2, 1, 1},
		{alert.Ended, false, 4, 1, 3},
		{alert.Ended, false, 40, 30, 39},
		{alert.Ended, true, 1, 1, 1}, // the post that tells of it comes later
		{alert.Ended, true, 0, 1, 0}, // nobody was told that it began
		{alert.Withdrawn, false, 3, 1, 3},
		{alert.Withdrawn, false, 40, 31, 40},
	} {
		first, last := closes(alert.Event{Kind: c.kind, Held: c.held, Incident: alert.Incident{Posts: c.posts}})
		if first != c.first || last != c.last {
			t.Errorf("%s with %d posts: %d to %d, want %d to %d", c.kind, c.posts, first, last, c.first, c.last)
		}
	}
}
