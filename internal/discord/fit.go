package discord

import (
	"slices"
	"strings"

	"mokabot/internal/lang"
	"mokabot/internal/message"
)

// fits reports whether the message goes into one of Discord's with nothing left
// out: neither a mention, nor a card, nor a part of the text. Single values
// longer than Discord takes are shortened with an ellipsis all the same.
func fits(m message.Message) bool {
	if len(m.Cards) > maxEmbeds || len(m.Files) > maxFiles || contentRoom(m.Mentions) < units(strings.TrimSpace(m.Text)) ||
		len(snowflakes(m.Mentions.Roles)) != len(ids(m.Mentions.Roles)) || len(snowflakes(m.Mentions.Users)) != len(ids(m.Mentions.Users)) {
		return false
	}
	total := 0
	for _, c := range m.Cards {
		size, ok := cardSize(c)
		if !ok {
			return false
		}
		total += size
	}
	return total <= cardRoom && buttonsFit(m.Buttons)
}

// cardRoom is for all embeds of a message; the marker may be added to any.
const cardRoom = maxEmbedTotal - markerDigits

// contentRoom is what the mentions leave of the content for text; negative when
// not even they fit.
func contentRoom(m message.Mentions) int {
	return maxContent - markerDigits - len(mentionPrefix(allowedMentions{Roles: ids(m.Roles), Users: ids(m.Users)}))
}

// ids are the snowflakes among the ids, each once.
func ids(all []string) []string {
	var kept []string
	for _, id := range all {
		if isSnowflake(id) && !slices.Contains(kept, id) {
			kept = append(kept, id)
		}
	}
	return kept
}

// cardSize is what a card counts in Discord's total; false when it is more than
// one embed.
func cardSize(c message.Card) (int, bool) {
	if units(strings.TrimSpace(c.Text)) > maxDescription || len(c.Fields) > maxFields {
		return 0, false
	}
	e, _ := toEmbed(c, nil)
	return e.size(), e.size() <= cardRoom
}

func buttonsFit(buttons []message.Button) bool {
	shown := 0
	for _, row := range toRows(buttons) {
		shown += len(row.Components)
	}
	seen := map[string]bool{}
	for _, b := range buttons {
		if len(toRows([]message.Button{b})) > 0 {
			seen[b.Action+" "+b.URL] = true
		}
	}
	return shown == len(seen)
}

// split makes messages that fit of one that does not, in its order. Everybody's
// ping has the beginning of the text beside it. The first keeps the buttons;
// each picture stays with its card, other files with the first.
func split(m message.Message) []message.Message {
	texts := append(splitText(strings.TrimSpace(m.Text), minText), "")
	var parts []message.Message
	for _, mentions := range splitMentions(m.Mentions) {
		parts = append(parts, message.Message{Text: texts[0], Mentions: mentions, Silent: m.Silent})
	}
	for _, text := range texts[1:] {
		if text != "" {
			parts = append(parts, message.Message{Text: text, Silent: m.Silent})
		}
	}
	parts[0].Buttons = m.Buttons
	return spread(parts, m)
}

// spread puts the cards and files of m into its parts, and into more of them
// when those are full.
func spread(parts []message.Message, m message.Message) []message.Message {
	at, room := 0, cardRoom
	next := func() {
		if at++; at == len(parts) {
			parts = append(parts, message.Message{Silent: m.Silent})
		}
		room = cardRoom
	}
	pictured := map[string]bool{}
	for _, c := range splitCards(m.Cards) {
		size, _ := cardSize(c)
		if size > room || len(parts[at].Cards) == maxEmbeds {
			next()
		}
		parts[at].Cards = append(parts[at].Cards, c)
		room -= size
		for _, f := range m.Files {
			if c.Picture != "" && f.Name == c.Picture && !pictured[f.Name] {
				pictured[f.Name] = true
				parts[at].Files = append(parts[at].Files, f)
			}
		}
	}
	at = 0
	for _, f := range m.Files {
		if pictured[f.Name] {
			continue
		}
		if len(parts[at].Files) == maxFiles {
			next()
		}
		parts[at].Files = append(parts[at].Files, f)
	}
	return parts
}

// minText is the room that mentions leave for text when there are too many for
// one message.
const minText = 1000

// splitMentions makes groups whose prefix leaves room for the text. There is at least one
// group, which is empty without mentions.
func splitMentions(m message.Mentions) []message.Mentions {
	groups := []message.Mentions{{}}
	add := func(put func(*message.Mentions)) {
		last := &groups[len(groups)-1]
		next := message.Mentions{Roles: slices.Clone(last.Roles), Users: slices.Clone(last.Users)}
		put(&next)
		if contentRoom(next) < minText || len(next.Roles)+len(next.Users) > maxMentions {
			next = message.Mentions{}
			put(&next)
			groups = append(groups, next)
			return
		}
		*last = next
	}
	for _, id := range ids(m.Roles) {
		add(func(g *message.Mentions) { g.Roles = append(g.Roles, id) })
	}
	for _, id := range ids(m.Users) {
		add(func(g *message.Mentions) { g.Users = append(g.Users, id) })
	}
	return groups
}

// splitText cuts a text at the ends of its lines where that is possible.
func splitText(text string, limit int) []string {
	var parts []string
	for units(text) > limit {
		head := wholeTokens(prefix(text, limit))
		if cut := strings.LastIndexByte(head, '\n'); cut > 0 {
			head = head[:cut]
		} else if cut := strings.LastIndexByte(head, ' '); cut > 0 {
			head = head[:cut]
		}
		if head == "" {
			head = prefix(text, limit)
		}
		parts = append(parts, head)
		text = strings.TrimSpace(text[len(head):])
	}
	if text != "" {
		parts = append(parts, text)
	}
	return parts
}

// splitCards makes cards that are one embed each.
func splitCards(cards []message.Card) []message.Card {
	var out []message.Card
	for _, c := range cards {
		if _, ok := cardSize(c); ok {
			out = append(out, c)
			continue
		}
		texts := splitText(strings.TrimSpace(c.Text), maxDescription-markerDigits)
		part := c
		part.Text, part.Fields, part.Picture, part.Footer = "", nil, "", ""
		flush := func() {
			out = append(out, part)
			part = message.Card{Tone: c.Tone}
		}
		for i, text := range texts {
			if i > 0 {
				flush()
			}
			part.Text = text
		}
		for _, f := range c.Fields {
			longer := part
			longer.Fields = append(slices.Clone(part.Fields), f)
			if _, ok := cardSize(longer); !ok {
				flush()
				longer = part
				longer.Fields = []message.Field{f}
			}
			part = longer
		}
		last := part
		last.Footer, last.Picture, last.At = c.Footer, c.Picture, c.At
		if _, ok := cardSize(last); !ok {
			flush()
			last = message.Card{Tone: c.Tone, Footer: c.Footer, Picture: c.Picture, At: c.At}
		}
		out = append(out, last)
	}
	return out
}

// extent is how much of a message is sent. What Discord refuses in full goes in
// a smaller form, so that its ping is not lost.
type extent int

const (
	extentFull extent = iota
	extentNoFiles
	extentPlain // text alone
	extentBare  // the mentions and a sentence of ours
)

// reduce makes the smaller form of a message, which says that it is one.
func reduce(w *lang.Words, m message.Message, e extent) message.Message {
	switch {
	case e == extentFull, e == extentNoFiles && len(m.Files) == 0:
		return m
	case e == extentNoFiles:
		m.Files, m.Cards = nil, slices.Clone(m.Cards)
		for i := range m.Cards {
			m.Cards[i].Picture = ""
		}
		m.Text = strings.TrimSpace(m.Text + "\n" + w.Delivery.NoFile)
		return m
	case e == extentBare:
		return message.Message{Text: w.Delivery.Bare, Mentions: m.Mentions, Silent: m.Silent}
	}
	lines := []string{m.Text}
	for _, c := range m.Cards {
		lines = append(lines, c.Title, c.Text)
		for _, f := range c.Fields {
			lines = append(lines, strings.TrimSpace(f.Name+": "+f.Value))
		}
	}
	lines = slices.DeleteFunc(lines, func(s string) bool { return strings.TrimSpace(s) == "" })
	note := "\n" + w.Delivery.Plain
	text := clip(strings.Join(lines, "\n"), max(0, contentRoom(m.Mentions)-units(note)))
	return message.Message{Text: strings.TrimSpace(text + note), Mentions: m.Mentions, Silent: m.Silent}
}
