package bot

import (
	"github.com/bwmarrin/discordgo"

	"mokabot/internal/lang"
)

// command is a slash command: what Discord is told of it and what it does.
type command struct {
	name    string
	options []option
	run     handler
	press   handler // answers the buttons below its answers; nil: it has none
}

// option is one option of a command.
type option struct {
	name    string
	kind    discordgo.ApplicationCommandOptionType
	suggest func(b *Bot, typed string) []string // nil: no completion
}

func text(name string, suggest func(*Bot, string) []string) option {
	return option{name, discordgo.ApplicationCommandOptionString, suggest}
}

func share() option {
	return option{"share", discordgo.ApplicationCommandOptionBoolean, nil}
}

func findCommand(name string) (command, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

// definitions is the command table as Discord wants it.
func definitions() []*discordgo.ApplicationCommand {
	var all []*discordgo.ApplicationCommand
	for _, c := range commands() {
		all = append(all, c.definition())
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
		})
	}
	return def
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
