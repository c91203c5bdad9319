package discord

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"

	"github.com/bwmarrin/discordgo"
)

// A message that is sent with a nonce carries a second, invisible copy of it.
// Discord does not keep the nonce with the message: it is in the answer to the
// request and gone from the channel's history, so a message that was stored
// while the line was cut could not be recognised later. The copy is a hash of
// the nonce spelled in four characters that have no width and no meaning
// between letters. They stand at the end of a text that is there anyway, are
// no white space, and so survive Discord's trimming.
const (
	markerDigits = 32
	alphabet     = "\u200c\u2061\u2062\u2063" // each three bytes in UTF-8
	digitBytes   = 3
)

// marker spells 64 bits of the nonce's hash.
func marker(nonce string) string {
	sum := sha256.Sum256([]byte("mokabot nonce " + nonce))
	var b strings.Builder
	for i := range markerDigits {
		d := int(sum[i/4]>>(i%4*2)) & 3
		b.WriteString(alphabet[d*digitBytes : d*digitBytes+digitBytes])
	}
	return b.String()
}

// markerOf finds the marker that a message of ours carries, empty when there is
// none.
func markerOf(m *discordgo.Message) string {
	if m == nil {
		return ""
	}
	texts := []string{m.Content}
	for _, e := range m.Embeds {
		texts = append(texts, e.Title, e.Description)
		if e.Footer != nil {
			texts = append(texts, e.Footer.Text)
		}
	}
	return markerPattern.FindString(strings.Join(texts, "\n"))
}

var markerPattern = regexp.MustCompile(fmt.Sprintf("[%s]{%d}", alphabet, markerDigits))

// mark hides the marker of the nonce, see [messagePayload.sign].
func (m *messagePayload) mark(nonce string) { m.sign(marker(nonce)) }

// sign hides a marker in the first text that has it whole after clipping:
// the content if there is any, else a text of the first embed, else its
// footer.
func (m *messagePayload) sign(sign string) {
	if m.Content != "" || len(m.Embeds) == 0 {
		m.Content = clip(m.Content, maxContent-markerDigits) + sign
		return
	}
	e := &m.Embeds[0]
	switch {
	case e.Description != "":
		e.Description = clip(e.Description, maxDescription-markerDigits) + sign
	case e.Footer != nil:
		e.Footer.Text = clip(e.Footer.Text, maxFooter-markerDigits) + sign
	case e.Title != "":
		e.Title = clip(e.Title, maxTitle-markerDigits) + sign
	default:
		e.Footer = &embedFooter{Text: sign}
	}
}

// carries reports whether the message has the marker of the nonce.
func (m *storedMessage) carries(nonce string) bool {
	if m.nonce() == nonce {
		return true
	}
	sign := marker(nonce)
	if strings.Contains(m.Content, sign) {
		return true
	}
	for _, e := range m.Embeds {
		if strings.Contains(e.Title+"\n"+e.Description, sign) || e.Footer != nil && strings.Contains(e.Footer.Text, sign) {
			return true
		}
	}
	return false
}
