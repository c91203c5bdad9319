package discordsim

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// data is the data of a command's interaction. A user cannot give options
// that the command does not have, nor leave out those that it needs.
func (c Command) data(call Call, kind int, focused string) (map[string]any, error) {
	list := []map[string]any{}
	for _, o := range c.Options {
		if o.Type == optionSubcommand || o.Type == optionGroup {
			return nil, fmt.Errorf("%w: discordsim gives no subcommands", ErrUsage)
		}
		v, given := call.Options[o.Name]
		if !given {
			if o.Required && kind == interactionCommand {
				return nil, fmt.Errorf("%w: /%s needs %s", ErrUsage, c.Name, o.Name)
			}
			continue
		}
		typing := kind == interactionAutocomplete && o.Name == focused
		value, err := o.value(v, typing)
		if err != nil {
			return nil, err
		}
		entry := map[string]any{"name": o.Name, "type": o.Type, "value": value}
		if typing {
			entry["focused"] = true
		}
		list = append(list, entry)
	}
	if err := c.known(call, kind, focused); err != nil {
		return nil, err
	}
	data := map[string]any{"id": c.ID, "name": c.Name, "type": max(1, c.Type)}
	if c.GuildID != "" {
		data["guild_id"] = c.GuildID
	}
	if len(list) > 0 {
		data["options"] = list
	}
	return data, nil
}

func (c Command) known(call Call, kind int, focused string) error {
	for name := range call.Options {
		if !slices.ContainsFunc(c.Options, func(o CommandOption) bool { return o.Name == name }) {
			return fmt.Errorf("%w: /%s has no option %q", ErrUsage, c.Name, name)
		}
	}
	if kind != interactionAutocomplete {
		return nil
	}
	for _, o := range c.Options {
		if o.Name == focused && o.Autocomplete {
			return nil
		}
	}
	return fmt.Errorf("%w: the option %q of /%s is not completed", ErrUsage, focused, c.Name)
}

// value brings what the caller gave into the option's type. What is being
// typed may be anything.
func (o CommandOption) value(v any, focused bool) (any, error) {
	if focused {
		return fmt.Sprint(v), nil
	}
	raw, err := json.Marshal(v)
	var plain any
	if err == nil {
		err = json.Unmarshal(raw, &plain)
	}
	if err != nil || !valueFits(o.Type, plain) {
		return nil, fmt.Errorf("%w: option %s does not take %v", ErrUsage, o.Name, v)
	}
	switch t := plain.(type) {
	case string:
		err = o.fitsText(t)
	case float64:
		err = o.fitsNumber(t)
	}
	if err == nil && len(o.Choices) > 0 && !slices.ContainsFunc(o.Choices, func(c Choice) bool { return c.Value == plain }) {
		err = fmt.Errorf("%w: option %s has no choice %v", ErrUsage, o.Name, v)
	}
	return v, err
}

func (o CommandOption) fitsText(text string) error {
	const maxLength = 6000
	limit := maxLength
	if o.MaxLength != nil {
		limit = *o.MaxLength
	}
	if units(text) > limit || o.MinLength != nil && units(text) < *o.MinLength || text == "" {
		return fmt.Errorf("%w: the text of option %s has the wrong length", ErrUsage, o.Name)
	}
	return nil
}

func (o CommandOption) fitsNumber(n float64) error {
	if o.MinValue != nil && n < *o.MinValue || o.MaxValue != nil && n > *o.MaxValue || math.IsNaN(n) {
		return fmt.Errorf("%w: option %s is out of range", ErrUsage, o.Name)
	}
	return nil
}
