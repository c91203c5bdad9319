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

// outgoing is what an event sends: a post of its own, and the incident's live
// message brought up to date. Without a channel nothing is said.
func (w *Watch) outgoing(a *account.Account, e alert.Event, x extras) ([]store.Outgoing, error) {
	if a.Rules.ChannelID == "" {
		return nil, nil
	}
	alarm := message.Alarm{Account: a.Name, Levels: len(a.Rules.Levels), Event: e, Today: x.today, Models: x.models}
	var out []store.Outgoing
	add := func(o store.Outgoing, m message.Message) error {
		payload, err := json.Marshal(m)
		o.Channel, o.Account, o.Payload, o.At = a.Rules.ChannelID, a.Name, payload, e.At
		out = append(out, o)
		return err
	}
	live := e.Incident.Posts
	if e.Kind.Post() {
		post := store.Outgoing{Key: postKey(a.Name, e.Incident, live), Joins: true}
		if w.rounds.neighbours(a) > 0 {
			post.NotBefore = e.At.Add(hold)
		}
		if err := add(post, message.Alert(w.Words, alarm)); err != nil {
			return nil, err
		}
		live--
	}
	over := e.Kind == alert.Ended || !e.Kind.Post()
	if live < 1 || !over {
		return out, nil
	}
	edit := message.Alert(w.Words, alarm)
	edit.Mentions = message.Mentions{}
	of := postKey(a.Name, e.Incident, live)
	return out, add(store.Outgoing{Key: fmt.Sprintf("%s/edit/%d", of, e.At.UnixMilli()), EditOf: of}, edit)
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
