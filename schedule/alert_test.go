package schedule

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/internal/message"
)

// An alert's "spent today" includes what the reading that raises it adds.
func TestAnAlertCountsTheSpendingThatRaisesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble's clock begins at midnight
		rules := lowAndCritical()
		rules.ConfirmAfter = 0
		s := simulate(t, 1, rules)
		s.start()
		time.Sleep(20 * time.Minute)
		for _, c := range []struct {
			left  float64
			today string
		}{{15, "$85.00"}, {4, "$96.00"}} {
			s.holds(0, c.left)
			time.Sleep(10 * time.Minute)
			if got := s.fieldOfLastPost(lang.English().Alert.Today); got != c.today {
				t.Errorf("$%g left: spent today %q, want %q", c.left, got, c.today)
			}
		}
		s.stop()
	})
}

// fieldOfLastPost is the value of a field of the newest post.
func (s *simulation) fieldOfLastPost(name string) string {
	s.t.Helper()
	var payload string
	db := s.readOnly()
	defer db.Close()
	if err := db.QueryRow(`SELECT payload FROM outbox WHERE edit_of = '' ORDER BY id DESC LIMIT 1`).Scan(&payload); err != nil {
		s.t.Fatal(err)
	}
	var m message.Message
	if err := json.Unmarshal([]byte(payload), &m); err != nil {
		s.t.Fatal(err)
	}
	for _, f := range m.Cards[0].Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

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
