package bot

import (
	"fmt"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/discord"
	"mokabot/internal/lang"
)

// inputOf reads an interaction. In a direct message there is no Member.
func inputOf(i *discordgo.Interaction) Input {
	in := Input{
		ID: i.ID, GuildID: i.GuildID, ChannelID: i.ChannelID, Context: i.Context, Owners: i.AuthorizingIntegrationOwners,
		Words: lang.For(string(i.Locale)), Options: map[string]string{},
	}
	switch {
	case i.Member != nil && i.Member.User != nil:
		in.UserID, in.RoleIDs = i.Member.User.ID, i.Member.Roles
		in.Manages = i.Member.Permissions&(discordgo.PermissionManageGuild|discordgo.PermissionAdministrator) != 0
	case i.User != nil:
		in.UserID = i.User.ID
	}
	switch data := i.Data.(type) {
	case discordgo.ApplicationCommandInteractionData:
		in.Name = data.Name
		for _, o := range data.Options {
			in.take(o)
		}
	case discordgo.MessageComponentInteractionData:
		in.Name, in.Args = splitAction(data.CustomID)
	case discordgo.ModalSubmitInteractionData:
		in.Name, in.Args = splitAction(data.CustomID)
		in.Written = discord.Written(data)
	}
	if i.Message != nil { // that a button or a form stands below
		in.MessageID, in.Private = i.Message.ID, i.Message.Flags&discordgo.MessageFlagsEphemeral != 0
	}
	return in
}

func (in *Input) take(o *discordgo.ApplicationCommandInteractionDataOption) {
	if o.Focused {
		in.Focused = o.Name
	}
	switch v := o.Value.(type) {
	case string:
		in.Options[o.Name] = v
	case bool:
		in.Share = in.Share || o.Name == "share" && v
	default:
		in.Options[o.Name] = fmt.Sprint(v)
	}
}
