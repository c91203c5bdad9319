package discordsim

import "fmt"

// Component types and the limits of their parts.
const (
	componentRow        = 1
	componentButton     = 2
	componentSelect     = 3
	componentLastSelect = 8

	styleLink    = 5
	stylePremium = 6

	maxRows        = 5
	maxRowButtons  = 5
	maxCustomID    = 100
	maxLabel       = 80
	maxOptions     = 25
	maxPlaceholder = 150
	maxOptionText  = 100
)

func checkComponents(f *form, rows []Component) {
	f.count("components", len(rows), 0, maxRows)
	seen := map[string]bool{}
	for i, row := range rows {
		path := fmt.Sprintf("components.%d", i)
		if row.Type != componentRow {
			f.add(path+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,).")
			continue
		}
		f.count(path+".components", len(row.Components), 1, maxRowButtons)
		for j, c := range row.Components {
			c.check(f, fmt.Sprintf("%s.components.%d", path, j), seen, len(row.Components))
		}
	}
}

func (c *Component) check(f *form, path string, seen map[string]bool, inRow int) {
	switch {
	case c.Type == componentButton:
		c.checkButton(f, path)
	case c.Type >= componentSelect && c.Type <= componentLastSelect && c.Type != 4:
		c.checkSelect(f, path)
		if inRow > 1 {
			f.add(path, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")
		}
	default:
		f.add(path+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (2, 3, 5, 6, 7, 8).")
		return
	}
	if c.CustomID != "" && seen[c.CustomID] {
		f.add(path+".custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
	}
	seen[c.CustomID] = true
}

func (c *Component) checkButton(f *form, path string) {
	f.length(path+".label", c.Label, 0, maxLabel)
	if c.Label == "" && c.Emoji == nil && c.Style != stylePremium {
		f.add(path+".label", "BUTTON_COMPONENT_INVALID_EMOJI_OR_LABEL", "A label or an emoji is required")
	}
	switch {
	case c.Style < 1 || c.Style > stylePremium:
		f.add(path+".style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5, 6}.")
	case c.Style == styleLink:
		if c.URL == "" || c.CustomID != "" {
			f.add(path+".url", "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A url is required and excludes a custom id")
		}
		checkURL(f, path+".url", c.URL, "http", "https", "discord")
	case c.Style != stylePremium:
		f.length(path+".custom_id", c.CustomID, 1, maxCustomID)
		if c.URL != "" {
			f.add(path+".url", "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A custom id and url cannot both be specified")
		}
	}
}

func (c *Component) checkSelect(f *form, path string) {
	f.length(path+".custom_id", c.CustomID, 1, maxCustomID)
	f.length(path+".placeholder", c.Placeholder, 0, maxPlaceholder)
	if c.Type != componentSelect {
		return
	}
	f.count(path+".options", len(c.Options), 1, maxOptions)
	values := map[string]bool{}
	for i, o := range c.Options {
		at := fmt.Sprintf("%s.options.%d", path, i)
		f.length(at+".label", o.Label, 1, maxOptionText)
		f.length(at+".value", o.Value, 1, maxOptionText)
		f.length(at+".description", o.Description, 0, maxOptionText)
		if values[o.Value] {
			f.add(at+".value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used")
		}
		values[o.Value] = true
	}
}

// component finds a part of the message by its custom id.
func (m *Message) component(customID string) *Component {
	for _, row := range m.Components {
		for i := range row.Components {
			if row.Components[i].CustomID == customID {
				return &row.Components[i]
			}
		}
	}
	return nil
}
