package discord

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/message"
)

// Identity is who the bot is.
type Identity struct {
	UserID string
	Name   string
}

// ownUser asks whose the bot token is: any valid one gets an answer.
var ownUser = request{
	op: "read own user", method: http.MethodGet, url: discordgo.EndpointUser("@me"),
	route: route{shape: "GET users/@me"},
}

// Me asks Discord who the token belongs to. The answer is kept.
func (r *REST) Me(ctx context.Context) (Identity, error) {
	if me := r.me.Load(); me != nil {
		return *me, nil
	}
	var user struct {
		ID       string `json:"id"`
		Username string `json:"username"`
	}
	if err := r.do(ctx, ownUser, &user); err != nil {
		return Identity{}, err
	}
	me := Identity{UserID: user.ID, Name: user.Username}
	r.me.Store(&me)
	return me, nil
}

// Application asks for the bot's application id, which commands and answers
// are addressed by. READY tells it as well; this is for a caller without a
// session.
func (r *REST) Application(ctx context.Context) (string, error) {
	var app struct {
		ID string `json:"id"`
	}
	err := r.do(ctx, request{
		op: "read own application", method: http.MethodGet, url: discordgo.EndpointOAuth2Application("@me"),
		route: route{shape: "GET oauth2/applications/@me"},
	}, &app)
	return app.ID, err
}

// Send posts a message. An attempt that may have arrived is
// not repeated here: look for it with [REST.Find] first. With a nonce (at most
// 25 characters) Discord besides creates the message once, however often it is
// asked within a few minutes.
func (r *REST) Send(ctx context.Context, channelID string, m message.Message, nonce string) (Receipt, error) {
	const op = "send message"
	w := toPayload(m)
	if w.empty() {
		return Receipt{}, &Error{Op: op, Kind: KindPermanent, Message: "the message is empty"}
	}
	if m.Silent {
		w.Flags |= flagSuppressNotifications
	}
	if nonce != "" {
		w.Nonce, w.EnforceNonce = clipNonce(nonce), true
		w.mark(nonce)
	}
	f, err := uploadForm(w, w.files)
	if err != nil {
		return Receipt{}, &Error{Op: op, Kind: KindPermanent, Err: err}
	}
	var kept stored
	err = r.do(ctx, request{
		op: op, method: http.MethodPost, url: discordgo.EndpointChannelMessages(url.PathEscape(channelID)),
		route: route{shape: "POST channels/messages", major: channelID}, form: f, upload: len(w.files) > 0,
	}, &kept)
	if err == nil && (!isSnowflake(kept.ID) || kept.ChannelID != channelID) {
		err = notThere(op)
	}
	if err != nil {
		return Receipt{}, err
	}
	return receipt(kept, w.AllowedMentions), nil
}

// clipNonce keeps a longer nonce's hash instead of its start, so that two of
// them stay two.
func clipNonce(nonce string) string {
	if units(nonce) <= maxNonce {
		return nonce
	}
	return hashOf([]byte(nonce))[:maxNonce]
}

// notThere is for an answer of success that names no message of the channel:
// whether there is one has to be looked up.
func notThere(op string) error {
	return &Error{Op: op, Status: http.StatusOK, Kind: KindTransient, Reached: true, Message: "the answer names no message in this channel"}
}

// Edit replaces a message: text, cards, buttons and attachments, and keeps the
// mark of the nonce that it was sent with. Nobody is pinged by an edit. Files
// without data keep the attachments that are there.
func (r *REST) Edit(ctx context.Context, channelID, messageID string, m message.Message, nonce string) error {
	const op = "edit message"
	w := toPayload(m)
	if nonce != "" {
		w.mark(nonce)
	}
	f, err := uploadForm(w, w.files)
	if err != nil {
		return &Error{Op: op, Kind: KindPermanent, Err: err}
	}
	var kept stored
	err = r.do(ctx, request{
		op: op, method: http.MethodPatch,
		url:   discordgo.EndpointChannelMessage(url.PathEscape(channelID), url.PathEscape(messageID)),
		route: route{shape: "PATCH channels/messages", major: channelID}, form: f, upload: len(w.files) > 0,
	}, &kept)
	if err == nil && kept.ID != messageID {
		err = notThere(op)
	}
	return err
}

// stored is what is read of the answer to a message. Any other answer is not
// Discord's, and the message may not be there.
type stored struct {
	ID           string        `json:"id"`
	ChannelID    string        `json:"channel_id"`
	Flags        int           `json:"flags"`
	MentionRoles *[]string     `json:"mention_roles"` // nil when the answer does not say
	Mentions     *[]storedUser `json:"mentions"`
}

type storedUser struct {
	ID string `json:"id"`
}

// storedMessage is a message read back from Discord.
type storedMessage struct {
	ID     string `json:"id"`
	Author struct {
		ID string `json:"id"`
	} `json:"author"`
	Content  string          `json:"content"`
	Embeds   []embed         `json:"embeds"`
	RawNonce json.RawMessage `json:"nonce"`
}

// nonce reads a string or a number.
func (m *storedMessage) nonce() string { return strings.Trim(string(m.RawNonce), `"`) }
