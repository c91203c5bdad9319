package app

import (
	"context"
	"slices"
	"strconv"
	"time"

	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/lang"
	"mokabot/internal/message"
)

// postTests posts a test message in every configured channel, with the mentions of its
// alerts, and returns who was pinged by Discord's answer.
func postTests(ctx context.Context, c *config.Config, rest *discord.REST) []message.TestPing {
	w := lang.For(c.Language)
	var results []message.TestPing
	for _, ch := range channels(c) {
		m := message.TestAlert(w, ch.roles, ch.users)
		receipt, err := rest.Send(ctx, ch.id, m, "test-"+ch.id+"-"+strconv.FormatInt(time.Now().UnixNano(), 36))
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
func (s *service) test(ctx context.Context) []message.TestPing {
	on := s.duty()
	if on == nil {
		return nil
	}
	return postTests(ctx, s.now().config, on.rest)
}

// sendTests posts the test messages of a check and returns their results.
func sendTests(ctx context.Context, w *lang.Words, c *config.Config, rest *discord.REST) []Finding {
	var found []Finding
	for _, p := range postTests(ctx, c, rest) {
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
