package store

import (
	"context"
	"database/sql"
	"encoding/json"
)

// Joined returns the payloads of the posts that go into one message with a due post,
// the lead. They are chosen before the first attempt and stay the same, because
// Discord may know the message from then on. Of at most limit candidates, the lead's
// payload first, fit returns how many to take.
func (db *DB) Joined(ctx context.Context, lead Due, limit int, fit func([]json.RawMessage) int) ([]json.RawMessage, error) {
	if lead.EditOf != "" || !lead.Joins {
		return nil, nil
	}
	var led []Post
	err := db.tx(ctx, func(tx *sql.Tx) (err error) {
		led, err = list(ctx, tx, scanPost, sqlLed, lead.ID)
		if err != nil || len(led) > 0 || !lead.FirstTriedAt.IsZero() {
			return err
		}
		may, err := list(ctx, tx, scanPost, sqlMayJoin, lead.Channel, int(lead.Lane), lead.ID, lead.ID, limit)
		if err != nil || len(may) == 0 {
			return err
		}
		led = may[:fit(append([]json.RawMessage{lead.Payload}, payloads(may)...))]
		for _, p := range led {
			if err := put(ctx, tx, sqlLead, lead.ID, p.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return payloads(led), err
}

func payloads(posts []Post) []json.RawMessage {
	var all []json.RawMessage
	for _, p := range posts {
		all = append(all, p.Payload)
	}
	return all
}

// Whole returns the newest payloads of all posts that share the message which an edit
// replaces, in their order, with the edit in place of the post that it edits.
func (db *DB) Whole(ctx context.Context, edit Due) ([]json.RawMessage, error) {
	posts, err := db.PostsOf(ctx, edit.TargetMessageID)
	if err != nil {
		return nil, err
	}
	var all []json.RawMessage
	for _, p := range posts {
		payload := p.Payload
		if p.Key == edit.EditOf {
			payload = edit.Payload
		} else if newest, ok, err := one(ctx, db, scanText, sqlNewest, p.Key, p.Key); err != nil {
			return nil, err
		} else if ok {
			payload = json.RawMessage(newest)
		}
		all = append(all, payload)
	}
	return all, nil
}

// PostsOf are the posts that became one message on Discord, none when it is
// not ours.
func (db *DB) PostsOf(ctx context.Context, messageID string) ([]Post, error) {
	if messageID == "" {
		return nil, nil
	}
	posts, err := list(ctx, db.read, scanPost, sqlPostsOf, messageID)
	return posts, classified(db.path, err)
}
