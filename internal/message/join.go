package message

import (
	"slices"
	"strings"
)

// Join makes one message of several: all their cards and files, everybody's
// mentions once, and each button once.
func Join(parts []Message) Message {
	if len(parts) == 1 {
		return parts[0]
	}
	var m Message
	var texts []string
	for _, p := range parts {
		if p.Text != "" {
			texts = append(texts, p.Text)
		}
		m.Cards = append(m.Cards, p.Cards...)
		m.Files = append(m.Files, p.Files...)
		m.Mentions.Roles = append(m.Mentions.Roles, p.Mentions.Roles...)
		m.Mentions.Users = append(m.Mentions.Users, p.Mentions.Users...)
		for _, b := range p.Buttons {
			same := func(other Button) bool { return other.Action == b.Action && other.URL == b.URL }
			if !slices.ContainsFunc(m.Buttons, same) {
				m.Buttons = append(m.Buttons, b)
			}
		}
	}
	m.Text = strings.Join(texts, "\n")
	m.Mentions.Roles, m.Mentions.Users = once(m.Mentions.Roles), once(m.Mentions.Users)
	return m
}

func once(ids []string) []string {
	var kept []string
	for _, id := range ids {
		if !slices.Contains(kept, id) {
			kept = append(kept, id)
		}
	}
	return kept
}
