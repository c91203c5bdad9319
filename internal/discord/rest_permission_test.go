package discord

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/discord/discordtest"
	"mokabot/internal/message"
)

func TestWithoutPermissionNothingIsSent(t *testing.T) {
	lost := errors.New("another replica leads")
	var refusal error
	r, f := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		discordtest.JSON(w, 200, `{"id":"1","channel_id":"1"}`)
	})
	WithPermission(func() error { return refusal })(r)
	if _, err := r.Send(t.Context(), "1", message.Message{Text: "x"}, "n"); err != nil {
		t.Fatal(err)
	}
	refusal = lost
	_, err := r.Send(t.Context(), "1", message.Message{Text: "x"}, "n")
	if !errors.Is(err, lost) || KindOf(err) != KindTransient {
		t.Errorf("the post ends with %v", err)
	}
	if e, ok := errors.AsType[*Error](err); !ok || !certainlyRefused(err) || e.Reached {
		t.Errorf("it is not certain that it was not made: %+v", e)
	}
	if err := r.Edit(t.Context(), "1", "2", message.Message{Text: "x"}, ""); !errors.Is(err, lost) {
		t.Errorf("the edit ends with %v", err)
	}
	if n := len(f.Requests()); n != 1 {
		t.Errorf("%d requests, want the first alone", n)
	}
	// Who was acknowledged is answered.
	if err := r.Reply(t.Context(), "app", "token", message.Message{Text: "x"}, nil); err != nil {
		t.Errorf("the answer to an interaction: %v", err)
	}
}

func TestAPauseOfTheBotIsHandedOver(t *testing.T) {
	var told time.Duration
	first, _ := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "50")
		discordtest.JSON(w, 429, `{"retry_after":50,"global":true}`)
	})
	WithPauses(func(d time.Duration) { told = d })(first)
	if _, err := first.Send(t.Context(), "1", message.Message{Text: "x"}, "n"); KindOf(err) != KindRateLimited || told != 50*time.Second {
		t.Fatalf("%v, told of %s", err, told)
	}
	next, f := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		discordtest.JSON(w, 200, `{"id":"1","channel_id":"1"}`)
	})
	next.Pause(told)
	if _, err := next.Send(t.Context(), "1", message.Message{Text: "x"}, "n"); KindOf(err) != KindRateLimited || len(f.Requests()) != 0 {
		t.Errorf("the next leader posts during the pause: %v", err)
	}
	if err := next.Reply(t.Context(), "app", "token", message.Message{Text: "x"}, nil); err != nil {
		t.Errorf("interactions are under no limit of the bot's: %v", err)
	}
}

func TestWhetherAnInteractionIsAnswered(t *testing.T) {
	command := &discordgo.Interaction{ID: "1300000000000000000", AppID: "app", Token: "token"} // of 2024-10-27T07:35:52Z
	button := &discordgo.Interaction{ID: command.ID, AppID: "app", Token: "token", Message: &discordgo.Message{ID: "1"}}
	for _, c := range []struct {
		what string
		i    *discordgo.Interaction
		code int
		body string
		want bool
	}{
		{"a command that thinks", command, 200, `{"id":"1","flags":128}`, true},
		{"one that thinks in private", command, 200, `{"id":"1","flags":192}`, true},
		{"one that was answered in private", command, 200, `{"id":"1","flags":64}`, false},
		{"one that was answered", command, 200, `{"id":"1"}`, false},
		{"an unknown one", command, 404, `{"code":10015,"message":"Unknown Webhook"}`, false},
		{"one whose token has ended", command, 401, `{"code":50027,"message":"Invalid Webhook Token"}`, false},
		{"one that cannot be read", command, 502, ``, true},
		{"a button with a private answer that thinks", button, 200, `{"id":"2","flags":192}`, true},
		{"one with a private answer", button, 200, `{"id":"2","flags":64}`, false},
		{"a button whose message was never edited", button, 200, `{"id":"1","flags":64,"edited_timestamp":null}`, true},
		{"one whose message was edited before", button, 200, `{"id":"1","edited_timestamp":"2024-10-27T07:35:51.000000+00:00"}`, true},
		{"one whose message was edited since", button, 200, `{"id":"1","edited_timestamp":"2024-10-27T07:35:54.000000+00:00"}`, false},
	} {
		r, f := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) { discordtest.JSON(w, c.code, c.body) })
		if got := r.Unanswered(t.Context(), c.i); got != c.want {
			t.Errorf("%s: unanswered %t", c.what, got)
		}
		if got := f.Requests()[0]; got.Method != http.MethodGet || got.Auth != "" {
			t.Errorf("%s is asked for by %+v", c.what, got)
		}
	}
}
