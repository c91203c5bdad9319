package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"mokabot/internal/discord"
	"mokabot/internal/discordsim"
	"mokabot/internal/discordsim/page"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/story"
)

// storyTime is for sending all examples.
const storyTime = time.Minute

// Stories implements page.Storyteller: every example in every language, as a
// client of Discord gets it.
func (d *demo) Stories() []page.Story {
	all, err := d.stories()
	if err != nil {
		d.bot.log.Error("the storybook could not be written", "err", err)
	}
	return all
}

// writeStories sends the examples through a Discord of their own, so that they
// look as they do there, within its limits and with its mentions.
func writeStories() ([]page.Story, error) {
	sim := discordsim.New()
	defer sim.Close()
	const role = "7" // whom the examples ping
	sim.AddRole(discordsim.Role{ID: role, Name: "on-call", Mentionable: true})
	sender := discord.NewREST(discordsim.Token, sim.Client(), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithTimeout(context.Background(), storyTime)
	defer cancel()
	var all []page.Story
	for _, w := range lang.All() {
		for _, s := range story.All(w) {
			sent, err := sendStory(ctx, sim, sender, s.Message)
			if err != nil {
				return all, fmt.Errorf("%s in %s: %w", s.Name, w.Tag, err)
			}
			sent.Name, sent.Language, sent.Golden = s.Name, w.Tag, w.Tag+"-"+s.Name+".golden"
			all = append(all, sent)
		}
	}
	if broken := sim.Violations(); len(broken) > 0 {
		return all, fmt.Errorf("refused by Discord: %s", broken[0])
	}
	return all, nil
}

func sendStory(ctx context.Context, sim *discordsim.Server, sender *discord.REST, m message.Message) (page.Story, error) {
	receipt, err := sender.Send(ctx, discordsim.AlertsChannel, m, "")
	if err != nil {
		return page.Story{}, err
	}
	got, err := sim.WaitMessage(ctx, discordsim.AlertsChannel, func(m discordsim.Message) bool { return m.ID == receipt.ID })
	if err != nil {
		return page.Story{}, err
	}
	s := page.Story{Message: json.RawMessage(got.JSON()), Files: map[string][]byte{}}
	for _, a := range got.Attachments {
		s.Files[a.Filename] = a.Data
	}
	return s, nil
}
