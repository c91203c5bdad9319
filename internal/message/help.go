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

// Guide is the contents of /help and the welcome for one reader.
type Guide struct {
	Commands     []Command // that the reader may use
	Accounts     []string  // empty for a reader who may not see figures
	AlertChannel string    // empty: it is left out
	Shares       bool      // the reader may show answers to everybody
}

// Help explains what the bot does for the reader and how to use it.
func Help(w *lang.Words, g Guide) Message {
	var lines []string
	for _, c := range g.Commands {
		lines = append(lines, "`"+call(w, c)+"` "+w.Command.Abouts[c.Name])
	}
	return explained(w, lines, g)
}

// helpNamed is how many accounts /help names.
const helpNamed = 20

func explained(w *lang.Words, lines []string, g Guide) Message {
	card := Card{Title: w.Help.Title, Tone: ToneInfo, Text: w.Help.Intro + "\n\n" + strings.Join(lines, "\n") + "\n\n" + w.Help.Private}
	if g.Shares {
		card.Text += w.Between + w.Help.Share
	}
	if len(g.Accounts) > 0 {
		card.row(w.Help.Accounts, strings.Join(firstLines(w, g.Accounts, helpNamed), w.And))
	} else {
		card.Text += "\n" + w.Command.NotViewer
	}
	if g.AlertChannel != "" {
		card.Text += "\n" + w.Help.AlertsGoTo("<#"+g.AlertChannel+">")
	}
	return Message{Cards: []Card{card}}
}

// call writes a command as a reader of the language sees it in Discord's menu. It
// omits the option share, which all commands have and which is explained below.
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

// Welcome explains the commands when the bot is new in a server. The language of its
// readers' menus is unknown, so it has the commands' plain names, too.
func Welcome(w *lang.Words, bot string, g Guide) Message {
	var lines []string
	for _, c := range g.Commands {
		text := "`" + call(w, c) + "` "
		if c.Name != w.Command.Shown(c.Name) {
			text += "`/" + c.Name + "` "
		}
		lines = append(lines, text+w.Command.Abouts[c.Name])
	}
	m := explained(w, lines, g)
	m.Text = w.Help.Welcome(Disarm(bot))
	return m
}
