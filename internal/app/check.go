package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/moka"
)

// CheckOptions select what a check does.
type CheckOptions struct {
	Offline  bool              // only the configuration is checked
	Send     bool              // a test message is posted in every channel
	Progress func(text string) // is called with what is being waited for; nil for none
}

// Check returns the findings about a configuration. Unless it is
// offline it tries every credential and every channel.
func Check(ctx context.Context, c *config.Config, o CheckOptions) ([]Finding, error) {
	w := lang.For(c.Language).Once()
	file := c
	c = withRememberedLevels(ctx, c, o.Offline)
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	found := []Finding{newFinding(LevelOK, configName(c), topicConfig, w.CLI.ConfigFine(len(c.Accounts), len(c.Reports)))}
	found = append(found, configFindings(w, c, time.Now())...)
	found = append(found, changedLevels(w, file, c)...)
	if o.Offline {
		return append(found, offlineAccess(w, c)...), nil
	}
	book, err := account.New(c)
	if err != nil {
		return nil, err
	}
	subjects := book.Names()
	if !c.Discord.Token.Empty() {
		subjects = append(subjects, w.CLI.Discord)
	}
	o.Progress(w.CLI.Check.Checking(join(w, subjects)))
	found = append(found, sideBySide(
		func() []Finding { return databaseFindings(ctx, w, c) },
		func() []Finding { return checkAccounts(ctx, w, c, book) },
		func() []Finding { return checkDiscord(ctx, w, c, o.Send) },
	)...)
	return append(found, next(w, c, found)...), nil
}

// sideBySide makes checks side by side and returns what they find in the order of the checks.
func sideBySide(checks ...func() []Finding) []Finding {
	found := make([][]Finding, len(checks))
	var wg sync.WaitGroup
	for i, check := range checks {
		wg.Go(func() { found[i] = check() })
	}
	wg.Wait()
	return slices.Concat(found...)
}

func configName(c *config.Config) string {
	if c.File == "" {
		return "environment"
	}
	return c.File
}

// next is the next step when everything is in order.
func next(w *lang.Words, c *config.Config, found []Finding) []Finding {
	if !AllOK(found) {
		return nil
	}
	text := w.CLI.NextRun
	if c.Discord.Token.Empty() {
		text = w.CLI.NextLook
	}
	return []Finding{newFinding(LevelNote, "mokabot", topicNext, text)}
}

func checkAccounts(ctx context.Context, w *lang.Words, c *config.Config, book *account.Book) []Finding {
	probes := make([]moka.Probe, len(book.All()))
	var wg sync.WaitGroup
	for i, a := range book.All() {
		wg.Go(func() {
			probes[i] = a.Client.Probe(ctx)
			_ = a.Client.LearnKeys(ctx) // what fails was observed by the probe
		})
	}
	wg.Wait()
	var all []Finding
	for i, a := range book.All() {
		all = append(all, accountFindings(w, a.Name, probes[i], c.PollInterval)...)
		all = append(all, levelFindings(w, a, probes[i].Reading)...)
	}
	return append(all, sharedWallets(w, book, probes)...)
}

// sharedWallets finds the accounts whose money is the same.
func sharedWallets(w *lang.Words, book *account.Book, probes []moka.Probe) []Finding {
	readings := make([]moka.Reading, len(probes))
	for i, p := range probes {
		readings[i] = p.Reading
		readings[i].Payer = book.All()[i].Client.PayerIdentity()
	}
	var found []Finding
	for _, group := range moka.SharedWallets(readings) {
		if len(group) < 2 {
			continue
		}
		var names []string
		for _, i := range group {
			names = append(names, book.All()[i].Name)
		}
		all := join(w, names)
		found = append(found, newFinding(LevelWarning, all, topicWallet, w.CLI.Check.SharedWallet(all)))
	}
	return found
}

// levelFindings names the levels that can never fire: an unlimited key alone has no
// balance.
func levelFindings(w *lang.Words, a *account.Account, r moka.Reading) []Finding {
	if r.Key == nil || r.KeyErr != nil || !r.Key.Unlimited || r.Wallet != nil || r.WalletErr != nil || len(a.Rules.Levels) == 0 {
		return nil
	}
	return []Finding{newFinding(LevelWarning, a.Name, topicLevels, w.CLI.Check.NeverFires(join(w, alert.LevelNames(a.Rules.Levels))))}
}

// planSoon is when the end of a plan is worth a warning.
const planSoon = 7 * 24 * time.Hour

func accountFindings(w *lang.Words, name string, p moka.Probe, every time.Duration) []Finding {
	var found []Finding
	add := func(level Level, about topic, err *moka.Error, text string) {
		if err != nil {
			level, text = LevelError, message.Plain(message.Failure(w, err))
		}
		found = append(found, newFinding(level, name, about, text))
	}
	add(LevelOK, topicGateway, p.StatusErr, fmt.Sprintf("%s · %s · %s %s", p.Base, w.CLI.Version(cmp.Or(p.Status.Version, "–")), w.CLI.UnitOf, p.Status.Units.Display))
	if p.StatusErr != nil {
		found[0].Text = p.Base + w.Colon + found[0].Text
	}
	r := p.Reading
	if r.Key != nil {
		level := LevelOK
		if r.Key.State != moka.KeyOK {
			level = LevelWarning
		}
		add(level, topicKey, r.KeyErr, keyText(w, r, p.View))
		if p.Unlisted {
			add(LevelWarning, topicKey, nil, w.CLI.Check.Unlisted)
		}
		if !passing(p.ModelsErr) { // a credential that is refused is an error
			add(LevelOK, topicModels, p.ModelsErr, w.CLI.Counted(p.Models))
		}
	}
	if r.Wallet != nil {
		add(LevelOK, topicWallet, r.WalletErr, leftText(w, r.Wallet.Remaining))
		if end, ok := r.Wallet.PlansEndAt(); ok && r.WalletErr == nil && end.Before(r.At.Add(planSoon)) {
			add(LevelWarning, topicWallet, nil, w.CLI.Check.PlanEnds(end.UTC().Format("2006-01-02 15:04 MST")))
		}
	}
	offered, untried, missing := offers(p)
	if len(offered) > 0 {
		add(LevelNote, topicOffered, nil, join(w, offered))
	}
	if len(untried) > 0 {
		add(LevelNote, topicNote, nil, w.CLI.Check.WithToken(join(w, untried)))
	}
	if len(missing) > 0 {
		add(LevelNote, topicMissing, nil, join(w, missing))
	}
	found = append(found, failedReads(w, name, p)...)
	add(LevelNote, topicNote, nil, w.CLI.Polling(int(math.Ceil(float64(p.CallsPerReading)*float64(24*time.Hour)/float64(every))))+" · "+w.CLI.Budget(p.Budget, p.BudgetWindow))
	return found
}

// passing reports whether an error may go away by itself and so says nothing about the credential.
func passing(err *moka.Error) bool {
	return err != nil && (err.Kind == moka.Unavailable || err.Kind == moka.BadResponse || err.Kind == moka.RateLimited)
}

// failedReads are the reads that failed though the gateway may offer them, except
// those whose cause was already reported with the credentials.
func failedReads(w *lang.Words, name string, p moka.Probe) []Finding {
	reported := []*moka.Error{p.StatusErr, p.Reading.KeyErr, p.Reading.WalletErr}
	var found []Finding
	reads := p.Offers
	if passing(p.ModelsErr) {
		reads = append([]moka.Offer{{Op: "models", Err: p.ModelsErr}}, reads...)
	}
	for _, o := range reads {
		if o.Err == nil || o.Err.Kind == moka.Unsupported ||
			slices.ContainsFunc(reported, func(e *moka.Error) bool { return e != nil && e.Kind == o.Err.Kind }) {
			continue
		}
		level := LevelWarning
		if o.Err.Kind == moka.RateLimited {
			level = LevelNote // the read may work at another time
		}
		found = append(found, newFinding(level, name, topicFailed, w.CLI.Check.FailedRead(o.Op, w.CLI.Check.Lost[o.Op], message.Plain(message.Failure(w, o.Err)))))
	}
	return found
}

// offers are the optional reads that the gateway has, those that need an access token to
// try, and those that it does not offer. One that failed is in no list: whether it is
// offered is unknown.
func offers(p moka.Probe) (offered, untried, missing []string) {
	for _, o := range p.Offers {
		switch {
		case o.Err == nil:
			offered = append(offered, o.Op)
		case o.Err.Hint == moka.HintCredential:
			untried = append(untried, o.Op)
		case o.Err.Kind == moka.Unsupported:
			missing = append(missing, o.Op)
		}
	}
	return offered, untried, missing
}

func keyText(w *lang.Words, r moka.Reading, view moka.Scope) string {
	left := leftText(w, r.Key.Remaining)
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
	return left + " · " + w.CLI.ViewOf[string(view)]
}

// leftText is what is left on a key or in a wallet.
func leftText(w *lang.Words, left moka.Maybe) string {
	if amount, ok := left.Get(); ok {
		return w.Keys.Left(amount)
	}
	return w.Balance.Unknown
}

// checkDiscord asks Discord who the bot is and what it may do in each channel.
func checkDiscord(ctx context.Context, w *lang.Words, c *config.Config, send bool) []Finding {
	if c.Discord.Token.Empty() {
		return []Finding{newFinding(LevelNote, w.CLI.Discord, topicNote, w.CLI.NoDiscord)}
	}
	hc, err := DiscordClient(c)
	if err != nil {
		return []Finding{newFinding(LevelError, w.CLI.Discord, topicProxy, err.Error())}
	}
	rest := discord.NewREST(c.Discord.Token.Reveal(), hc, slog.New(slog.DiscardHandler), discord.WithVersion(Version()))
	found := discordFindings(ctx, w, c, rest)
	if send {
		found = append(found, sendTests(ctx, w, c, rest)...)
	}
	return found
}

func discordFindings(ctx context.Context, w *lang.Words, c *config.Config, rest *discord.REST) []Finding {
	me, err := rest.Me(ctx)
	if err != nil {
		return []Finding{newFinding(LevelError, w.CLI.Discord, topicToken, discord.Failure(w, err))}
	}
	found := []Finding{newFinding(LevelOK, w.CLI.Discord, topicToken, w.CLI.DiscordAs(me.Name))}
	var access []Finding
	var app string
	var asking sync.WaitGroup
	asking.Go(func() { access = accessFindings(ctx, w, c, rest) })
	asking.Go(func() { app, err = rest.Application(ctx) })
	needs, posting := allChannelFindings(ctx, w, rest, channels(c))
	asking.Wait()
	if err == nil {
		found = append(found, newFinding(LevelNote, w.CLI.Discord, topicNote, w.CLI.Invite(discord.InviteLink(app, needs))))
	}
	if alertsWithoutChannel(c) {
		found = append(found, newFinding(LevelWarning, w.CLI.Discord, topicNote, w.CLI.NoAlerts))
	}
	return slices.Concat(found, access, posting)
}

// alertsWithoutChannel reports whether an account's alerts have no channel to go to.
func alertsWithoutChannel(c *config.Config) bool {
	return slices.ContainsFunc(c.Accounts, func(a config.Account) bool { return a.Alerts.ChannelID == "" })
}

// channelsAtOnce is how many channels are looked at side by side: Discord allows about five
// reads of one server in a few seconds.
const channelsAtOnce = 4

// allChannelFindings are [channelFindings] of some channels, and what the bot needs in them.
func allChannelFindings(ctx context.Context, w *lang.Words, rest *discord.REST, uses []channelUse) (needs discord.Permission, found []Finding) {
	access, of := make([]discord.Access, len(uses)), make([][]Finding, len(uses))
	places := make(chan struct{}, channelsAtOnce)
	var asking sync.WaitGroup
	for i, ch := range uses {
		asking.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			access[i], of[i] = channelFindings(ctx, w, rest, ch)
		})
	}
	asking.Wait()
	for _, a := range access {
		needs |= a.Needs
	}
	return needs, slices.Concat(of...)
}

// channelFindings are whether the bot may post in a channel and ping the roles configured
// for it.
func channelFindings(ctx context.Context, w *lang.Words, rest *discord.REST, ch channelUse) (discord.Access, []Finding) {
	found := func(level Level, text string) Finding { return newFinding(level, ch.id, topicChannel, text) }
	access, err := rest.Access(ctx, ch.id)
	if err != nil {
		return access, []Finding{found(LevelError, discord.ChannelFailure(w, ch.id, err))}
	}
	name := "#" + access.ChannelName
	if text := unusable(w, name, access); text != "" {
		return access, []Finding{found(LevelError, text)}
	}
	text, faults := name+" · "+w.CLI.MayPost, []Finding(nil)
	if access.Archived {
		faults = append(faults, found(LevelWarning, w.CLI.Check.Archived(name)))
	}
	var pinged []string
	for _, role := range ch.roles {
		switch {
		case access.IsEveryone(role):
			faults = append(faults, found(LevelError, w.CLI.Check.EveryoneAsRole(name)))
		case access.GuildID != "" && !access.HasRole(role):
			faults = append(faults, found(LevelError, w.CLI.NoSuchRole(name, role)))
		case !access.CanMention(role):
			faults = append(faults, found(LevelError, w.CLI.CannotMention(name, role)))
		default:
			pinged = append(pinged, "@"+access.RoleName(role))
		}
	}
	if len(pinged) > 0 {
		text += " · " + w.CLI.Mentions(join(w, pinged))
	}
	return access, append([]Finding{found(LevelOK, text)}, faults...)
}

// unusable is why the bot cannot post in a channel; empty when it can.
func unusable(w *lang.Words, name string, a discord.Access) string {
	missing := a.Missing()
	switch {
	case !a.TimedOut.IsZero():
		return w.CLI.Check.TimedOut(name, a.TimedOut.UTC().Format("2006-01-02 15:04 MST"))
	case len(missing) > 0:
		return w.Failure.MissingPermissions(name, join(w, w.Failure.PermissionNames(missing)))
	case a.Outside:
		return w.CLI.Check.Outside(name)
	case a.Locked:
		return w.CLI.Check.Locked(name)
	}
	return ""
}

// DiscordClient reaches Discord through the configured proxy, or the one of the
// environment.
func DiscordClient(c *config.Config) (*http.Client, error) {
	proxy, err := proxyURL(c.Discord.Proxy)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: moka.NewTransport(proxy)}, nil
}
