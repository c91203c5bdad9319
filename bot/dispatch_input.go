package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/lang"
)

// inputOf reads an interaction. In a direct message there is no Member.
func inputOf(i *discordgo.Interaction) Input {
	in := Input{ID: i.ID, GuildID: i.GuildID, ChannelID: i.ChannelID, Words: lang.For(string(i.Locale)), Options: map[string]string{}}
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
		if i.Message != nil {
			in.MessageID, in.Private = i.Message.ID, i.Message.Flags&discordgo.MessageFlagsEphemeral != 0
		}
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

// errStranger and errElsewhere say that somebody may not have an answer.
var (
	errStranger    = errors.New("a direct message from somebody who is no operator")
	errElsewhere   = errors.New("a server that the bot does not serve")
	errNotOperator = errors.New("somebody who is no operator")
)

// admit says who gets an answer: everybody in the configured servers, and in
// direct messages the operators alone, because nobody else's right to see the
// figures can be told there.
func (b *Bot) admit(ctx context.Context, in Input) error {
	if in.GuildID == "" {
		return b.admitDirect(ctx, in)
	}
	if len(b.GuildIDs) > 0 && !slices.Contains(b.GuildIDs, in.GuildID) {
		return errElsewhere
	}
	return nil
}

// operator tells whether the caller may change things. Nobody else gets an
// answer in a direct message.
func (b *Bot) operator(ctx context.Context, in Input) bool {
	operators := b.setup().Operators
	switch {
	case in.GuildID == "":
		return true
	case !operators.cover(in.UserID, in.RoleIDs, in.Manages):
		return false
	case operators.named(): // ids are Discord's, and nobody else has them
		return true
	}
	homes := b.homes(ctx)
	return len(homes) == 0 || slices.Contains(homes, in.GuildID)
}

func (b *Bot) admitDirect(ctx context.Context, in Input) error {
	operators := b.setup().Operators
	if slices.Contains(operators.Users, in.UserID) {
		return nil
	}
	if len(operators.Users) > 0 && len(operators.Roles) == 0 {
		return errStranger
	}
	guilds := b.homes(ctx)
	if len(guilds) == 0 {
		_, guilds = b.place.get()
	}
	for _, guild := range guilds {
		roles, manages, err := b.REST.Membership(ctx, guild, in.UserID, b.now())
		if err != nil {
			b.Log.Debug("membership could not be read", "guild", guild, "err", err)
			continue
		}
		if operators.cover(in.UserID, roles, manages) {
			return nil
		}
	}
	return errStranger
}

// cover tells whether somebody is an operator.
func (o Operators) cover(user string, roles []string, manages bool) bool {
	if !o.named() {
		return manages
	}
	return slices.Contains(o.Users, user) ||
		slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(o.Roles, r) })
}

func (o Operators) named() bool { return len(o.Roles) > 0 || len(o.Users) > 0 }
