package discordsim_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
)

// library opens a session of discordgo's that answers /ping after deferring.
func library(t *testing.T, hc *http.Client, dialer *websocket.Dialer) {
	t.Helper()
	dg, err := discordgo.New("Bot " + discordsim.Token)
	if err != nil {
		t.Fatal(err)
	}
	dg.Client, dg.Dialer = hc, dialer
	dg.Identify.Intents = discordgo.IntentsGuilds
	dg.AddHandler(func(dg *discordgo.Session, i *discordgo.InteractionCreate) {
		if err := dg.InteractionRespond(i.Interaction, &discordgo.InteractionResponse{Type: discordgo.InteractionResponseDeferredChannelMessageWithSource}); err != nil {
			t.Error(err)
		}
		content := "pong " + i.Member.User.Username
		edit := &discordgo.WebhookEdit{Content: &content, AllowedMentions: &discordgo.MessageAllowedMentions{}}
		if _, err := dg.InteractionResponseEdit(i.Interaction, edit); err != nil {
			t.Error(err)
		}
	})
	guilds := make(chan int, 1)
	dg.AddHandler(func(_ *discordgo.Session, g *discordgo.GuildCreate) { guilds <- len(g.Channels) })
	if err := dg.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dg.Close() })
	commands := []*discordgo.ApplicationCommand{{Name: "ping", Description: "d"}}
	if _, err := dg.ApplicationCommandBulkOverwrite(discordsim.ApplicationID, discordsim.GuildID, commands); err != nil {
		t.Fatal(err)
	}
	if _, err := dg.ChannelMessageSendComplex(discordsim.AlertsChannel, &discordgo.MessageSend{Content: "hello", AllowedMentions: &discordgo.MessageAllowedMentions{}}); err != nil {
		t.Error(err)
	}
	if n := <-guilds; n != 2 {
		t.Errorf("the library sees %d channels", n)
	}
}

func (r *rig) pingPong() {
	r.t.Helper()
	if err := r.Connected(deadline(r.t)); err != nil {
		r.t.Fatal(err)
	}
	m, err := r.Slash(deadline(r.t), discordsim.Call{Name: "ping"})
	if err != nil || m.Content != "pong operator" {
		r.t.Errorf("%s, %v", m.JSON(), err)
	}
	r.noted()
}

func TestDiscordgoThroughClient(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	r := newRig(t)
	library(t, r.client, websocket.DefaultDialer)
	r.pingPong()
}

func TestDiscordgoThroughProxy(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	r := newRig(t)
	p, err := r.Proxy(discordsim.WithProxyAuth("me", "secret"))
	if err != nil {
		t.Fatal(err)
	}
	via, _ := url.Parse(p.URL)
	via.User = url.UserPassword("me", "secret")
	trust := &tls.Config{RootCAs: p.Authority()}
	transport := &http.Transport{Proxy: http.ProxyURL(via), TLSClientConfig: trust.Clone(), ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	library(t, &http.Client{Transport: transport}, &websocket.Dialer{Proxy: http.ProxyURL(via), TLSClientConfig: trust.Clone()})
	r.pingPong()
	file := t.TempDir() + "/ca.pem"
	if err := p.WriteCA(file); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(file); err != nil || !strings.Contains(string(raw), "BEGIN CERTIFICATE") {
		t.Errorf("%q, %v", raw, err)
	}
	for _, host := range []string{"discord.com", "gateway.discord.gg"} {
		if p.Connects(host) == 0 {
			t.Errorf("%s was not reached through the proxy", host)
		}
	}
}

func TestTheProxyRefusesWhatIsNotItsOwn(t *testing.T) {
	other := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "other") })
	r := newRig(t)
	p, err := r.Proxy(discordsim.WithHost("api.example.com", other))
	if err != nil {
		t.Fatal(err)
	}
	via, _ := url.Parse(p.URL)
	transport := &http.Transport{Proxy: http.ProxyURL(via), TLSClientConfig: &tls.Config{RootCAs: p.Authority()}}
	t.Cleanup(transport.CloseIdleConnections)
	get := func(address string) (string, error) {
		resp, err := (&http.Client{Transport: transport}).Get(address)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		return string(raw), err
	}
	if text, err := get("https://api.example.com/x"); text != "other" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := get("https://example.org/"); err == nil || p.Connects("example.org") != 1 {
		t.Errorf("%v, %d", err, p.Connects("example.org"))
	}
	r.Down(true)
	if _, err := get("https://discord.com/api/v10/gateway"); err == nil {
		t.Error("Discord answers while it is down")
	}
	p.Close()
	if _, err := net.Dial("tcp", via.Host); err == nil {
		t.Error("the proxy goes on after Close")
	}
}

// TestAnyHTTPServerWillDo serves it as a plain handler.
func TestAnyHTTPServerWillDo(t *testing.T) {
	s := discordsim.New()
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	t.Cleanup(s.Close)
	req, _ := http.NewRequestWithContext(context.Background(), "GET", web.URL+"/api/v10/gateway", nil)
	req.Header.Set("User-Agent", "DiscordBot (x, 1)")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	if want := `{"url":"ws` + web.URL[4:] + `"}`; string(raw) != want {
		t.Errorf("GET /gateway answers %s, want %s", raw, want)
	}
}
