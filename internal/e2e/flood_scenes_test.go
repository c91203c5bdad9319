package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/bot"
	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/moka/mokatest"
)

// floodScene is what people do to the program while money runs out.
type floodScene struct {
	name   string
	people int
	fewer  int               // people without MOKABOT_FLOOD, where so many take minutes; 0: as many
	every  time.Duration     // what each of them sends
	sends  func(i int) asked // the i-th thing; in turn about all accounts
	hosts  int               // 0: one
}

// asked is something that a person does in Discord.
type asked struct {
	command string
	options map[string]string
	types   string // the option that is being completed; "": a command
	button  string // the action of a button; "": none
}

func commandOf(name string, options ...string) func(int) asked {
	return func(int) asked { return asked{command: name, options: pairs(options)} }
}

func pairs(list []string) map[string]string {
	options := map[string]string{}
	for pair := range slices.Chunk(list, 2) {
		options[pair[0]] = pair[1]
	}
	return options
}

// aboutEach asks for one account after the other.
func aboutEach(name string, options ...string) func(int) asked {
	return func(i int) asked {
		of := pairs(options)
		of["account"] = nameOf(i % scenePerHost)
		return asked{command: name, options: of}
	}
}

func everyCommand(i int) asked {
	names := []string{"models", "balance", "usage", "keys", "alerts", "budget", "levels", "help"}
	of := map[string]string{}
	if account := i / len(names) % (scenePerHost + 1); account < scenePerHost {
		of["account"] = nameOf(account)
	}
	return asked{command: names[i%len(names)], options: of}
}

var floodScenes = []floodScene{
	{name: "one member, /models each second", people: 1, every: time.Second, sends: commandOf("models")},
	{name: "one member, /models of each account", people: 1, every: time.Second, sends: aboutEach("models")},
	{name: "members, every command", people: 10, fewer: 4, every: 3 * time.Second, sends: everyCommand},
	{name: "members, /balance of each account", people: 10, every: 3 * time.Second, sends: aboutEach("balance")},
	{name: "members, /usage of 30 days", people: 10, fewer: 2, every: 3 * time.Second, sends: aboutEach("usage", "period", "30d", "by", "key")},
	{name: "members, /keys", people: 10, every: 3 * time.Second, sends: aboutEach("keys")},
	{name: "members, completions", people: 10, every: 400 * time.Millisecond, sends: func(i int) asked {
		return asked{command: "models", types: "search", options: map[string]string{"search": "gpt"[:i%3], "account": nameOf(i % scenePerHost)}}
	}},
	{name: "members, buttons", people: 10, every: 3 * time.Second, sends: func(i int) asked {
		return asked{button: [...]string{"models:", "keys:"}[i%2] + nameOf(i%scenePerHost) + ":" + strconv.Itoa(i%3) + ":"}
	}},
	{name: "a crowd", people: 200, fewer: 50, every: time.Minute, sends: everyCommand},
	{name: "three hosts", people: 10, every: 3 * time.Second, sends: commandOf("balance"), hosts: 3},
}

const (
	scenePerHost = 8
	scenePace    = 6 * time.Second // between two calls of an account, of 25 cents each
)

// TestNoFloodDelaysAnAlert plays each scene twice on a virtual clock, with and without
// the people (S1): the program without its websocket, on accounts that cross both of
// their levels one after the other. Whatever people send, each alert comes as soon as it
// does without. MOKABOT_FLOOD=1 has all the people.
func TestNoFloodDelaysAnAlert(t *testing.T) {
	proof.NeedsLong(t)
	proof.NotRaced(t)
	t.Parallel()
	var calm [2]crossings // of one host, and of several
	t.Run("without people", func(t *testing.T) {
		for i, hosts := range []int{0, 3} {
			t.Run(fmt.Sprint(max(1, hosts), " hosts"), func(t *testing.T) {
				t.Parallel()
				calm[i], _ = floodScene{hosts: hosts}.run(t)
			})
		}
	})
	for _, scene := range floodScenes {
		t.Run(scene.name, func(t *testing.T) {
			t.Parallel()
			if os.Getenv("MOKABOT_FLOOD") == "" {
				scene.people = cmp.Or(scene.fewer, scene.people)
			}
			before := calm[min(scene.hosts, 1)]
			flooded, answers := scene.run(t)
			t.Logf("%d alerts, half within %s, three quarters within %s, all within %s; %d answers to %d people; at most %d requests in 180 s", len(flooded.delays),
				flooded.at(0.5), flooded.at(0.75), flooded.at(1), answers, scene.people, flooded.most)
			if flooded.missed > 0 || flooded.most > defaultBudget || answers == 0 {
				t.Errorf("%d missed, %d requests in 180 s, %d answers", flooded.missed, flooded.most, answers)
			}
			flooded.asSoonAs(t, before, time.Second)
		})
	}
}

// sceneGateways are the hosts of a scene, at which accounts spend.
type sceneGateways struct {
	hosts map[string]*mokatest.Server

	mu       sync.Mutex
	requests map[string][]time.Time
}

// RoundTrip takes a request to the host that it is for.
func (g *sceneGateways) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	g.requests[r.URL.Host] = append(g.requests[r.URL.Host], time.Now())
	g.mu.Unlock()
	select {
	case <-time.After(150 * time.Millisecond):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return g.hosts[r.URL.Host].Client().Transport.RoundTrip(r)
}

// answerCounter takes requests to Discord, and the answers to people itself.
type answerCounter struct {
	inner   http.RoundTripper
	answers atomic.Int64
}

// RoundTrip counts an answer to a command, a button or a completion.
func (c *answerCounter) RoundTrip(r *http.Request) (*http.Response, error) {
	body := `{"id":"1","channel_id":"2"}`
	switch {
	case strings.Contains(r.URL.Path, "/webhooks/"):
		c.answers.Add(1)
	case strings.Contains(r.URL.Path, "/interactions/"):
		raw, _ := io.ReadAll(r.Body)
		if strings.Contains(string(raw), `"choices"`) {
			c.answers.Add(1)
		}
	default:
		return c.inner.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

// run plays a scene, and returns the delays of the alerts and how many answers
// people got.
func (s floodScene) run(t *testing.T) (result crossings, answers int64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{discord: discordsim.New(), server: &httptest.Server{URL: "https://unused.test"}, dir: t.TempDir()}
		defer w.discord.Close()
		g := &sceneGateways{hosts: map[string]*mokatest.Server{}, requests: map[string][]time.Time{}}
		c, err := config.LoadWith(s.configure(t, w, g), func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(c.Storage.Path)
		if err != nil {
			t.Fatal(err)
		}
		log := slog.New(slog.DiscardHandler)
		counter := &answerCounter{inner: inProcess{w.discord}}
		rest := discord.NewREST(discordsim.Token, &http.Client{Transport: counter}, log)
		b := &bot.Bot{REST: rest, Values: db, Log: log, GuildIDs: []string{discordsim.GuildID}}
		delivery := &discord.Delivery{Box: db, Send: rest, Log: log, Idle: rarely}
		unconnected := app.Unconnected{Config: c, Store: db, Log: log, Bot: b, Env: app.Environment{Gateway: g}}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- app.RunAll(ctx, delivery.Run, unconnected.Run) }()
		time.Sleep(time.Minute) // for the first readings
		var people sync.WaitGroup
		for n := range s.people {
			people.Go(func() { s.flood(ctx, b, n) })
		}
		result = g.spend(t, w)
		stop()
		people.Wait()
		stopped := <-ended
		time.Sleep(time.Minute) // a reading under way goes on
		if err := errors.Join(stopped, db.Close()); err != nil {
			t.Error(err)
		}
		answers = counter.answers.Load()
	})
	return result, answers
}

// configure makes the hosts and their accounts, and writes a configuration of them.
func (s floodScene) configure(t *testing.T, w *world, g *sceneGateways) (file string) {
	t.Helper()
	var lines strings.Builder
	for h := range max(1, s.hosts) {
		gateway, host := mokatest.New(mokatest.V2026_08), fmt.Sprintf("host%d.test", h)
		gateway.SetNow(time.Now)
		g.hosts[host] = gateway
		for n := range scenePerHost {
			i := h*scenePerHost + n
			gateway.AddAccount(mokatest.Account{ID: idOf(i), AccessToken: tokenOf(i), Quota: dollars(20 + sceneLead(i))})
			gateway.AddKey(idOf(i), mokatest.Key{Key: keyOf(i), Name: "k", Unlimited: true})
			fmt.Fprintf(&lines, "  - {name: %s, base_url: \"https://%s\", api_key: %s, access_token: %s, user_id: %d}\n", nameOf(i), host, keyOf(i), tokenOf(i), idOf(i))
		}
	}
	team := fmt.Sprintf("  - name: team\n    base_url: %s\n    api_key: %s\n    access_token: %s\n    user_id: 2\n", w.server.URL, testKey, testToken)
	return w.config(t, "poll_interval: 1s", "poll_interval: 5m", "requests_per_180s: 5000", "requests_per_180s: 120", "* * * * *", "0 9 * * *",
		"accounts:\n"+team, "  viewers: {everyone: true}\naccounts:\n"+lines.String())
}

// sceneLead is how many dollars the i-th account has above its first level. It spends
// 2.50 a minute.
func sceneLead(i int) float64 { return 5 + 2.75*float64(i%scenePerHost) }

// flood has one person send things until ctx ends.
func (s floodScene) flood(ctx context.Context, b *bot.Bot, n int) {
	var answering sync.WaitGroup
	defer answering.Wait()
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for i := n; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		what := s.sends(i).interaction(floodUser(n), fmt.Sprintf("%d-%d", n, i))
		answering.Go(func() { b.Interact(ctx, what) })
	}
}

// interaction is what Discord sends of it.
func (a asked) interaction(user, id string) *discordgo.Interaction {
	i := &discordgo.Interaction{
		ID: id, AppID: discordsim.ApplicationID, Token: "token-" + id, GuildID: discordsim.GuildID, ChannelID: discordsim.AlertsChannel,
		Member: &discordgo.Member{User: &discordgo.User{ID: user}}, Locale: discordgo.EnglishUS,
		AuthorizingIntegrationOwners: map[discordgo.ApplicationIntegrationType]string{discordgo.ApplicationIntegrationGuildInstall: discordsim.GuildID},
	}
	if a.button != "" {
		i.Type, i.Data = discordgo.InteractionMessageComponent, discordgo.MessageComponentInteractionData{CustomID: a.button}
		i.Message = &discordgo.Message{ID: "9", Flags: discordgo.MessageFlagsEphemeral}
		return i
	}
	data := discordgo.ApplicationCommandInteractionData{Name: a.command}
	for name, value := range a.options {
		data.Options = append(data.Options, &discordgo.ApplicationCommandInteractionDataOption{
			Name: name, Type: discordgo.ApplicationCommandOptionString, Value: value, Focused: name == a.types,
		})
	}
	i.Type, i.Data = discordgo.InteractionApplicationCommand, data
	if a.types != "" {
		i.Type = discordgo.InteractionApplicationCommandAutocomplete
	}
	return i
}

// spend has all accounts spend until each has crossed both levels, and compares
// Discord's books with theirs.
func (g *sceneGateways) spend(t *testing.T, w *world) (result crossings) {
	t.Helper()
	var mu sync.Mutex
	var spending sync.WaitGroup
	i := 0
	for h := range len(g.hosts) {
		gateway := g.hosts[fmt.Sprintf("host%d.test", h)]
		for range scenePerHost {
			account := i
			i++
			spending.Go(func() {
				crossed := map[string]time.Time{}
				for left := dollars(20 + sceneLead(account)); left > dollars(4); left -= dollars(0.25) {
					time.Sleep(scenePace)
					gateway.Spend(keyOf(account), "gpt-4o", dollars(0.25), 100)
					for level, below := range map[string]float64{"balance is low": 20, "critical": 5} {
						if after := left - dollars(0.25); after < dollars(below) && left >= dollars(below) {
							crossed[level] = time.Now()
						}
					}
				}
				time.Sleep(3 * time.Minute)
				mu.Lock()
				defer mu.Unlock()
				for level, at := range crossed {
					if posted, ok := w.posted(nameOf(account), level, at); ok {
						result.know(nameOf(account), level, at, posted.Sub(at))
					} else {
						result.missed++
					}
				}
			})
		}
	}
	spending.Wait()
	for _, sent := range g.requests {
		for i, j := 0, 0; i < len(sent); i++ {
			for sent[i].Sub(sent[j]) >= budgetWindow {
				j++
			}
			result.most = max(result.most, i-j+1)
		}
	}
	return result
}
