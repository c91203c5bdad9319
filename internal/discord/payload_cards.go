package discord

import (
	"cmp"
	"fmt"
	"strings"

	"mokabot/internal/message"
)

// toEmbeds turns cards into embeds. Each is clipped on its own; then the sum
// of all is held below Discord's total, earlier cards first.
func toEmbeds(cards []message.Card, files []message.File) []embed {
	out := []embed{}
	room := maxEmbedTotal - markerDigits // the marker may be added to any of them
	left := 0
	for _, c := range cards {
		e, ok := toEmbed(c, files)
		if !ok {
			continue
		}
		if len(out) == maxEmbeds || !shrink(&e, room) {
			left++
			continue
		}
		room -= e.size()
		out = append(out, e)
	}
	if left > 0 && len(out) > 0 {
		noteRest(&out[len(out)-1], left, room)
	}
	return out
}

// toEmbed gives one embed, or false for a card with nothing in it.
func toEmbed(c message.Card, files []message.File) (embed, bool) {
	e := embed{
		Title:       clip(strings.TrimSpace(c.Title), maxTitle),
		Description: clip(strings.TrimSpace(c.Text), maxDescription),
		Color:       colours[c.Tone],
		Fields:      toFields(c.Fields),
		Image:       toImage(c.Picture, files),
		Timestamp:   timestamp(c.At),
	}
	if f := clip(strings.TrimSpace(c.Footer), maxFooter); f != "" {
		e.Footer = &embedFooter{Text: f}
	}
	return e, e.size() > 0 || e.Image != nil
}

func toImage(name string, files []message.File) *embedImage {
	for _, f := range files {
		if name != "" && f.Name == name && len(f.Data) <= maxFileBytes {
			return &embedImage{URL: "attachment://" + fileName(name)}
		}
	}
	return nil
}

// toFields clips the fields. Discord refuses an empty name or value, so
// something invisible or a dash stands there instead.
func toFields(fields []message.Field) []embedField {
	var out []embedField
	for _, f := range fields {
		name, value := strings.TrimSpace(f.Name), strings.TrimSpace(f.Value)
		if name == "" && value == "" {
			continue
		}
		out = append(out, embedField{
			Name:   cmp.Or(clip(name, maxFieldName), blank),
			Value:  cmp.Or(clip(value, maxFieldValue), "–"),
			Inline: f.Inline,
		})
	}
	if rest := len(out) - maxFields; rest > 0 {
		out = append(out[:maxFields-1], embedField{Name: ellipsis, Value: fmt.Sprintf("+%d", rest+1)})
	}
	return out
}

func (e *embed) size() int {
	n := units(e.Title) + units(e.Description)
	for _, f := range e.Fields {
		n += f.size()
	}
	if e.Footer != nil {
		n += units(e.Footer.Text)
	}
	return n
}

func (f embedField) size() int { return units(f.Name) + units(f.Value) }

// shrink brings the embed down to room: first the last fields go, with a note
// of how many, then the end of the text. It gives up when less than a heading
// is left.
func shrink(e *embed, room int) bool {
	const note = 6 // "…+25" as a field
	dropped := 0
	for e.size()+note*min(dropped, 1) > room && len(e.Fields) > 0 {
		e.Fields = e.Fields[:len(e.Fields)-1]
		dropped++
	}
	if over := e.size() - room; over > 0 {
		keep := units(e.Description) - over
		if keep <= 0 {
			return false
		}
		e.Description = clip(e.Description, keep)
	}
	if dropped > 0 && e.size()+note <= room {
		e.Fields = append(e.Fields, embedField{Name: ellipsis, Value: fmt.Sprintf("+%d", dropped)})
	}
	return e.size() > 0 || e.Image != nil
}

// noteRest says in the last footer how many cards did not fit.
func noteRest(e *embed, left, room int) {
	note := fmt.Sprintf("%s +%d", ellipsis, left)
	if e.Footer != nil {
		note = " " + note
	}
	if units(note) > room {
		return
	}
	if e.Footer == nil {
		e.Footer = &embedFooter{}
	}
	e.Footer.Text = clip(e.Footer.Text, maxFooter-units(note)) + note
}
