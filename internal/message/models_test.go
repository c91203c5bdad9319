package message_test

import (
	"fmt"
	"strings"
	"testing"

	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/moka"
)

// The next page is of the same search, however long; a button for it that Discord has no
// room for is left out.
func TestTheNextPageIsOfTheSameSearch(t *testing.T) {
	search := "accounts/fireworks/models/deepseek-coder-v2-"
	var models []moka.PricedModel
	for i := range 40 {
		models = append(models, moka.PricedModel{Model: moka.Model{ID: fmt.Sprintf("%s%02d", search, i)}})
	}
	m := message.Models(lang.English(), message.ModelList{Account: "team", Search: search, Models: models})
	if next := m.Buttons[1].Action; !strings.HasSuffix(next, ":"+search) {
		t.Errorf("the next page is %q", next)
	}
}
