package discord

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mokabot/internal/message"
)

func TestClip(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"short", 5, "short"},
		{"longer", 5, "long…"},
		{"一二三四五六", 4, "一二三…"},
		{"😀😀😀", 5, "😀😀…"},
		{"pay <@&123456> now", 9, "pay…"},
		{"a < b and more", 8, "a < b a…"},
		{"```\nabcdefghij\n```", 12, "```\nabc…\n```"},
		{"a\xffb", 9, "a\ufffdb"},
		{"x", 0, ""},
	} {
		got := clip(c.in, c.limit)
		if got != c.want || units(got) > c.limit {
			t.Errorf("clip(%q, %d) = %q (%d units), want %q", c.in, c.limit, got, units(got), c.want)
		}
	}
}

func TestTooMuchIsCutAndNeverRefused(t *testing.T) {
	huge := message.Message{Text: strings.Repeat("字", 5000)}
	for i := range 14 {
		c := message.Card{Title: strings.Repeat("t", 400), Text: strings.Repeat("d", 900*i), Footer: strings.Repeat("f", 3000*(i%2)), At: time.Unix(1, 0)}
		for range 40 {
			c.Fields = append(c.Fields, message.Field{Name: strings.Repeat("n", 300), Value: strings.Repeat("v", 30*i)})
		}
		huge.Cards = append(huge.Cards, c)
	}
	for i := range 40 {
		huge.Buttons = append(huge.Buttons, message.Button{Label: strings.Repeat("b", 99), Action: fmt.Sprint("x:", i)})
	}
	w := toPayload(huge)
	w.mark("nonce")
	checkLimits(t, w)
	many := message.Message{}
	for i := range 13 {
		many.Cards = append(many.Cards, message.Card{Title: fmt.Sprint("account ", i)})
	}
	w = toPayload(many)
	checkLimits(t, w)
	if len(w.Embeds) != maxEmbeds || w.Embeds[9].Footer.Text != "… +3" {
		t.Errorf("%d embeds, footer %+v", len(w.Embeds), w.Embeds[9].Footer)
	}
}

func checkLimits(t *testing.T, w messagePayload) {
	t.Helper()
	total := 0
	for _, e := range w.Embeds {
		total += e.size()
		if units(e.Title) > maxTitle || units(e.Description) > maxDescription || len(e.Fields) > maxFields {
			t.Errorf("embed over its limits: %+v", e)
		}
		if e.Footer != nil && (units(e.Footer.Text) > maxFooter || e.Footer.Text == "") {
			t.Errorf("footer of %d", units(e.Footer.Text))
		}
		for _, f := range e.Fields {
			if f.Name == "" || f.Value == "" || units(f.Name) > maxFieldName || units(f.Value) > maxFieldValue {
				t.Errorf("field %+v", f)
			}
		}
	}
	if total > maxEmbedTotal || len(w.Embeds) > maxEmbeds || units(w.Content) > maxContent || len(w.Components) > maxRows {
		t.Errorf("total %d, %d embeds, content %d, %d rows", total, len(w.Embeds), units(w.Content), len(w.Components))
	}
	for _, row := range w.Components {
		if len(row.Components) > maxRowButtons || len(row.Components) == 0 {
			t.Errorf("row of %d", len(row.Components))
		}
	}
}

func TestNothingEmptyIsSent(t *testing.T) {
	w := toPayload(message.Message{
		Text:  " \n",
		Cards: []message.Card{{}, {Fields: []message.Field{{Name: "a"}, {Value: "b"}, {}}}},
		Buttons: []message.Button{
			{Label: "one", Action: "a"}, {Label: "twice", Action: "a"}, {Action: "b", Style: message.StyleDanger, Disabled: true},
			{Label: "none"}, {Label: "long", Action: strings.Repeat("x", 101)},
		},
		Mentions: message.Mentions{Roles: []string{"12", "everyone", "12"}},
	})
	if len(w.Embeds) != 1 || len(w.Embeds[0].Fields) != 2 || w.Content != "<@&12>" {
		t.Errorf("content %q, embeds %+v", w.Content, w.Embeds)
	}
	checkLimits(t, w)
	if got := w.Components[0].Components; len(got) != 2 || got[1].Label != "…" || got[1].Style != buttonDanger || !got[1].Disabled {
		t.Errorf("buttons %+v", got)
	}
	if w := toPayload(message.Message{}); !w.empty() {
		t.Error("an empty message is not recognised")
	}
}

func TestToneTimeAndPicture(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("", 8*3600))
	w := toPayload(message.Message{Cards: []message.Card{{Title: "x", Tone: message.ToneCritical, At: at, Picture: "gone.png"}}})
	e := w.Embeds[0]
	if e.Color != colours[message.ToneCritical] || e.Timestamp != "2026-11-23T01:00:00.000Z" || e.Image != nil {
		t.Errorf("embed %+v", e)
	}
}

func TestTwoNoncesHaveTwoInvisibleMarkers(t *testing.T) {
	a, b := marker("a"), marker("b")
	if a == b || units(a) != markerDigits || strings.TrimSpace(a) != a || a != marker("a") {
		t.Errorf("markers %q %q", a, b)
	}
}

// https://docs.discord.com/developers/components/reference#button-button-styles
func TestLinksAreButtonsWithoutAnAction(t *testing.T) {
	rows := toRows([]message.Button{
		{Label: "Top up", URL: "https://moka.example/topup"}, {Label: "Details", Action: "alerts:details"},
		{Label: "Next row", Action: "alerts:end", NewRow: true}, {Label: "Too long", URL: "https://" + strings.Repeat("x", maxButtonURL)},
	})
	if len(rows) != 2 || len(rows[0].Components) != 2 || len(rows[1].Components) != 1 {
		t.Fatalf("the rows are %+v", rows)
	}
	if b := rows[0].Components[0]; b.Style != buttonLink || b.URL == "" || b.CustomID != "" {
		t.Errorf("the link is %+v", b)
	}
	if b := rows[0].Components[1]; b.Style == buttonLink || b.URL != "" || b.CustomID != "alerts:details" {
		t.Errorf("the button is %+v", b)
	}
}
