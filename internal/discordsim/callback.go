package discordsim

import (
	"encoding/json"
	"slices"
	"time"
)

type callbackBody struct {
	Type int             `json:"type"`
	Data json.RawMessage `json:"data"`
}

// callback is the first answer to an interaction.
func (c *call) callback() (any, *problem) {
	i := c.s.byID[c.r.PathValue("interaction")]
	switch {
	case i == nil || i.token != c.r.PathValue("token") || i.dead:
		return nil, unknownAnswer()
	case i.acked != 0:
		return nil, c.repeated(i)
	case time.Since(i.began) > c.s.settings.ackTime:
		i.dead = true
		c.s.changed()
		return nil, unknownAnswer()
	}
	var in callbackBody
	files, p := c.decode(&in)
	if p != nil {
		return nil, p
	}
	if !slices.Contains(callbackTypes(i), in.Type) {
		var f form
		f.add("type", "BASE_TYPE_CHOICES", "Value must be one of %v.", callbackTypes(i))
		return nil, f.problem()
	}
	if p := c.acknowledge(i, in, files); p != nil {
		return nil, p
	}
	i.acked, i.heard = in.Type, c.hearing()
	c.s.changed()
	return nil, nil
}

// repeated refuses an acknowledgement after the first one. It is no violation where the
// bot could not know of that: the event was sent once more, on another connection of the
// session, or the answer was lost.
func (c *call) repeated(i *interaction) *problem {
	i.repeated++
	return alreadyAnswered().excuse(i.repeated < i.sent || !i.heard())
}

// hearing returns a function that reports whether the bot may have got the answer to the
// call: false when a fault hides it, and once the line is gone that it went to.
func (c *call) hearing() func() bool {
	if _, seen := c.w.(*noting); !seen {
		return func() bool { return false }
	}
	l := lineOf(c.r)
	return func() bool { return l == nil || !l.closed.Load() && !l.swallows() }
}

// callbackTypes are the answers that an interaction may have. One to a form is
// about the message below which the button stands that opened it.
func callbackTypes(i *interaction) []int {
	switch {
	case i.kind == interactionAutocomplete:
		return []int{answerChoices}
	case i.kind == interactionComponent:
		return []int{answerMessage, answerDeferred, answerDeferredUpdate, answerUpdate, answerForm}
	case i.kind == interactionSubmit && i.source != nil:
		return []int{answerMessage, answerDeferred, answerDeferredUpdate, answerUpdate}
	case i.kind == interactionSubmit:
		return []int{answerMessage, answerDeferred}
	}
	return []int{answerMessage, answerDeferred, answerForm}
}

func (c *call) acknowledge(i *interaction, in callbackBody, files map[string]file) *problem {
	switch in.Type {
	case answerDeferredUpdate:
		i.original = i.source
		return nil
	case answerChoices:
		return c.complete(i, in.Data)
	case answerDeferred:
		return c.think(i, in.Data)
	case answerForm:
		return c.open(i, in.Data)
	}
	d := &draft{}
	if p := decodeData(in.Data, d); p != nil {
		return p
	}
	d.files = files
	c.wantMentions(d)
	if p := d.check(); p != nil {
		return p
	}
	if in.Type == answerUpdate {
		i.original = i.source
		if p := c.edit(i.source, d, everyPermission, sendFlags); p != nil {
			return p
		}
		i.finish(i.source)
		return nil
	}
	m := c.s.answered(i, 0)
	if p := c.apply(m, d, everyPermission, answerFlags); p != nil {
		return p
	}
	m.TTS = d.TTS
	i.original = m
	i.finish(m)
	c.s.store(m, "create")
	return nil
}

func decodeData(raw json.RawMessage, out any) *problem {
	if len(raw) == 0 {
		var f form
		f.add("data", "BASE_TYPE_REQUIRED", "This field is required")
		return f.problem()
	}
	return decodeJSON(raw, out)
}

// think shows "is thinking". Of a message only the ephemeral flag counts here.
func (c *call) think(i *interaction, raw json.RawMessage) *problem {
	var in struct {
		Flags   int    `json:"flags"`
		Content string `json:"content"`
		Embeds  []any  `json:"embeds"`
	}
	if len(raw) > 0 {
		if p := decodeJSON(raw, &in); p != nil {
			return p
		}
	}
	if in.Content != "" || len(in.Embeds) > 0 {
		c.s.violate("%s %s: a deferred answer has no content", c.r.Method, c.path)
	}
	i.original = c.s.answered(i, in.Flags&FlagEphemeral|FlagLoading)
	c.s.store(i.original, "create")
	return nil
}

func (c *call) complete(i *interaction, raw json.RawMessage) *problem {
	d := &draft{}
	if p := decodeData(raw, d); p != nil {
		return p
	}
	var f form
	if !d.Choices.set || d.Choices.v == nil {
		f.add("data.choices", "BASE_TYPE_REQUIRED", "This field is required")
		return f.problem()
	}
	checkChoices(&f, "data.choices", d.Choices.v)
	i.choices = d.Choices.v
	return f.problem()
}
