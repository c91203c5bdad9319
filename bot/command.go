package bot

import (
	"context"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/history"
	"mokabot/internal/lang"
)

// command is a slash command: what Discord is told of it and what it does.
type command struct {
	name      string
	options   []option
	run       handler
	operators bool                // only operators may use it
	press     handler             // answers the buttons below its answers; nil: it has none
	adds      func(in Input) bool // a press is answered by a new private message; nil: by editing the one pressed
}

// option is one option of a command.
type option struct {
	name    string
	kind    discordgo.ApplicationCommandOptionType
	suggest suggester                             // nil: no completion
	choices func(w *lang.Words) map[string]string // by value; nil: free text
}

// suggester completes what was typed so far.
type suggester func(ctx context.Context, b *Bot, in Input) []string

func text(name string, suggest suggester) option {
	return option{name: name, kind: discordgo.ApplicationCommandOptionString, suggest: suggest}
}

func share() option {
	return option{name: "share", kind: discordgo.ApplicationCommandOptionBoolean}
}

func findCommand(name string) (command, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

// definitions is the command table as Discord wants it. Where nobody is named
// as an operator, Discord shows the operators' commands to those alone who may
// manage the server.
func definitions(o Operators) []*discordgo.ApplicationCommand {
	var all []*discordgo.ApplicationCommand
	for _, c := range commands() {
		def := c.definition()
		if c.operators && !o.named() {
			manage := int64(discordgo.PermissionManageGuild)
			def.DefaultMemberPermissions = &manage
		}
		all = append(all, def)
	}
	return all
}

func (c command) definition() *discordgo.ApplicationCommand {
	def := &discordgo.ApplicationCommand{
		Type:        discordgo.ChatApplicationCommand,
		Name:        c.name,
		Description: lang.English().Command.Abouts[c.name],
		Contexts: &[]discordgo.InteractionContextType{
			discordgo.InteractionContextGuild, discordgo.InteractionContextBotDM,
		},
		NameLocalizations:        shownIn(c.name, names),
		DescriptionLocalizations: shownIn(c.name, abouts),
	}
	for _, o := range c.options {
		key := c.name + "." + o.name
		def.Options = append(def.Options, &discordgo.ApplicationCommandOption{
			Type:                     o.kind,
			Name:                     o.name,
			Description:              lang.English().Command.Abouts[key],
			NameLocalizations:        *shownIn(o.name, names),
			DescriptionLocalizations: *shownIn(key, abouts),
			Autocomplete:             o.suggest != nil,
			Choices:                  o.choiceList(),
		})
	}
	return def
}

// choiceList is what an option may be, in the order of the periods.
func (o option) choiceList() []*discordgo.ApplicationCommandOptionChoice {
	if o.choices == nil {
		return nil
	}
	var list []*discordgo.ApplicationCommandOptionChoice
	for _, value := range history.PeriodNames() {
		list = append(list, &discordgo.ApplicationCommandOptionChoice{
			Name: o.choices(lang.English())[value], NameLocalizations: *shownIn(value, o.choices), Value: value,
		})
	}
	return list
}

func names(w *lang.Words) map[string]string  { return w.Command.Names }
func abouts(w *lang.Words) map[string]string { return w.Command.Abouts }

// discordLocales are Discord's names for the languages that are not its
// default. https://docs.discord.com/developers/reference#locales
var discordLocales = map[string][]discordgo.Locale{
	"zh-CN": {discordgo.ChineseCN, discordgo.ChineseTW},
}

// shownIn collects what a name or description reads like in each other language.
func shownIn(key string, of func(*lang.Words) map[string]string) *map[discordgo.Locale]string {
	shown := map[discordgo.Locale]string{}
	for _, w := range lang.All() {
		for _, locale := range discordLocales[w.Tag] {
			if text := of(w)[key]; text != "" {
				shown[locale] = text
			}
		}
	}
	return &shown
}
