package app

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/discordsim"
	"mokabot/internal/lang"
	"mokabot/internal/lang/langtest"
	"mokabot/moka"
)

// TestTheCommandLineSaysEveryWord: each word that only a check says, of an
// account and of Discord, in every language. What is said of files,
// TestCheckAndVersion, TestAReadableSecretIsTold and TestModelsAreWrittenToAFile
// look for.
func TestTheCommandLineSaysEveryWord(t *testing.T) {
	sim := discordsim.New()
	defer sim.Close()
	const silent = "1200000000000000088"
	sim.AddRole(discordsim.Role{ID: silent, Name: "silent"})
	sim.SetPermissions(discordsim.AlertsChannel, uint64(discord.PermissionView|discord.PermissionSend|discord.PermissionEmbed|discord.PermissionAttach|discord.PermissionHistory))
	sim.SetPermissions(discordsim.ReportChannel, uint64(discord.PermissionView))
	file := filepath.Join(t.TempDir(), "config.yaml")
	text := fmt.Sprintf("discord: {token: %s}\naccounts: [{name: team, api_key: sk-1}]\nalerts: {channel_id: %q, levels: [{name: low, below: 20.00}]}\n"+
		"reports: [{name: daily, cron: \"0 9 * * *\", period: day, channel_id: %q}]\n", discordsim.Token, discordsim.AlertsChannel, discordsim.ReportChannel)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.LoadWith(file, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	c.Discord.GuildIDs = nil
	c.ModelWatch.ChannelID = "1100000000000000099"
	c.Accounts[0].Alerts.Levels[0].MentionRoles = []string{discordsim.OnCallRole, silent, "1200000000000000099"}
	rest := discord.NewREST(discordsim.Token, sim.Client(), slog.New(slog.DiscardHandler))
	for _, w := range lang.All() {
		tag, all := w.Tag, langtest.Mark(w)
		found := append(discordFindings(t.Context(), w, c, rest), checkDiscord(t.Context(), w, &config.Config{}, false)...)
		unwarned := *c
		unwarned.Alerts.ChannelID, unwarned.Accounts = "", []config.Account{{Name: "team"}}
		found = append(found, discordFindings(t.Context(), w, &unwarned, rest)...)
		found = append(found, append(next(w, c, nil), next(w, &config.Config{}, nil)...)...)
		for _, p := range probes() {
			found = append(found, accountFindings(w, "team", p, time.Minute)...)
		}
		var text strings.Builder
		if err := WriteFindings(&text, w, found, false); err != nil || AllOK(found) {
			t.Errorf("what is wrong is no failure: %v", err)
		}
		untrusted := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}} // or not valid yet, by a wrong clock
		for _, err := range []error{&discord.Error{Kind: discord.KindUnauthorized}, &discord.Error{Kind: discord.KindTransient}, &discord.Error{Kind: discord.KindTransient, Status: 407}, &discord.Error{Kind: discord.KindTransient, Err: untrusted}, discord.ErrNoAccess, discord.ErrUnknownChannel, discord.ErrNotText} {
			fmt.Fprintln(&text, discord.ChannelFailure(w, "5", err))
		}
		for _, path := range all {
			here := strings.HasPrefix(path, "CLI.") && !strings.HasPrefix(path, "CLI.Backtest.") && !strings.HasPrefix(path, "CLI.Check.") && path != "CLI.Written" && path != "CLI.NoneWritten" && !strings.HasPrefix(path, "CLI.Config") && path != "CLI.Exposed" ||
				strings.HasPrefix(path, "Failure.Discord") || path == "Failure.NotText" || strings.HasPrefix(path, "Failure.No") && path != "Failure.NotFound" && path != "Failure.NoAddress" ||
				path == "Failure.MissingPermissions"
			if here && !langtest.Said(text.String(), path) {
				t.Errorf("%s: nobody says %s", tag, path)
			}
		}
	}
}

// probes are accounts in every state and in every view.
func probes() []moka.Probe {
	of := func(k moka.Key, view moka.Scope) moka.Probe {
		return moka.Probe{
			View: view, CallsPerReading: 3, Budget: 120, BudgetWindow: 3 * time.Minute,
			Reading: moka.Reading{Key: &k, Wallet: &moka.Wallet{}}, Offers: []moka.Offer{{Op: "plans"}, {Op: "notice", Err: &moka.Error{Kind: moka.Unsupported}}},
		}
	}
	broken := of(moka.Key{State: moka.KeyExhausted}, moka.ScopeUnknown)
	broken.StatusErr = &moka.Error{Kind: moka.Unavailable}
	return []moka.Probe{
		of(moka.Key{State: moka.KeyOK}, moka.ScopeKey), of(moka.Key{State: moka.KeyDisabled}, moka.ScopeAccount),
		of(moka.Key{State: moka.KeyExpired}, moka.ScopeUnknown), of(moka.Key{State: moka.KeyOK, Unlimited: true}, moka.ScopeKey), broken,
	}
}

// Scripts read the topics of a check, and the README lists them.
func TestTopicsOfACheckAreTheSameInEveryLanguage(t *testing.T) {
	topics := func(w *lang.Words) (all []topic) {
		for _, p := range probes() {
			for _, f := range accountFindings(w, "team", p, time.Minute) {
				all = append(all, f.Topic)
			}
		}
		return all
	}
	english := topics(lang.English())
	for _, w := range lang.All() {
		if got := topics(w); !slices.Equal(got, english) {
			t.Errorf("%s: %v, want %v", w.Tag, got, english)
		}
	}
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(raw)
	for _, one := range append(english, topicConfig, topicToken, topicProxy, topicChannel, topicNext, topicAccess, topicLevels, topicReports, topicZone, topicListen, topicTest, topicFailed) {
		if !strings.Contains(readme, "`"+string(one)+"`") {
			t.Errorf("the README does not name the topic %s", one)
		}
	}
}
