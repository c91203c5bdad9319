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

type modalPayload struct {
	CustomID   string     `json:"custom_id"`
	Title      string     `json:"title"`
	Components []inputRow `json:"components"`
}

type inputRow struct {
	Type       int         `json:"type"`
	Components []textInput `json:"components"`
}

type textInput struct {
	Type        int    `json:"type"`
	CustomID    string `json:"custom_id"`
	Style       int    `json:"style"`
	Label       string `json:"label"`
	Placeholder string `json:"placeholder,omitempty"`
	MaxLength   int    `json:"max_length"`
	Required    bool   `json:"required"`
}

// toModal is a form as Discord's modal.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal
func toModal(f message.Form) modalPayload {
	input := textInput{
		Type: componentTextInput, CustomID: formInput, Style: inputLine, Label: clip(f.Label, maxInputLabel),
		Placeholder: clip(f.Hint, maxInputHint), MaxLength: f.Max, Required: true,
	}
	return modalPayload{
		CustomID: f.Action, Title: clip(f.Title, maxModalTitle),
		Components: []inputRow{{Type: componentRow, Components: []textInput{input}}},
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
