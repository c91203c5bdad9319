package discord

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/discord/discordtest"
	"mokabot/internal/message"
	"mokabot/internal/store"
)

// heard collects what hooks were told, in order.
type heard struct {
	mu  sync.Mutex
	all []string
}

func (h *heard) add(s string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, s)
}

func (h *heard) list() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.all)
}

func TestTheGatewayTellsOfItsState(t *testing.T) {
	nothingLeft(t)
	f := newFakeGateway(t, before(1, script{drop: true}))
	var h heard
	g := startGateway(t, f, func(g *Gateway) {
		g.OnIdentify = func() { h.add("identify") }
	})
	until(t, "a resumed session", func() bool { return g.State().Resumes == 1 && g.State().Connected })
	f.push(`{"t":null,"s":null,"op":1,"d":null}`)
	until(t, "an answered heartbeat", func() bool { return g.State().Latency > 0 })
	up := g.State()
	g.stop()
	g.done <- <-g.done
	if want := []string{"identify"}; !slices.Equal(h.list(), want) {
		t.Errorf("the hook was told %v, want %v", h.list(), want)
	}
	if s := g.State(); s.Connected || !s.Since.After(up.Since) {
		t.Errorf("after the end: %+v, before %+v", s, up)
	}
}

// An event is held before its number can be stored: the next leader would not get one
// from Discord again whose number is known there.
func TestAnEventIsHeldBeforeItsNumberIsGiven(t *testing.T) {
	nothingLeft(t)
	f := hear(t)
	var h heard
	g := startGateway(t, f.fakeGateway, func(g *Gateway) {
		g.OnInteraction = func(context.Context, *discordgo.Interaction) {}
		g.OnSession = func(s Session) { h.add(fmt.Sprint("number ", s.Seq)) }
		g.Hold = func() func() { h.add("held"); return func() {} }
	})
	until(t, "READY", func() bool { return g.State().Connected })
	f.push(interaction("1"))
	until(t, "the number of the event", func() bool { return slices.Contains(h.list(), "number 3") })
	if all := h.list(); !slices.Contains(all[:slices.Index(all, "number 3")], "held") {
		t.Errorf("the order is %v", all)
	}
}

func TestEveryRequestIsObserved(t *testing.T) {
	var h heard
	r, _ := newREST(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		switch n {
		case 1:
			cutLine(w)
		case 2:
			discordtest.JSON(w, 200, `{"id":"2"}`)
		default:
			discordtest.JSON(w, 404, `{"code":10003}`)
		}
	})
	WithObserver(func(route, kind string, took time.Duration) {
		if took <= 0 {
			t.Errorf("%s took %s", route, took)
		}
		h.add(route + " " + kind)
	})(r)
	if err := r.Edit(t.Context(), "1", "2", message.Message{Text: "x"}, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Send(t.Context(), "1", message.Message{Text: "x"}, "n"); err == nil {
		t.Error("a post to an unknown channel went well")
	}
	if want := []string{"edit message transient", "edit message ok", "send message permanent"}; !slices.Equal(h.list(), want) {
		t.Errorf("observed %v, want %v", h.list(), want)
	}
}

func TestEveryAttemptAtAMessageIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h heard
		p := &post{send: func(_ context.Context, _ string, n int) error {
			switch n {
			case 1:
				return &Error{Kind: KindTransient, Status: 503}
			case 2:
				return nil
			}
			return &Error{Kind: KindPermanent, Status: 403, Code: codeMissingPermissions}
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		d := &Delivery{
			Box: newBox(store.Due{Channel: "a"}, store.Due{Channel: "a"}), Send: p, Log: slog.New(slog.DiscardHandler),
			OnAttempt: func(r Result) { h.add(string(r)) },
		}
		if err := d.Run(ctx); err != nil {
			t.Error(err)
		}
		if want := []string{"retry", "sent", "dead"}; !slices.Equal(h.list(), want) {
			t.Errorf("told %v, want %v", h.list(), want)
		}
	})
}
