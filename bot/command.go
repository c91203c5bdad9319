package bot

import (
	"context"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/lang"
	"mokabot/internal/message"
)

// command is a slash command: its definition for Discord and its handler.
type command struct {
	name     string
	options  []option
	needs    standing // who may use it
	run      handler
	onButton handler // answers the buttons below its answers; nil: it has none
	// buttonNeeds is who may press a button; nil: who may use the command.
	buttonNeeds func(in Input) standing
	// form is the form that a button opens, ok is false for buttons that open none; nil:
	// no button does.
	form func(in Input) (f message.Form, ok bool)
	// repliesPrivately reports whether a button is answered by a new private message;
	// nil: by editing the message below which it is.
	repliesPrivately func(in Input) bool
}

// option is one option of a command.
type option struct {
	name    string
	kind    discordgo.ApplicationCommandOptionType
	suggest suggester                             // nil: no completion
	choices func(w *lang.Words) map[string]string // by value; nil: free text
	values  []string                              // the choices in their order
}

// suggester completes the typed text without calling a gateway.
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

// definitions is the command table for Discord.
func definitions(s *Setup) []*discordgo.ApplicationCommand {
	var all []*discordgo.ApplicationCommand
	for _, c := range commands() {
		def := c.definition()
		def.DefaultMemberPermissions = shownTo(c.needs, s)
		all = append(all, def)
	}
	return all
}

// shownTo is the permission that a member needs for Discord to list a command in its
// menu. Operators and viewers who are configured by role or id may have any permission, so
// Discord then lists the command for everybody who may use commands; administrators can
// narrow that under Server Settings → Integrations. The bot decides on its own whom it
// answers.
func shownTo(needs standing, s *Setup) *int64 {
	permission := int64(discordgo.PermissionManageGuild)
	if needs < viewer || s.Operators.Named() || needs == viewer && s.Viewers.Named() {
		permission = discordgo.PermissionUseApplicationCommands
	}
	return &permission
}

func (c command) definition() *discordgo.ApplicationCommand {
	def := &discordgo.ApplicationCommand{
		Type:        discordgo.ChatApplicationCommand,
		Name:        c.name,
		Description: lang.English().Command.Abouts[c.name],
		Contexts: &[]discordgo.InteractionContextType{
			discordgo.InteractionContextGuild, discordgo.InteractionContextBotDM,
		},
		IntegrationTypes:         &[]discordgo.ApplicationIntegrationType{discordgo.ApplicationIntegrationGuildInstall},
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

// choiceList are the choices of an option.
func (o option) choiceList() []*discordgo.ApplicationCommandOptionChoice {
	if o.choices == nil {
		return nil
	}
	var list []*discordgo.ApplicationCommandOptionChoice
	for _, value := range o.values {
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

// shownIn collects a name's or description's translations.
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
