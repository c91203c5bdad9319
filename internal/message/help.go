package message

import (
	"strings"

	"mokabot/internal/lang"
)

// Command is a command as /help lists it.
type Command struct {
	Name    string
	Options []string
}

// Help tells what the bot does and how to ask it.
func Help(w *lang.Words, commands []Command, accounts []string, alertChannel string) Message {
	var lines []string
	for _, c := range commands {
		call := "/" + c.Name
		for _, o := range c.Options {
			call += " [" + o + "]"
		}
		lines = append(lines, "`"+call+"` "+w.Command.Abouts[c.Name])
	}
	card := Card{Title: w.Help.Title, Tone: ToneInfo, Text: w.Help.Intro + "\n\n" + strings.Join(lines, "\n") + "\n\n" + w.Help.Private}
	card.Fields = append(card.Fields, Field{Name: w.Help.Accounts, Value: strings.Join(accounts, ", ")})
	if alertChannel != "" {
		card.Text += "\n" + w.Help.AlertsGoTo("<#"+alertChannel+">")
	}
	return Message{Cards: []Card{card}}
}

// Note is a short answer of words alone.
func Note(text string, tone Tone) Message {
	return Message{Cards: []Card{{Text: text, Tone: tone}}}
}

// Welcome explains the commands once, when the bot comes to a server.
func Welcome(w *lang.Words, bot string, commands []Command, accounts []string, alertChannel string) Message {
	m := Help(w, commands, accounts, alertChannel)
	m.Cards[0].Title = w.Help.Welcome(Disarm(bot))
	return m
}
