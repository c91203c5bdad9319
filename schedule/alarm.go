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
	alarm := message.Alarm{
		Account: a.Name, Levels: len(a.Rules.Levels), Event: e, Today: x.today, Models: x.models,
		Remind: a.Rules.RemindEvery(e.Incident), Links: message.Links{TopUp: a.Console(), Console: a.Console()},
	}
	said := message.Alert(w.Words, alarm)
	payload, err := json.Marshal(said)
	if err != nil {
		return nil, err
	}
	var out []store.Outgoing
	if e.Kind.Post() {
		post := store.Outgoing{Key: postKey(a.Name, e.Incident, e.Incident.Posts), Joins: true, Payload: payload}
		if w.rounds.neighbours(a) > 0 {
			post.NotBefore = e.At.Add(hold)
		}
		out = append(out, post)
	}
	said.Mentions = message.Mentions{}
	if payload, err = json.Marshal(said); err != nil {
		return nil, err
	}
	first, last := turned(e)
	for n := last; n >= first; n-- {
		of := postKey(a.Name, e.Incident, n)
		out = append(out, store.Outgoing{Key: fmt.Sprintf("%s/edit/%d", of, e.At.UnixMilli()), EditOf: of, Payload: payload})
	}
	for i := range out {
		out[i].Channel, out[i].Account, out[i].At = a.Rules.ChannelID, a.Name, e.At
	}
	return out, nil
}

// turned are the posts that an event brings up to date: the live one, and at
// the end those before it as well, so that none goes on warning.
func turned(e alert.Event) (first, last int) {
	last = e.Incident.Posts
	first = last
	switch {
	case e.Kind == alert.Withdrawn:
		first = last - mostTurned + 1
	case e.Kind == alert.Ended:
		last-- // the last one tells of the end
		first = last - mostTurned + 1
	case e.Kind.Post():
		return 1, 0
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
