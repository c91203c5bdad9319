package moka

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// maxNotice is how many runes of a notice are kept.
const maxNotice = 4000

// Notice reads /api/notice: the operator's announcement in Markdown, often
// empty. It is foreign text: disarm it before showing it.
func (c *Client) Notice(ctx context.Context) (string, error) {
	text, err := fetch(ctx, c, request{op: "notice", path: "/api/notice", optional: true}, decodeNotice)
	if err != nil {
		return "", err
	}
	return cut(c.withoutCredentials(text), maxNotice), nil
}

func decodeNotice(body []byte) (string, error) {
	var answer struct {
		Data *string `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil {
		return "", mistyped("notice", "not a text")
	}
	return strings.TrimSpace(PlainLines(head(*answer.Data, 2*utf8.UTFMax*maxNotice))), nil
}
