package discord

import (
	"encoding/json"
	"testing"
	"time"

	"mokabot/internal/message"
	"mokabot/internal/store"
)

// Which of the messages in a channel is one that a new post would repeat.
func TestPostsBeforeADatabaseWasPutBackAreNotRepeated(t *testing.T) {
	began := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	card := func(title string, tone message.Tone) message.Message {
		return message.Message{Text: "in a line", Cards: []message.Card{{Title: title, Text: "details", Tone: tone}}}
	}
	low, lowEnded := card("team: balance is low", message.ToneWarn), card("team: balance is low", message.ToneGood)
	both := message.Join([]message.Message{card("other: balance is low", message.ToneWarn), low})
	for _, c := range []struct {
		what   string
		posted message.Message
		nonce  string // it was sent with
		due    message.Message
		key    string
		after  time.Duration // the start
		tells  bool
	}{
		{"the first post about an incident that is open there", low, "old", low, "alert/team/balance-a-7/1", time.Minute, true},
		{"the same beside another account's", both, "old", low, "alert/team/balance-a-7/1", time.Minute, true},
		{"of an incident that ended there", lowEnded, "old", low, "alert/team/balance-a-7/1", time.Minute, false},
		{"of another account", card("other: balance is low", message.ToneWarn), "old", low, "alert/team/balance-a-7/1", time.Minute, false},
		{"long after the start", low, "old", low, "alert/team/balance-a-7/1", time.Hour, false},
		{"a reminder", low, "old", low, "alert/team/balance-a-7/2", time.Minute, false},
		{"the second post about a known incident", low, "new", low, "alert/team/balance-a-1/2", time.Hour, true},
		{"another second post", card("team: balance alert escalated to critical", message.ToneCritical), "new", low, "alert/team/balance-a-1/2", time.Minute, false},
		{"the same warning of a budget", low, "new", low, "budget/monthly/1/1", time.Minute, true},
		{"a further warning of a budget", low, "new", card("monthly: exceeded", message.ToneWarn), "budget/monthly/1/1", time.Minute, false},
		{"a report", card("Daily report", message.ToneInfo), "new", card("Daily report (delayed)", message.ToneInfo), "report/daily/2026-11-28", time.Hour, true},
		{"another report of the same title", card("Daily report", message.ToneInfo), "old", card("Daily report", message.ToneInfo), "report/daily/2026-11-29", time.Minute, false},
	} {
		payload, err := json.Marshal(c.due)
		if err != nil {
			t.Fatal(err)
		}
		sent := toPayload(c.posted)
		sent.mark(c.nonce)
		raw, err := json.Marshal(sent)
		if err != nil {
			t.Fatal(err)
		}
		var stored storedMessage
		if err := json.Unmarshal(raw, &stored); err != nil {
			t.Fatal(err)
		}
		d := &Delivery{began: began}
		if got := d.repeats(Posted{"1", stored}, store.Due{Key: c.key, Nonce: "new", At: began.Add(c.after), Payload: payload}); got != c.tells {
			t.Errorf("%s: %t", c.what, got)
		}
	}
}
