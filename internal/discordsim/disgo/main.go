// A bot made with disgo, which knows nothing of mokabot, for TestDisgo. It is a
// module of its own, so that its libraries are none of the program's. Arguments:
// the API's address, the gateway's, the bot's token and a channel. It prints a
// line for each thing that happens to it.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/disgoorg/disgo"
	"github.com/disgoorg/disgo/bot"
	"github.com/disgoorg/disgo/discord"
	"github.com/disgoorg/disgo/events"
	"github.com/disgoorg/disgo/gateway"
	"github.com/disgoorg/disgo/rest"
	"github.com/disgoorg/snowflake/v2"
)

// closeTime is for the library to let go of its connections.
const closeTime = 5 * time.Second

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], snowflake.MustParse(os.Args[4])); err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
}

func run(api, at, token string, channel snowflake.ID) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	nobody := discord.AllowedMentions{Parse: []discord.AllowedMentionType{}}
	client, err := disgo.New(token,
		bot.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))),
		bot.WithRestClientConfigOpts(rest.WithURL(api)),
		bot.WithRestConfigOpts(rest.WithDefaultAllowedMentions(nobody)),
		bot.WithGatewayConfigOpts(gateway.WithURL(at), gateway.WithCompression(gateway.CompressionNone), gateway.WithIntents(gateway.IntentGuilds)),
		bot.WithEventListenerFunc(func(e *events.Ready) { report(begin(e, channel)) }),
		bot.WithEventListenerFunc(func(*events.Resumed) { fmt.Println("resumed") }),
		bot.WithEventListenerFunc(func(e *events.AutocompleteInteractionCreate) {
			typed := e.Data.String("text")
			report(e.AutocompleteResult([]discord.AutocompleteChoice{discord.AutocompleteChoiceString{Name: "one " + typed, Value: "one"}}))
		}),
		bot.WithEventListenerFunc(func(e *events.ApplicationCommandInteractionCreate) { report(answer(e)) }),
		bot.WithEventListenerFunc(func(e *events.ComponentInteractionCreate) {
			report(e.UpdateMessage(discord.NewMessageUpdate().WithContent("pressed").ClearComponents().WithAllowedMentions(&nobody)))
		}),
	)
	if err != nil {
		return err
	}
	if err := client.OpenGateway(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	// Close waits for locks of the library, at times for one that nobody lets go of.
	ending, cancel := context.WithTimeout(context.Background(), closeTime)
	go func() {
		defer cancel()
		client.Close(ending)
	}()
	<-ending.Done()
	return nil
}

// begin registers the command and posts.
func begin(e *events.Ready, channel snowflake.ID) error {
	client := e.Client()
	command := discord.SlashCommandCreate{
		Name: "ping", Description: "Answers",
		Options: []discord.ApplicationCommandOption{discord.ApplicationCommandOptionString{Name: "text", Description: "What to say", Autocomplete: true}},
	}
	if _, err := client.Rest.SetGlobalCommands(e.Application.ID, []discord.ApplicationCommandCreate{command}); err != nil {
		return err
	}
	posted, err := client.Rest.CreateMessage(channel, discord.NewMessageCreate().WithContent("hello from disgo"))
	if err != nil {
		return err
	}
	if _, err := client.Rest.UpdateMessage(channel, posted.ID, discord.NewMessageUpdate().WithContent("hello, edited").WithAllowedMentions(&discord.AllowedMentions{})); err != nil {
		return err
	}
	fmt.Println("ready", e.User.Username, len(e.Guilds))
	return nil
}

func answer(e *events.ApplicationCommandInteractionCreate) error {
	if err := e.DeferCreateMessage(false); err != nil {
		return err
	}
	text := e.SlashCommandInteractionData().String("text")
	change := discord.NewMessageUpdate().WithContent("pong " + text).WithAllowedMentions(&discord.AllowedMentions{}).
		WithComponents(discord.NewActionRow(discord.NewPrimaryButton("Again", "again")))
	_, err := e.Client().Rest.UpdateInteractionResponse(e.ApplicationID(), e.Token(), change)
	return err
}

func report(err error) {
	if err != nil {
		fmt.Println("error", err)
	}
}
