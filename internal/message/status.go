package message

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"mokabot/internal/lang"
)

// Health is how the bot itself is doing.
type Health struct {
	Version   string
	Uptime    time.Duration
	Connected bool          // to Discord
	Latency   time.Duration // of its heartbeat; 0: not known
	Accounts  []LastPoll
	Waiting   int
	Dead      int
	Letters   []DeadLetter // why they are refused, each reason once
	Unpinged  []Unpinged   // mentions that did not reach everybody
	Next      []NextReport
	Readings  []NextReading // the soonest first
	DiskFull  bool
	Database  string   // what is wrong with the database, for people; empty: nothing is
	Levels    []string // the accounts whose levels were set in Discord
}

// LastPoll is when an account was last read, and with what success.
type LastPoll struct {
	Account string
	At      time.Time // zero: not yet
	OK      bool
}

// DeadLetter is why Discord refuses messages in a channel.
type DeadLetter struct {
	Channel string
	At      time.Time // of the newest of them
	Count   int       // how many there are; 0 means one
	Cause   string    // for people, with the cure
}

// Unpinged is a mention that did not reach everybody.
type Unpinged struct {
	Channel string
	Names   []string // as Discord shows them; empty when a thread lacks a role's members
}

// NextReport is when a report comes next.
type NextReport struct {
	Name    string
	At      time.Time
	Channel string
}

// NextReading is when an account is read next, and why then.
type NextReading struct {
	Account string
	At      time.Time
	Why     string // see lang.StatusWords.Why
}

// How many accounts, readings and reports /status has a line for.
const (
	accountsListed = 15
	readingsListed = 5
	reportsListed  = 12
)

// Status answers how the bot is doing.
func Status(w *lang.Words, h Health, now time.Time) Message {
	card := Card{Title: w.Status.Title, Tone: healthTone(h), At: now}
	card.row(w.Status.Program, w.Status.Version(h.Version, w.Duration(h.Uptime)))
	if h.Connected {
		card.add(w.Status.Discord, w.Status.Connected(h.Latency))
	} else {
		card.add(w.Status.Discord, w.Status.Disconnected)
	}
	if h.Database != "" {
		card.row(w.Status.Storage, h.Database)
	} else if h.DiskFull {
		card.row(w.Status.Storage, w.Status.StorageFull)
	} else {
		card.add(w.Status.Storage, w.Status.StorageFine)
	}
	card.row(w.Status.Accounts, cmp.Or(joinLines(pollLines(w, h.Accounts)...), w.Status.Nothing))
	card.row(w.Status.Readings, readingLines(w, h.Readings)...)
	if len(h.Levels) > 0 {
		card.row(w.Levels.Title, w.Levels.InStatus(strings.Join(firstLines(w, h.Levels, accountsListed), w.And)))
	}
	card.row(w.Status.Outbox, outboxLines(w, h)...)
	card.row(w.Status.Reports, cmp.Or(joinLines(nextLines(w, h.Next)...), w.Status.Nothing))
	return Message{Cards: []Card{card}}
}

func healthTone(h Health) Tone {
	if h.DiskFull || h.Database != "" || h.Dead > 0 {
		return ToneCritical
	}
	if len(h.Unpinged) > 0 {
		return ToneWarn
	}
	for _, a := range h.Accounts {
		if !a.At.IsZero() && !a.OK {
			return ToneWarn
		}
	}
	return ToneGood
}

// pollLines are the accounts, those that were not read first. Of many, those that were
// read share a line.
func pollLines(w *lang.Words, polls []LastPoll) []string {
	var unread, read []LastPoll
	for _, p := range polls {
		if p.OK && !p.At.IsZero() {
			read = append(read, p)
		} else {
			unread = append(unread, p)
		}
	}
	if len(polls) <= accountsListed {
		return accountLines(w, append(unread, read...))
	}
	shown := unread[:min(len(unread), accountsListed)]
	lines := accountLines(w, shown)
	if more := len(unread) - len(shown); more > 0 {
		lines = append(lines, w.Status.MoreUnread(more))
	}
	if len(read) > 0 {
		oldest := slices.MinFunc(read, func(a, b LastPoll) int { return a.At.Compare(b.At) })
		lines = append(lines, w.Status.AllRead(len(read), Relative(oldest.At)))
	}
	return lines
}

func accountLines(w *lang.Words, polls []LastPoll) []string {
	var lines []string
	for _, p := range polls {
		switch {
		case p.At.IsZero():
			lines = append(lines, w.Status.NotYet(p.Account))
		case p.OK:
			lines = append(lines, w.Status.Read(p.Account, Relative(p.At)))
		default:
			lines = append(lines, w.Status.Failed(p.Account, Relative(p.At)))
		}
	}
	return lines
}

func readingLines(w *lang.Words, next []NextReading) []string {
	var lines []string
	for _, n := range next[:min(len(next), readingsListed)] {
		lines = append(lines, w.Status.Reading(n.Account, Relative(n.At), w.Status.Why[n.Why]))
	}
	return lines
}

func outboxLines(w *lang.Words, h Health) []string {
	lines := []string{w.Status.Waiting(h.Waiting)}
	if h.Dead > 0 {
		lines = append(lines, w.Status.Dead(h.Dead))
	}
	for _, l := range h.Letters {
		channel := "<#" + l.Channel + ">"
		if l.Count > 1 {
			channel += " " + w.Delivery.Count(l.Count)
		}
		lines = append(lines, w.Status.DeadLine(channel, Relative(l.At), Disarm(clipped(l.Cause, 160))))
	}
	for _, u := range h.Unpinged {
		if len(u.Names) == 0 {
			lines = append(lines, w.Delivery.InThread("<#"+u.Channel+">"))
		} else {
			lines = append(lines, w.Delivery.Unpinged("<#"+u.Channel+">", strings.Join(u.Names, w.And)))
		}
	}
	return lines
}

func nextLines(w *lang.Words, next []NextReport) []string {
	var lines []string
	for i, n := range next {
		if i == reportsListed {
			return append(lines, w.Incident.MoreOf(len(next)-i))
		}
		lines = append(lines, w.Status.Next(n.Name, Relative(n.At), "<#"+n.Channel+">"))
	}
	return lines
}

func clipped(text string, runes int) string {
	if r := []rune(text); len(r) > runes {
		return string(r[:runes])
	}
	return text
}
