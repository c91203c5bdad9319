package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"mokabot/internal/discordtest"
	"mokabot/internal/discordtest/page"
	"mokabot/internal/lang"
	"mokabot/moka/mokatest"
)

// demo is the simulated world between whose two ends the real bot runs.
type demo struct {
	discord *discordtest.Server
	gateway *mokatest.Server

	mu                       sync.Mutex
	gatewayDown, discordDown bool
}

const (
	unitsPerDollar = 500_000
	dollarsASecond = 0.45
	refillBelow    = 58 // dollars, at which the demonstration tops itself up
	refill         = 45
)

// spend uses the account up, and tops it up before it is empty: so a visitor
// sees it fall, warn and recover.
func (d *demo) spend(ctx context.Context) error {
	ticker := time.NewTicker(500 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		cost := dollarsASecond / 2 * (0.5 + rand.Float64())
		d.use(cost)
		if d.left() < refillBelow*unitsPerDollar {
			d.topUp(refill)
		}
	}
}

// use books a call that costs so many dollars.
func (d *demo) use(dollars float64) {
	const tokensPerDollar = 120_000
	models := []string{"moka/moka-pro", "anthropic/claude-sonnet-4.5", "openai/gpt-5-mini"}
	d.gateway.Spend(mokatest.DemoKey, models[rand.IntN(len(models))], int64(dollars*unitsPerDollar), int64(dollars*tokensPerDollar))
}

// topUp adds so many dollars to the account and lets the key spend them.
func (d *demo) topUp(dollars int64) {
	d.gateway.TopUp(mokatest.DemoUserID, dollars*unitsPerDollar)
	d.gateway.Update(func(s *mokatest.State) { s.Key(mokatest.DemoKey).Remain += dollars * unitsPerDollar })
}

// begin sets the account to where the invented past ends.
func (d *demo) begin() {
	d.gateway.Update(func(s *mokatest.State) {
		remaining, used := int64(demoRemaining)/2, int64(demoUsed)/2 // a unit is two millionths of a dollar
		a, k := s.Account(mokatest.DemoUserID), s.Key(mokatest.DemoKey)
		a.Quota, a.UsedQuota, a.Requests = remaining, used, demoRequests
		k.Remain, k.Used = remaining, used
	})
}

func (d *demo) left() (quota int64) {
	d.gateway.Update(func(s *mokatest.State) { quota = s.Account(mokatest.DemoUserID).Quota })
	return quota
}

// Channels implements page.Backend.
func (d *demo) Channels() []page.Channel {
	topics := map[string]string{
		discordtest.AlertsChannel: "low-balance pings", discordtest.ReportChannel: "summaries", discordtest.DirectChannel: "you and the bot",
	}
	var list []page.Channel
	for _, c := range d.discord.Channels() {
		list = append(list, page.Channel{ID: c.ID, Name: c.Name, Topic: topics[c.ID], Direct: c.Direct})
	}
	return list
}

// Messages implements page.Backend.
func (d *demo) Messages(channel string) []json.RawMessage {
	var list []json.RawMessage
	for _, m := range d.discord.Messages(channel) {
		list = append(list, m.JSON())
	}
	return list
}

// Subscribe implements page.Backend.
func (d *demo) Subscribe(ctx context.Context) <-chan page.Event {
	out := make(chan page.Event)
	go func() {
		defer close(out)
		for e := range d.discord.Subscribe(ctx) {
			select {
			case out <- page.Event{Type: e.Type, Channel: e.Message.ChannelID, Message: e.Message.JSON()}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// Commands implements page.Backend.
func (d *demo) Commands() []json.RawMessage {
	var list []json.RawMessage
	for _, c := range d.discord.Commands(discordtest.GuildID) {
		list = append(list, c.Raw)
	}
	return list
}

// Slash implements page.Backend.
func (d *demo) Slash(ctx context.Context, channel, locale, name string, options map[string]any) error {
	_, err := d.discord.Slash(ctx, discordtest.Call{Channel: channel, Locale: locale, Name: name, Options: options})
	return err
}

// Press implements page.Backend.
func (d *demo) Press(ctx context.Context, _, locale, messageID, customID string) error {
	_, err := d.discord.Click(ctx, discordtest.Press{Locale: locale, MessageID: messageID, CustomID: customID})
	return err
}

// Autocomplete implements page.Backend.
func (d *demo) Autocomplete(ctx context.Context, channel, locale, name, option, typed string) ([]page.Choice, error) {
	found, err := d.discord.Autocomplete(ctx, discordtest.Call{Channel: channel, Locale: locale, Name: name}, option, typed)
	var list []page.Choice
	for _, c := range found {
		list = append(list, page.Choice{Name: c.Name, Value: c.Value})
	}
	return list, err
}

// Attachments implements page.Backend.
func (d *demo) Attachments() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /attachments/{message}/{id}/{name}", func(w http.ResponseWriter, r *http.Request) {
		a, found := d.discord.Attachment(r.PathValue("message"), r.PathValue("id"))
		if !found {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", http.DetectContentType(a.Data))
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Write(a.Data)
	})
	return mux
}

// Names implements page.Namer.
func (d *demo) Names() map[string]string {
	return map[string]string{discordtest.OnCallRole: "on-call", discordtest.OperatorID: "you"}
}

// action is a switch or a button that drives the demonstration.
type action struct {
	id, en, zh string
	active     func(*demo) bool
	do         func(*demo)
}

func demoActions() []action {
	return []action{
		{"spend", "Spend $10 at once", "立即消耗 $10", nil, func(d *demo) { d.use(10) }},
		{"topup", "Top up $50", "充值 $50", nil, func(d *demo) { d.topUp(50) }},
		{"gateway", "Take the gateway down", "让网关下线", func(d *demo) bool { return d.gatewayDown }, (*demo).toggleGateway},
		{"discord", "Take Discord down", "让 Discord 下线", func(d *demo) bool { return d.discordDown }, (*demo).toggleDiscord},
	}
}

func (d *demo) toggleGateway() {
	if d.gatewayDown = !d.gatewayDown; d.gatewayDown {
		d.gateway.Fault(mokatest.Fault{Status: http.StatusBadGateway})
		return
	}
	d.gateway.Clear()
}

func (d *demo) toggleDiscord() {
	d.discordDown = !d.discordDown
	d.discord.Down(d.discordDown)
}

// Actions implements page.Backend.
func (d *demo) Actions(locale string) []page.Action {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []page.Action
	for _, a := range demoActions() {
		label := a.en
		if lang.For(locale).Tag == lang.Chinese().Tag {
			label = a.zh
		}
		list = append(list, page.Action{ID: a.id, Label: label, Active: a.active != nil && a.active(d)})
	}
	return list
}

// Act implements page.Backend.
func (d *demo) Act(_ context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range demoActions() {
		if a.id == id {
			a.do(d)
			return nil
		}
	}
	return fmt.Errorf("there is no action %q", id)
}
