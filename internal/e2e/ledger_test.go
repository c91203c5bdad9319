package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/discordsim"
	"mokabot/internal/message"
	"mokabot/internal/store"
)

// verdict compares what the database says happened with what the channel
// shows.
type verdict struct {
	Transitions int // that deserve a post
	Reports     int
	Messages    int // in the channel
	Edited      int // of them
	Reduced     int // that Discord took as plain text alone
	Duplicates  int // posts that are there more than once
	Losses      int // transitions without a post
	Strangers   int // posts without a transition
	Stale       int // messages that do not show the last that was said
	wrong       []string

	plain map[string]bool // messages that came as plain text, by id
}

func (v verdict) clean() bool { return len(v.wrong) == 0 }

// String is one line of figures.
func (v verdict) String() string {
	return fmt.Sprintf("%d transitions, %d reports, %d messages (%d edited, %d in a reduced form), %d duplicates, %d losses, %d strangers, %d stale",
		v.Transitions, v.Reports, v.Messages, v.Edited, v.Reduced, v.Duplicates, v.Losses, v.Strangers, v.Stale)
}

func (v *verdict) note(count *int, format string, args ...any) {
	*count++
	v.wrong = append(v.wrong, fmt.Sprintf(format, args...))
}

// shown is how a reader tells posts apart: their title and time.
type shown struct{ title, at string }

// shownBy is what a reader sees of a card on Discord; the marker is invisible.
func shownBy(e discordsim.Embed) shown {
	title := strings.Map(func(r rune) rune {
		if r == '\u200c' || r >= '\u2061' && r <= '\u2063' {
			return -1
		}
		return r
	}, e.Title)
	return shown{title, e.Timestamp}
}

// shownOf is what a reader is to see of a message of the outbox, card by card.
func shownOf(payload []byte) ([]shown, error) {
	var m message.Message
	if err := json.Unmarshal(payload, &m); err != nil {
		return nil, err
	}
	var all []shown
	for _, c := range m.Cards {
		all = append(all, shown{c.Title, c.At.UTC().Format("2006-01-02T15:04:05.000Z")})
	}
	if len(all) == 0 {
		return nil, errors.New("it has no card")
	}
	return all, nil
}

// compare holds the database against the channels.
func (s *arena) compare(l *ledger, accounts ...client) verdict {
	s.t.Helper()
	v := verdict{plain: map[string]bool{}}
	posted, marked := map[shown]int{}, map[string]int{}
	for _, m := range l.list() {
		for _, e := range m.Embeds {
			posted[shownBy(e)]++
		}
		if len(m.Embeds) == 0 {
			v.plain[m.ID] = true
			v.Reduced++
		}
		if sign := invisible.FindString(string(m.JSON())); sign != "" {
			if marked[sign]++; marked[sign] == 2 {
				v.note(&v.Duplicates, "two messages carry the marker of %s", m.JSON())
			}
		}
	}
	err := s.read(func(db *store.DB) error {
		for _, c := range accounts {
			if err := v.account(db, c.name, posted, s.discord); err != nil {
				return err
			}
		}
		return errors.Join(v.others(db, s.database(), posted, s.discord), v.looks(db, s.discord))
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for what := range posted {
		v.note(&v.Strangers, "no transition explains %q of %s", what.title, what.at)
	}
	return v
}

// invisible is the marker of a message that went through the outbox.
var invisible = regexp.MustCompile(`[\x{200c}\x{2061}-\x{2063}]{32}`)

// looks checks that every message shows the last that was said of its posts.
func (v *verdict) looks(db *store.DB, d *discordsim.Server) error {
	for _, channel := range d.Channels() {
		for _, m := range d.Messages(channel.ID) {
			v.Messages++
			if m.Edited != nil {
				v.Edited++
			}
			latest, err := db.Whole(context.Background(), store.Due{TargetMessageID: m.ID})
			if err != nil {
				return err
			}
			var want, got []shown
			for _, payload := range latest {
				cards, _ := shownOf(payload)
				want = append(want, cards...)
			}
			for _, e := range m.Embeds {
				got = append(got, shownBy(e))
			}
			if m.Author.ID != discordsim.BotUserID || m.InteractionMetadata != nil {
				continue
			}
			if len(got) == 0 && m.Content != "" && len(latest) > 0 {
				continue
			}
			if !slices.Equal(got, want) {
				v.note(&v.Stale, "message %s shows %v and not %v", m.ID, got, want)
			}
		}
	}
	return nil
}

// others checks the posts that tell of no incident: reports, and what became
// of the models.
func (v *verdict) others(db *store.DB, address string, posted map[shown]int, d *discordsim.Server) error {
	keys, err := column[string](address, `SELECT post FROM outbox WHERE edit_of = '' AND post NOT LIKE 'alert/%'`)
	if err != nil {
		return err
	}
	for _, key := range keys {
		post, ok, err := db.FindPost(context.Background(), key)
		if err != nil || !ok {
			return errors.Join(fmt.Errorf("%s: %t", key, ok), err)
		}
		if strings.HasPrefix(key, "report/") {
			v.Reports++
		}
		v.post(post, posted, d)
	}
	return nil
}

// column gives the first column of what a database answers.
func column[T any](address, query string) ([]T, error) {
	driver, source := "sqlite", "file:"+address+"?mode=ro"
	if strings.HasPrefix(address, "postgres://") {
		driver, source = "pgx", address
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// account checks an account's transitions, and takes them off what was posted.
func (v *verdict) account(db *store.DB, name string, posted map[shown]int, d *discordsim.Server) error {
	events, err := db.Events(context.Background(), name, time.Unix(0, 0), time.Now().AddDate(2, 0, 0)) // clocks are ahead now and then
	if err != nil {
		return err
	}
	posts := map[string]int{} // of each incident so far
	for _, e := range events {
		if !alert.Kind(e.Kind).Post() {
			continue
		}
		v.Transitions++
		posts[e.IncidentID]++
		key := fmt.Sprintf("alert/%s/%s/%d", name, e.IncidentID, posts[e.IncidentID])
		post, ok, err := db.FindPost(context.Background(), key)
		if err != nil {
			return err
		}
		if !ok {
			v.note(&v.Losses, "%s %s %s of %s is not in the outbox", key, e.Kind, e.Level, e.At)
			continue
		}
		v.post(post, posted, d)
	}
	return nil
}

// post checks that a message of the outbox is on Discord, once.
func (v *verdict) post(p store.Post, posted map[shown]int, d *discordsim.Server) {
	cards, err := shownOf(p.Payload)
	if err != nil {
		v.note(&v.Losses, "%s cannot be read: %v", p.Key, err)
		return
	}
	as, n := cards[0], posted[cards[0]]
	for _, card := range cards {
		delete(posted, card)
	}
	there := slices.ContainsFunc(d.Messages(p.Channel), func(m discordsim.Message) bool { return m.ID == p.MessageID })
	switch {
	case n == 0 && there && v.plain[p.MessageID]: // which an edit may have brought into form
	case n == 0:
		v.note(&v.Losses, "%s %q of %s is not in the channel (%s as message %q, which is there: %t)", p.Key, as.title, as.at, p.State, p.MessageID, there)
	case n > 1:
		v.note(&v.Duplicates, "%s %q of %s is in the channel %d times", p.Key, as.title, as.at, n)
	}
	if n == 1 && !there {
		v.note(&v.Losses, "%s: the database names message %q, which is not there", p.Key, p.MessageID)
	}
}

// open counts the account's open incidents; -1 when that cannot be read.
func (s *arena) open(name string) int {
	n := -1
	err := s.read(func(db *store.DB) error {
		raw, err := db.AlertState(context.Background(), name)
		if err != nil {
			return err
		}
		state, err := alert.Decode(raw)
		n = len(state.Open())
		return err
	})
	if err != nil {
		return -1
	}
	return n
}
