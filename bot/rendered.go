package bot

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"mokabot/internal/message"
)

// Rendered is a message as a client of Discord gets it, within Discord's
// limits; its files are in it as data: URLs. It is for showing messages where
// there is no Discord.
func Rendered(m message.Message) (json.RawMessage, error) {
	w := wire(m)
	type attachment struct {
		ID          string `json:"id"`
		Filename    string `json:"filename"`
		ContentType string `json:"content_type"`
		Size        int    `json:"size"`
		URL         string `json:"url"`
	}
	attachments := []attachment{}
	for i, f := range w.files {
		url := "data:" + f.Type + ";base64," + base64.StdEncoding.EncodeToString(f.Data)
		attachments = append(attachments, attachment{(*w.Attachments)[i].ID, f.Name, f.Type, len(f.Data), url})
		for j := range w.Embeds {
			if image := w.Embeds[j].Image; image != nil && strings.TrimPrefix(image.URL, "attachment://") == f.Name {
				w.Embeds[j].Image = &wireImage{URL: url}
			}
		}
	}
	return json.Marshal(struct {
		Content      string       `json:"content"`
		Embeds       []wireEmbed  `json:"embeds"`
		Components   []wireRow    `json:"components"`
		MentionRoles []string     `json:"mention_roles"`
		Attachments  []attachment `json:"attachments"`
	}{w.Content, w.Embeds, w.Components, w.AllowedMentions.Roles, attachments})
}
