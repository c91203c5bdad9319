package bot

import (
	"strings"
	"testing"

	"mokabot/internal/message"
)

func TestARenderedMessageCarriesItsPicture(t *testing.T) {
	raw, err := Rendered(message.Message{
		Cards: []message.Card{{Title: "t", Picture: "chart.png"}}, Files: []message.File{{Name: "chart.png", Type: "image/png", Data: []byte("png")}},
		Buttons: []message.Button{{Label: "Next", Action: "models:a:1:"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const url = `"url":"data:image/png;base64,cG5n"`
	if strings.Count(string(raw), url) != 2 || !strings.Contains(string(raw), `"custom_id":"models:a:1:"`) || strings.Contains(string(raw), "attachment://") {
		t.Errorf("rendered: %s", raw)
	}
}
