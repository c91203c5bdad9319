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
		lines = append(lines, "`"+call(w, c)+"` "+w.Command.Abouts[c.Name])
	}
	return explained(w, lines, accounts, alertChannel)
}

func explained(w *lang.Words, lines, accounts []string, alertChannel string) Message {
	card := Card{Title: w.Help.Title, Tone: ToneInfo, Text: w.Help.Intro + "\n\n" + strings.Join(lines, "\n") + "\n\n" + w.Help.Private}
	card.Fields = append(card.Fields, Field{Name: w.Help.Accounts, Value: strings.Join(accounts, w.And)})
	if alertChannel != "" {
		card.Text += "\n" + w.Help.AlertsGoTo("<#"+alertChannel+">")
	}
	return Message{Cards: []Card{card}}
}

// call is a command as a reader of the language sees it in Discord's menu. The
// option that every command has is told once, below.
func call(w *lang.Words, c Command) string {
	text := "/" + w.Command.Shown(c.Name)
	for _, o := range c.Options {
		if o != "share" {
			text += " [" + w.Command.Shown(o) + "]"
		}
	}
	return text
}

// Note is a short answer of words alone.
func Note(text string, tone Tone) Message {
	return Message{Cards: []Card{{Text: text, Tone: tone}}}
}

// Welcome explains the commands once, when the bot comes to a server. Nobody
// knows what language its readers' menus have, so it gives the commands' plain
// names too.
func Welcome(w *lang.Words, bot string, commands []Command, accounts []string, alertChannel string) Message {
	var lines []string
	for _, c := range commands {
		text := "`" + call(w, c) + "` "
		if c.Name != w.Command.Shown(c.Name) {
			text += "`/" + c.Name + "` "
		}
		lines = append(lines, text+w.Command.Abouts[c.Name])
	}
	m := explained(w, lines, accounts, alertChannel)
	m.Cards[0].Title = w.Help.Welcome(Disarm(bot))
	return m
}
