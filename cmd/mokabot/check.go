package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"mokabot/bot"
	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/moka"
)

// finding is one line of a check.
type finding struct {
	Subject string `json:"subject"` // "team", "channel 123", …
	Topic   string `json:"topic"`
	OK      bool   `json:"ok"`
	Text    string `json:"text"`
}

// checkAnswer is the JSON of `check --json`; the README documents it.
type checkAnswer struct {
	OK       bool      `json:"ok"`
	Findings []finding `json:"findings"`
}

func runCheck(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("check").withConfig()
	asJSON := flags.Bool("json", false, "one JSON object")
	offline := flags.Bool("offline", false, "the configuration only")
	if _, err := flags.parse(args, 0); err != nil {
		return err
	}
	c, err := flags.load(t.lookup)
	if err != nil {
		return err
	}
	w := lang.For(c.Language)
	found := []finding{{configName(c), "config", true, w.CLI.ConfigFine(configName(c), len(c.Accounts), len(c.Reports))}}
	if !*offline {
		book, err := account.New(c)
		if err != nil {
			return usageError{err.Error()}
		}
		found = append(found, checkAccounts(ctx, w, c, book)...)
		found = append(found, checkDiscord(ctx, w, c)...)
	}
	return report(t.out, w, found, *asJSON)
}

func configName(c *config.Config) string {
	if c.File == "" {
		return "environment"
	}
	return c.File
}

func report(out io.Writer, w *lang.Words, found []finding, asJSON bool) error {
	answer := checkAnswer{OK: true, Findings: found}
	for _, f := range found {
		answer.OK = answer.OK && f.OK
	}
	if asJSON {
		if err := writeJSON(out, answer); err != nil {
			return err
		}
	} else {
		for _, f := range found {
			mark := w.CLI.Good
			if !f.OK {
				mark = w.CLI.Bad
			}
			fmt.Fprintf(out, "%-5s %s · %s%s%s\n", mark, f.Subject, f.Topic, w.Colon, f.Text)
		}
	}
	if !answer.OK {
		return silentError{}
	}
	return nil
}

func checkAccounts(ctx context.Context, w *lang.Words, c *config.Config, book *account.Book) []finding {
	parts := make([][]finding, len(book.All()))
	var wg sync.WaitGroup
	for i, a := range book.All() {
		wg.Go(func() { parts[i] = accountFindings(w, a.Name, a.Client.Probe(ctx), c.PollInterval) })
	}
	wg.Wait()
	var all []finding
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func accountFindings(w *lang.Words, name string, p moka.Probe, every time.Duration) []finding {
	var found []finding
	add := func(topic string, err *moka.Error, text string) {
		if err != nil {
			text = message.Plain(message.Failure(w, err))
		}
		found = append(found, finding{name, topic, err == nil, text})
	}
	add(w.CLI.Gateway, p.StatusErr, fmt.Sprintf("%s · %s · %s %s", p.Base, w.CLI.Version(orDash(p.Status.Version)), w.CLI.UnitOf, p.Status.Units.Display))
	r := p.Reading
	if r.Key != nil {
		add(w.CLI.Key, r.KeyErr, keyText(w, r, p.View))
		add(w.CLI.Models, p.ModelsErr, w.CLI.Counted(p.Models))
	}
	if r.Wallet != nil {
		add(w.CLI.Wallet, r.WalletErr, fmt.Sprintf("%s%s%s", w.Balance.Remaining, w.Colon, r.Wallet.Remaining))
	}
	for _, o := range p.Offers {
		text := w.CLI.Offers
		if o.Err != nil {
			text = w.CLI.OffersNot
		}
		found = append(found, finding{name, o.Op, true, text})
	}
	add(w.CLI.Note, nil, w.CLI.Polling(int(24*time.Hour/every)*p.CallsPerReading)+" · "+w.CLI.Budget(p.Budget, p.BudgetWindow))
	return found
}

func keyText(w *lang.Words, r moka.Reading, view moka.Scope) string {
	left := r.Key.Remaining.String()
	switch {
	case r.Key.State == moka.KeyExhausted:
		left = w.Balance.Exhausted
	case r.Key.State == moka.KeyDisabled:
		left = w.Balance.Disabled
	case r.Key.State == moka.KeyExpired:
		left = w.Balance.ExpiredSometime
	case r.Key.Unlimited:
		left = w.Balance.Unlimited
	}
	return fmt.Sprintf("%s%s%s · %s", w.Balance.Remaining, w.Colon, left, w.CLI.ViewOf[string(view)])
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// checkDiscord asks Discord who the bot is and what it may do in each channel.
func checkDiscord(ctx context.Context, w *lang.Words, c *config.Config) []finding {
	if c.Discord.Token.Empty() {
		return []finding{{w.CLI.Discord, w.CLI.Note, true, w.CLI.NoDiscord}}
	}
	hc, err := discordClient(c)
	if err != nil {
		return []finding{{w.CLI.Discord, "proxy", false, err.Error()}}
	}
	rest := bot.NewREST(c.Discord.Token.Reveal(), hc, quiet(), bot.WithVersion(version()))
	me, err := rest.Me(ctx)
	if err != nil {
		return []finding{{w.CLI.Discord, "token", false, bot.Failure(w, err)}}
	}
	found := []finding{{w.CLI.Discord, "token", true, w.CLI.DiscordAs(me.Name)}}
	if app, err := rest.Application(ctx); err == nil {
		found = append(found, finding{w.CLI.Discord, w.CLI.Note, true, w.CLI.Invite(bot.InviteLink(app))})
	}
	for _, ch := range channels(c) {
		found = append(found, channelFindings(ctx, w, rest, ch)...)
	}
	return found
}

// channelFindings say whether the bot may post in a channel, and ping there
// whom it is to ping.
func channelFindings(ctx context.Context, w *lang.Words, rest *bot.REST, ch channelUse) []finding {
	found := func(ok bool, text string) finding { return finding{ch.id, w.CLI.Channel, ok, text} }
	access, err := rest.Access(ctx, ch.id)
	if err != nil {
		return []finding{found(false, bot.ChannelFailure(w, ch.id, err))}
	}
	name := "#" + access.ChannelName
	if missing := access.Missing(); len(missing) > 0 {
		return []finding{found(false, w.Failure.MissingPermissions(name, join(missing)))}
	}
	text, faults := name+" · "+w.CLI.MayPost, []finding(nil)
	var pinged []string
	for _, role := range ch.roles {
		switch {
		case access.GuildID != "" && !access.HasRole(role):
			faults = append(faults, found(false, w.CLI.NoSuchRole(name, role)))
		case !access.CanMention(role):
			faults = append(faults, found(false, w.CLI.CannotMention(name, role)))
		default:
			pinged = append(pinged, "@"+role)
		}
	}
	if len(pinged) > 0 {
		text += " · " + w.CLI.Mentions(join(pinged))
	}
	return append([]finding{found(true, text)}, faults...)
}

// discordClient is how the program reaches Discord: through the configured
// proxy, or as the environment says.
func discordClient(c *config.Config) (*http.Client, error) {
	proxy, err := proxyOf(c.Discord.Proxy)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = proxy
	return &http.Client{Transport: transport}, nil
}
