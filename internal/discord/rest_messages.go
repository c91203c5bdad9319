package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/message"
)

// Identity is who the bot is.
type Identity struct {
	UserID string
	Name   string
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
	err := r.do(ctx, request{
		op: "read own user", method: http.MethodGet, url: discordgo.EndpointUser("@me"),
		route: route{shape: "GET users/@me"},
	}, &user)
	if err != nil {
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

// Send posts a message and gives its id. An attempt that may have arrived is
// not repeated here: look for it with [REST.Find] first. With a nonce (at most
// 25 characters) Discord besides creates the message once, however often it is
// asked within a few minutes.
func (r *REST) Send(ctx context.Context, channelID string, m message.Message, nonce string) (string, error) {
	const op = "send message"
	w := wire(m)
	if w.empty() {
		return "", &Error{Op: op, Kind: KindPermanent, Message: "the message is empty"}
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
		return "", &Error{Op: op, Kind: KindPermanent, Err: err}
	}
	var kept stored
	err = r.do(ctx, request{
		op: op, method: http.MethodPost, url: discordgo.EndpointChannelMessages(url.PathEscape(channelID)),
		route: route{shape: "POST channels/messages", major: channelID}, form: f,
	}, &kept)
	return kept.ID, err
}

// clipNonce keeps a longer nonce's hash instead of its start, so that two of
// them stay two.
func clipNonce(nonce string) string {
	if units(nonce) <= maxNonce {
		return nonce
	}
	return hashOf([]byte(nonce))[:maxNonce]
}

// Edit replaces a message: text, cards, buttons and attachments. Nobody is
// pinged by an edit. Files without data keep the attachments that are there.
func (r *REST) Edit(ctx context.Context, channelID, messageID string, m message.Message) error {
	const op = "edit message"
	w := wire(m)
	f, err := uploadForm(w, w.files)
	if err != nil {
		return &Error{Op: op, Kind: KindPermanent, Err: err}
	}
	return r.do(ctx, request{
		op: op, method: http.MethodPatch,
		url:   discordgo.EndpointChannelMessage(url.PathEscape(channelID), url.PathEscape(messageID)),
		route: route{shape: "PATCH channels/messages", major: channelID}, form: f,
	}, &stored{})
}

// stored is what is read of the answer to a message. Any other answer is not
// Discord's, and the message may not be there.
type stored struct {
	ID string `json:"id"`
}

// storedMessage is a message read back from Discord.
type storedMessage struct {
	ID     string `json:"id"`
	Author struct {
		ID string `json:"id"`
	} `json:"author"`
	Content  string          `json:"content"`
	Embeds   []wireEmbed     `json:"embeds"`
	RawNonce json.RawMessage `json:"nonce"`
}

// nonce reads a string or a number.
func (m *storedMessage) nonce() string { return strings.Trim(string(m.RawNonce), `"`) }

const (
	historyPage  = 100              // https://docs.discord.com/developers/resources/message#get-channel-messages
	mostPages    = 20               // of history read for one message
	historySlack = 10 * time.Minute // clocks that differ
)

// Find looks for an own message that was sent with the nonce at or after
// since. It reads the channel forward from there, at most 2,000 messages; when
// those were not enough to be sure it fails instead of saying "not found".
// Without the permission to read the history Discord answers an empty list,
// see [Access].
func (r *REST) Find(ctx context.Context, channelID, nonce string, since time.Time) (string, bool, error) {
	me, err := r.Me(ctx)
	if err != nil {
		return "", false, err
	}
	after := snowflakeAt(since.Add(-historySlack))
	for range mostPages {
		page, err := r.history(ctx, channelID, after)
		if err != nil {
			return "", false, err
		}
		next := after
		for _, m := range page {
			if m.Author.ID == me.UserID && m.carries(nonce) {
				return m.ID, true, nil
			}
			if id, err := strconv.ParseUint(m.ID, 10, 64); err == nil {
				next = max(next, id)
			}
		}
		if len(page) < historyPage || next == after {
			return "", false, nil
		}
		after = next
	}
	return "", false, &Error{Op: "search history", Kind: KindPermanent,
		Message: fmt.Sprintf("not among the first %d messages since", mostPages*historyPage)}
}

func (r *REST) history(ctx context.Context, channelID string, after uint64) ([]storedMessage, error) {
	query := url.Values{"after": {strconv.FormatUint(after, 10)}, "limit": {strconv.Itoa(historyPage)}}
	var page []storedMessage
	err := r.do(ctx, request{
		op: "search history", method: http.MethodGet,
		url:   discordgo.EndpointChannelMessages(url.PathEscape(channelID)) + "?" + query.Encode(),
		route: route{shape: "GET channels/messages", major: channelID},
	}, &page)
	return page, err
}

// snowflakeAt is the smallest id of that moment.
// https://docs.discord.com/developers/reference#snowflakes
func snowflakeAt(t time.Time) uint64 {
	const epoch = 1420070400000
	return uint64(max(0, t.UnixMilli()-epoch)) << 22
}
