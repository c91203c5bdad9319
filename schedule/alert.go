package schedule

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/store"
)

// hold is how long an alert waits for those of other accounts with the same channel,
// which are read at once when trouble begins; together they are one message.
const hold = 2 * time.Second

// maxClosed is how many of an incident's posts are closed when it is over: more
// than anybody scrolls back to.
const maxClosed = 10

// outgoing are the messages of an event: a post of its own, or edits of earlier ones.
// The posts of an open incident show its newest figures; those of one that is over keep
// their text and are closed. Edits go where the posts are, whatever channel is configured
// now.
func (w *Watch) outgoing(a *account.Account, e alert.Event, x extras) ([]store.Outgoing, error) {
	news := message.AlertDetails{
		Account: a.Name, Levels: len(a.Rules.Levels), Event: e, Today: x.today, Models: x.models, Key: x.key,
		Remind: a.Rules.RemindEvery(e.Incident), Page: a.Page(), Last: x.last,
	}
	var out []store.Outgoing
	if e.Post() {
		payload, err := json.Marshal(message.Alert(w.Words, news))
		if err != nil {
			return nil, err
		}
		post := store.Outgoing{Key: postKey(a.Name, e.Incident, e.Incident.Posts), Joins: true, Payload: payload}
		if w.rounds.sameChannel(a) > 0 {
			post.NotBefore = e.At.Add(hold)
		}
		out = append(out, post)
	}
	switch first, last := closes(e); {
	case over(e):
		for n := last; n >= first; n-- {
			out = append(out, closing(w.Words, a.Name, e, n))
		}
	case !e.Post() && e.Incident.Posts > 0:
		live := message.Alert(w.Words, news)
		live.Mentions = message.Mentions{}
		payload, err := json.Marshal(live)
		if err != nil {
			return nil, err
		}
		edit := editOf(a.Name, e, e.Incident.Posts)
		edit.Payload = payload
		out = append(out, edit)
	}
	for i := range out {
		out[i].Channel, out[i].Account, out[i].At = a.Rules.ChannelID, a.Name, e.At
	}
	return out, nil
}

func over(e alert.Event) bool {
	return (e.Kind == alert.Ended || e.Kind == alert.Withdrawn) && !e.Late
}

// closes are the numbers of the posts that the end of an incident closes; none when
// first is greater than last.
func closes(e alert.Event) (first, last int) {
	last = e.Incident.Posts
	if e.Post() {
		last-- // the last one reports the end
	}
	return max(1, last-maxClosed+1), last
}

// closing is the edit that closes the n-th post about an incident.
func closing(words *lang.Words, account string, e alert.Event, n int) store.Outgoing {
	edit := editOf(account, e, n)
	edit.Amend = amend(edit.EditOf, func(posted message.Message) message.Message { return message.Close(words, posted, e) })
	return edit
}

// amend makes an edit of a post's newest payload.
func amend(post string, change func(message.Message) message.Message) func(json.RawMessage) (json.RawMessage, error) {
	return func(newest json.RawMessage) (json.RawMessage, error) {
		var posted message.Message
		if err := json.Unmarshal(newest, &posted); err != nil {
			return nil, fmt.Errorf("post %s: %w", post, err)
		}
		return json.Marshal(change(posted))
	}
}

func editOf(account string, e alert.Event, n int) store.Outgoing {
	of := postKey(account, e.Incident, n)
	return store.Outgoing{Key: fmt.Sprintf("%s/%s/%d", of, e.Kind, e.At.UnixMilli()), EditOf: of}
}

// postKey names the n-th post about an incident, forever.
func postKey(account string, i alert.Incident, n int) string {
	return fmt.Sprintf("alert/%s/%s/%d", i.SubjectOf(account), i.ID, n)
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
