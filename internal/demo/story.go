package demo

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
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

// What the examples mention, by id.
var (
	storyRoles    = map[string]string{"7": "on-call", "777": "on-call", "778": "finance"}
	storyChannels = map[string]string{"123": "alerts", "124": "budgets", "125": "reports"}
)

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
	for id, name := range storyRoles {
		sim.AddRole(discordsim.Role{ID: id, Name: name, Mentionable: true})
	}
	names := sim.Names()
	maps.Copy(names, storyChannels)
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
			sent.Name, sent.Language, sent.Golden, sent.Names, sent.At = s.Name, w.Tag, w.Tag+"-"+s.Name+".golden", names, story.At()
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
	s := page.Story{Message: got.JSON(), Files: map[string][]byte{}}
	for _, a := range got.Attachments {
		s.Files[a.Filename] = a.Data
	}
	return s, nil
}
