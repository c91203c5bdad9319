package app

import (
	"context"
	"crypto/rand"
	"slices"

	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/lang"
	"mokabot/internal/message"
)

// postTests posts a test message in every configured channel, with the mentions of its
// alerts, and returns who was pinged by Discord's answer. The same request posts once,
// whichever replica carries it out.
func postTests(ctx context.Context, c *config.Config, rest *discord.REST, request string) []message.TestPing {
	w := lang.For(c.Language)
	var results []message.TestPing
	for _, ch := range channels(c) {
		m := message.TestAlert(w, ch.roles, ch.users)
		receipt, err := rest.Send(ctx, ch.id, m, "test-"+ch.id+"-"+request)
		p := message.TestPing{Channel: ch.id, Posted: err == nil, ThreadRoles: receipt.ThreadRoles}
		add := func(id, mention string) {
			if slices.Contains(receipt.Unpinged, id) {
				p.Unpinged = append(p.Unpinged, mention)
				return
			}
			p.Pinged = append(p.Pinged, mention)
		}
		if err == nil {
			for _, id := range ch.roles {
				add(id, "<@&"+id+">")
			}
			for _, id := range ch.users {
				add(id, "<@"+id+">")
			}
		}
		results = append(results, p)
	}
	return results
}

// test posts the test messages of the configuration in force, for /test.
func (s *service) test(ctx context.Context, request string) []message.TestPing {
	on := s.duty()
	if on == nil {
		return nil
	}
	return postTests(ctx, s.now().config, on.rest, request)
}

// sendTests posts the test messages of a check and returns their results.
func sendTests(ctx context.Context, w *lang.Words, c *config.Config, rest *discord.REST) []Finding {
	var found []Finding
	for _, p := range postTests(ctx, c, rest, rand.Text()) {
		for _, line := range message.TestLines(w, p, p.Channel) {
			level := LevelOK
			if line.Failed {
				level = LevelError
			}
			found = append(found, newFinding(level, p.Channel, topicTest, line.Text))
		}
	}
	return found
}
