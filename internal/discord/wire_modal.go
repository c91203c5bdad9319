package discord

import (
	"github.com/bwmarrin/discordgo"

	"mokabot/internal/message"
)

// Limits of a form. Longer text is cut.
const (
	maxModalTitle = 45
	maxInputLabel = 45
	maxInputHint  = 100
)

const (
	componentTextInput = 4
	inputLine          = 1 // a single line

	// formInput is the custom id of a form's only input.
	formInput = "text"
)

type wireModal struct {
	CustomID   string         `json:"custom_id"`
	Title      string         `json:"title"`
	Components []wireInputRow `json:"components"`
}

type wireInputRow struct {
	Type       int         `json:"type"`
	Components []wireInput `json:"components"`
}

type wireInput struct {
	Type        int    `json:"type"`
	CustomID    string `json:"custom_id"`
	Style       int    `json:"style"`
	Label       string `json:"label"`
	Placeholder string `json:"placeholder,omitempty"`
	MaxLength   int    `json:"max_length"`
	Required    bool   `json:"required"`
}

// wireForm is a form as Discord's modal.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal
func wireForm(f message.Form) wireModal {
	input := wireInput{
		Type: componentTextInput, CustomID: formInput, Style: inputLine, Label: clip(f.Label, maxInputLabel),
		Placeholder: clip(f.Hint, maxInputHint), MaxLength: f.Max, Required: true,
	}
	return wireModal{
		CustomID: f.Action, Title: clip(f.Title, maxModalTitle),
		Components: []wireInputRow{{Type: componentRow, Components: []wireInput{input}}},
	}
}

// Written is what somebody wrote into a form that [REST.Open] opened.
func Written(data discordgo.ModalSubmitInteractionData) string {
	for _, c := range data.Components {
		row, ok := c.(*discordgo.ActionsRow)
		if !ok {
			continue
		}
		for _, c := range row.Components {
			if input, ok := c.(*discordgo.TextInput); ok && input.CustomID == formInput {
				return input.Value
			}
		}
	}
	return ""
}
