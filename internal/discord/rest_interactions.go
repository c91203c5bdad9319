package discord

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/message"
)

// Answers to an interaction, from
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object.
const (
	answerDeferred       = 5 // "is thinking", then [REST.Reply]
	answerDeferredUpdate = 6 // a button was pressed, the message is edited later
	answerChoices        = 8 // autocompletion
	answerModal          = 9 // a form, whose answer is another interaction
)

// Choice is one suggestion of an autocompletion.
type Choice struct {
	Name  string `json:"name"`  // what is shown; at most 100 characters
	Value string `json:"value"` // what is sent back
}

type callback struct {
	Type int `json:"type"`
	Data any `json:"data,omitempty"`
}

// Defer acknowledges a command: Discord shows "is thinking" until
// [REST.Reply]. Whether the answer is private is decided here, for good.
func (r *REST) Defer(ctx context.Context, id, token string, ephemeral bool) error {
	c := callback{Type: answerDeferred}
	if ephemeral {
		c.Data = map[string]int{"flags": flagEphemeral}
	}
	return r.respond(ctx, "acknowledge command", id, token, c)
}

// DeferUpdate acknowledges a button without changing anything yet.
func (r *REST) DeferUpdate(ctx context.Context, id, token string) error {
	return r.respond(ctx, "acknowledge button", id, token, callback{Type: answerDeferredUpdate})
}

// Open acknowledges a button, or a command, with a form.
func (r *REST) Open(ctx context.Context, id, token string, f message.Form) error {
	return r.respond(ctx, "open form", id, token, callback{Type: answerModal, Data: toModal(f)})
}

// Choices answers an autocompletion. An empty list is an answer, too.
func (r *REST) Choices(ctx context.Context, id, token string, choices []Choice) error {
	list := []Choice{}
	for _, c := range choices {
		if len(list) == maxChoices {
			break
		}
		if units(c.Value) > maxChoiceName || c.Value == "" {
			continue // a cut value would mean something else
		}
		list = append(list, Choice{Name: clip(cmp.Or(c.Name, c.Value), maxChoiceName), Value: c.Value})
	}
	data := map[string][]Choice{"choices": list}
	return r.respond(ctx, "complete option", id, token, callback{Type: answerChoices, Data: data})
}

// Reply fills in the answer that [REST.Defer] promised, or edits the message
// of a button after [REST.DeferUpdate]. below is the message that the button
// stands below, whose mark is kept; nil for a command.
func (r *REST) Reply(ctx context.Context, appID, token string, m message.Message, below *discordgo.Message) error {
	w := toPayload(m)
	if w.empty() {
		w.Content = ellipsis
	}
	if sign := markerOf(below); sign != "" {
		w.sign(sign)
	}
	f, err := uploadForm(w, w.files)
	if err != nil {
		return &Error{Op: "reply", Kind: KindPermanent, Err: err}
	}
	return r.do(ctx, request{
		op: "reply", method: http.MethodPatch,
		url:   discordgo.EndpointWebhookToken(url.PathEscape(appID), url.PathEscape(token)) + "/messages/@original",
		route: route{exempt: true}, form: f, open: true,
	}, &stored{})
}

// Unanswered reports whether an interaction that was acknowledged still waits for its
// answer: whoever acknowledged it ended before. A command shows "is thinking"; of a button
// that updates its message there is no other sign than the edit. What cannot be read
// counts as unanswered, because a second answer only replaces the first.
func (r *REST) Unanswered(ctx context.Context, i *discordgo.Interaction) bool {
	var original struct {
		ID     string     `json:"id"`
		Flags  int        `json:"flags"`
		Edited *time.Time `json:"edited_timestamp"`
	}
	err := r.do(ctx, request{
		op: "read answer", method: http.MethodGet,
		url:   discordgo.EndpointWebhookToken(url.PathEscape(i.AppID), url.PathEscape(i.Token)) + "/messages/@original",
		route: route{exempt: true}, open: true,
	}, &original)
	if err != nil {
		return MayPass(err) && KindOf(err) != KindUnknownInteraction
	}
	if i.Message == nil || original.ID != i.Message.ID {
		return original.Flags&flagLoading != 0
	}
	began, err := discordgo.SnowflakeTimestamp(i.ID)
	return err == nil && (original.Edited == nil || original.Edited.Before(began))
}

// respond sends an interaction's first response. A repeated one is harmless:
// Discord refuses the second.
func (r *REST) respond(ctx context.Context, op, id, token string, c callback) error {
	f, err := uploadForm(c, nil)
	if err != nil {
		return &Error{Op: op, Kind: KindPermanent, Err: err}
	}
	return r.do(ctx, request{
		op: op, method: http.MethodPost,
		url:   discordgo.EndpointInteractionResponse(url.PathEscape(id), url.PathEscape(token)),
		route: route{exempt: true}, form: f, repeat: true, open: true,
	}, nil)
}
