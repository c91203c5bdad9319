package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/moka"
)

// Check returns what there is to say about a configuration; online also tries
// every credential and every channel.
func Check(ctx context.Context, c *config.Config, online bool) ([]Finding, error) {
	w := lang.For(c.Language)
	found := []Finding{{configName(c), topicConfig, true, w.CLI.ConfigFine(len(c.Accounts), len(c.Reports))}}
	for _, file := range c.Exposed() {
		found = append(found, Finding{file, topicNote, true, w.CLI.Exposed})
	}
	if !online {
		return found, nil
	}
	book, err := account.New(c)
	if err != nil {
		return nil, err
	}
	found = append(found, checkAccounts(ctx, w, c, book)...)
	found = append(found, checkDiscord(ctx, w, c)...)
	return append(found, next(w, c, found)...), nil
}

func configName(c *config.Config) string {
	if c.File == "" {
		return "environment"
	}
	return c.File
}

// next says what to do when everything is in order.
func next(w *lang.Words, c *config.Config, found []Finding) []Finding {
	if slices.ContainsFunc(found, func(f Finding) bool { return !f.OK }) {
		return nil
	}
	text := w.CLI.NextRun
	if c.Discord.Token.Empty() {
		text = w.CLI.NextLook
	}
	return []Finding{{"mokabot", topicNext, true, text}}
}

func checkAccounts(ctx context.Context, w *lang.Words, c *config.Config, book *account.Book) []Finding {
	parts := make([][]Finding, len(book.All()))
	readings := make([]moka.Reading, len(parts))
	var wg sync.WaitGroup
	for i, a := range book.All() {
		wg.Go(func() {
			p := a.Client.Probe(ctx)
			parts[i], readings[i] = accountFindings(w, a.Name, p, c.PollInterval), p.Reading
		})
	}
	wg.Wait()
	var all []Finding
	for _, p := range parts {
		all = append(all, p...)
	}
	return append(all, sharedFindings(w, book.Names(), readings)...)
}

// sharedFindings name the accounts that share a wallet.
func sharedFindings(w *lang.Words, names []string, readings []moka.Reading) (found []Finding) {
	for _, group := range moka.SharedWallets(readings) {
		if len(group) < 2 {
			continue
		}
		var of []string
		for _, i := range group {
			of = append(of, names[i])
		}
		found = append(found, Finding{of[0], topicNote, true, w.Usage.Shared(of)})
	}
	return found
}

func accountFindings(w *lang.Words, name string, p moka.Probe, every time.Duration) []Finding {
	var found []Finding
	add := func(about topic, err *moka.Error, text string) {
		if err != nil {
			text = message.Plain(message.Failure(w, err))
		}
		found = append(found, Finding{name, about, err == nil, text})
	}
	add(topicGateway, p.StatusErr, fmt.Sprintf("%s · %s · %s %s", p.Base, w.CLI.Version(orDash(p.Status.Version)), w.CLI.UnitOf, p.Status.Units.Display))
	r := p.Reading
	if r.Key != nil {
		add(topicKey, r.KeyErr, keyText(w, r, p.View))
		add(topicModels, p.ModelsErr, w.CLI.Counted(p.Models))
	}
	if r.Wallet != nil {
		add(topicWallet, r.WalletErr, fmt.Sprintf("%s%s%s", w.Balance.Remaining, w.Colon, r.Wallet.Remaining))
	}
	offered, missing := offers(p)
	if len(offered) > 0 {
		add(topicOffered, nil, join(w, offered))
	}
	if len(missing) > 0 {
		add(topicMissing, nil, join(w, missing))
	}
	add(topicNote, nil, w.CLI.Polling(int(24*time.Hour/every)*p.CallsPerReading)+" · "+w.CLI.Budget(p.Budget, p.BudgetWindow))
	return found
}

// offers are the further reads that the gateway has, and that it does not have.
// One that was refused belongs to neither: the credential is told of already.
func offers(p moka.Probe) (offered, missing []string) {
	for _, o := range p.Offers {
		switch {
		case o.Err == nil:
			offered = append(offered, o.Op)
		case o.Err.Kind != moka.Unauthorized:
			missing = append(missing, o.Op)
		}
	}
	return offered, missing
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
func checkDiscord(ctx context.Context, w *lang.Words, c *config.Config) []Finding {
	if c.Discord.Token.Empty() {
		return []Finding{{w.CLI.Discord, topicNote, true, w.CLI.NoDiscord}}
	}
	hc, err := DiscordClient(c)
	if err != nil {
		return []Finding{{w.CLI.Discord, topicProxy, false, err.Error()}}
	}
	return discordFindings(ctx, w, c, discord.NewREST(c.Discord.Token.Reveal(), hc, slog.New(slog.DiscardHandler), discord.WithVersion(Version())))
}

func discordFindings(ctx context.Context, w *lang.Words, c *config.Config, rest *discord.REST) []Finding {
	me, err := rest.Me(ctx)
	if err != nil {
		return []Finding{{w.CLI.Discord, topicToken, false, discord.Failure(w, err)}}
	}
	found := []Finding{{w.CLI.Discord, topicToken, true, w.CLI.DiscordAs(me.Name)}}
	if app, err := rest.Application(ctx); err == nil {
		found = append(found, Finding{w.CLI.Discord, topicNote, true, w.CLI.Invite(discord.InviteLink(app))})
	}
	if c.Alerts.ChannelID == "" {
		found = append(found, Finding{w.CLI.Discord, topicNote, true, w.CLI.NoAlerts})
	}
	if len(c.Discord.GuildIDs) == 0 && c.Alerts.ChannelID == "" {
		found = append(found, Finding{w.CLI.Discord, topicNote, true, w.CLI.NoHome})
	}
	for _, ch := range channels(c) {
		found = append(found, channelFindings(ctx, w, rest, ch)...)
	}
	return found
}

// channelFindings say whether the bot may post in a channel, and ping there
// whom it is to ping.
func channelFindings(ctx context.Context, w *lang.Words, rest *discord.REST, ch channelUse) []Finding {
	found := func(ok bool, text string) Finding { return Finding{ch.id, topicChannel, ok, text} }
	access, err := rest.Access(ctx, ch.id)
	if err != nil {
		return []Finding{found(false, discord.ChannelFailure(w, ch.id, err))}
	}
	name := "#" + access.ChannelName
	if missing := access.Missing(); len(missing) > 0 {
		return []Finding{found(false, w.Failure.MissingPermissions(name, join(w, w.Failure.PermissionNames(missing))))}
	}
	text, faults := name+" · "+w.CLI.MayPost, []Finding(nil)
	var pinged []string
	for _, role := range ch.roles {
		switch {
		case access.GuildID != "" && !access.HasRole(role):
			faults = append(faults, found(false, w.CLI.NoSuchRole(name, role)))
		case !access.CanMention(role):
			faults = append(faults, found(false, w.CLI.CannotMention(name, role)))
		default:
			pinged = append(pinged, "@"+access.RoleName(role))
		}
	}
	if len(pinged) > 0 {
		text += " · " + w.CLI.Mentions(join(w, pinged))
	}
	return append([]Finding{found(true, text)}, faults...)
}

// DiscordClient is how the program reaches Discord: through the configured
// proxy, or as the environment says.
func DiscordClient(c *config.Config) (*http.Client, error) {
	proxy, err := proxyURL(c.Discord.Proxy)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: moka.NewTransport(proxy)}, nil
}
