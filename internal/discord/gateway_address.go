package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/bwmarrin/discordgo"
)

// location is where the gateway is, and how many sessions may be begun there.
// https://docs.discord.com/developers/events/gateway#get-gateway-bot
type location struct {
	URL   string `json:"url"`
	Limit struct {
		Total      float64 `json:"total"`
		Remaining  float64 `json:"remaining"`
		ResetAfter float64 `json:"reset_after"` // milliseconds
	} `json:"session_start_limit"`
}

// wait is how long Discord wants no new session.
func (l location) wait() time.Duration {
	if l.Limit.Total <= 0 || l.Limit.Remaining > 0 {
		return 0
	}
	return time.Duration(min(max(l.Limit.ResetAfter, 0), float64(budgetWindow.Milliseconds()))) * time.Millisecond
}

// gateway asks where the gateway is. A server that does not know GET /gateway/bot, which
// has the limits, is asked for GET /gateway.
func (r *REST) gateway(ctx context.Context) (location, error) {
	var l location
	err := r.do(ctx, request{
		op: "read gateway", method: http.MethodGet, url: discordgo.EndpointGatewayBot, route: route{shape: "GET gateway/bot"},
	}, &l)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusNotFound {
		err = r.do(ctx, request{
			op: "read gateway", method: http.MethodGet, url: discordgo.EndpointGateway, route: route{shape: "GET gateway"}, open: true,
		}, &l)
	}
	if err == nil && l.URL == "" {
		err = &Error{Op: "read gateway", Kind: KindTransient, Message: "the answer names no address"}
	}
	return l, err
}

// whereTo asks where the gateway is, and uses the last known address while REST is
// away.
func (g *Gateway) whereTo(ctx context.Context) (location, error) {
	ctx, cancel := context.WithTimeout(ctx, g.Timing.Hello)
	defer cancel()
	l, err := g.REST.gateway(ctx)
	switch {
	case err == nil:
		g.known = l
		return l, nil
	case g.known.URL != "" && KindOf(err) != KindUnauthorized:
		return location{URL: g.known.URL}, nil
	}
	return location{}, fmt.Errorf("%w: %w", errUnreachable, err)
}

// awaitIdentify asks where the gateway is, and waits until an IDENTIFY may be
// sent there. After a long wait it asks again.
func (g *Gateway) awaitIdentify(ctx context.Context) (string, error) {
	const long = 5 * time.Minute
	for {
		l, err := g.whereTo(ctx)
		if err != nil {
			return "", err
		}
		if err := g.budget.load(ctx); err != nil && g.Shared {
			return "", fmt.Errorf("read which IDENTIFYs were sent: %w", err)
		}
		g.budget.date(g.REST.Now())
		// An IDENTIFY is counted before it is sent, and the later one may travel
		// faster: a tenth more than Discord's least.
		wait := max(g.budget.wait(g.Timing.Spacing+g.Timing.Spacing/10+g.budget.doubt()), l.wait())
		if wait > time.Minute/2 {
			g.Log.Warn("holding back from connecting: too many sessions were begun within 24 hours",
				"used", g.budget.used(), "left", l.Limit.Remaining, "wait", wait)
		}
		if err := pause(ctx, min(wait, long)); err != nil {
			return "", err
		}
		if wait <= long {
			return l.URL, nil
		}
	}
}
