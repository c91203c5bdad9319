package schedule

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/message"
	"mokabot/internal/store"
)

// hold is how long an alarm waits for those of its neighbours, which are read
// at once when trouble begins; they make one post.
const hold = 2 * time.Second

// mostTurned is how many of an incident's posts are brought up to date when it
// is over: more than anybody scrolls back to.
const mostTurned = 10

// outgoing is what an event sends: a post of its own, and the earlier ones
// brought up to date. Without a channel nothing is said.
func (w *Watch) outgoing(a *account.Account, e alert.Event, x extras) ([]store.Outgoing, error) {
	if a.Rules.ChannelID == "" {
		return nil, nil
	}
	alarm := message.Alarm{Account: a.Name, Levels: len(a.Rules.Levels), Event: e, Today: x.today, Models: x.models}
	said := message.Alert(w.Words, alarm)
	var out []store.Outgoing
	add := func(o store.Outgoing, m message.Message) error {
		payload, err := json.Marshal(m)
		o.Channel, o.Account, o.Payload, o.At = a.Rules.ChannelID, a.Name, payload, e.At
		out = append(out, o)
		return err
	}
	if e.Kind.Post() {
		post := store.Outgoing{Key: postKey(a.Name, e.Incident, e.Incident.Posts), Joins: true}
		if w.rounds.neighbours(a) > 0 {
			post.NotBefore = e.At.Add(hold)
		}
		if err := add(post, said); err != nil {
			return nil, err
		}
	}
	said.Mentions = message.Mentions{}
	first, last := turned(e)
	for n := last; n >= first; n-- {
		of := postKey(a.Name, e.Incident, n)
		if err := add(store.Outgoing{Key: fmt.Sprintf("%s/edit/%d", of, e.At.UnixMilli()), EditOf: of}, said); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// turned are the posts that an event brings up to date: the live one, and at
// the end those before it as well, so that none goes on warning.
func turned(e alert.Event) (first, last int) {
	last = e.Incident.Posts
	switch {
	case e.Kind == alert.Ended:
		last-- // the post of the end itself
		first = last - mostTurned + 1
	case e.Kind == alert.Withdrawn:
		first = last - mostTurned + 1
	case e.Kind.Post():
		return 1, 0
	default:
		first = last
	}
	return max(1, first), last
}

// postKey names the n-th post about an incident, for ever.
func postKey(account string, i alert.Incident, n int) string {
	return fmt.Sprintf("alert/%s/%s/%d", account, i.ID, n)
}

// incidentOf reads a post's key; false when it is not about an incident.
func incidentOf(key string) (account, id string, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) != 4 || parts[0] != "alert" {
		return "", "", false
	}
	return parts[1], parts[2], true
}

func eventOf(name string, e alert.Event) store.Event {
	return store.Event{
		Account: name, Condition: string(e.Incident.Condition), Kind: string(e.Kind),
		Level: e.Incident.LevelName, At: e.At, Since: e.Incident.Since, IncidentID: e.Incident.ID,
	}
}
