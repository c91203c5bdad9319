package discord

import (
	"errors"
	"net/http"
	"testing"
	"time"

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

func TestWhetherACommandIsAnswered(t *testing.T) {
	for body, want := range map[string]bool{
		`{"id":"1","flags":128}`: true, `{"id":"1","flags":192}`: true, `{"id":"1","flags":64}`: false, `{"id":"1"}`: false,
	} {
		r, f := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) { discordtest.JSON(w, 200, body) })
		if got := r.Unanswered(t.Context(), "app", "token"); got != want {
			t.Errorf("%s: unanswered %t", body, got)
		}
		if got := f.Requests()[0]; got.Method != http.MethodGet || got.Auth != "" {
			t.Errorf("asked by %+v", got)
		}
	}
	r, _ := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) { discordtest.JSON(w, 404, `{"code":10015}`) })
	if r.Unanswered(t.Context(), "app", "token") {
		t.Error("of an unknown command it is said that it waits")
	}
}
