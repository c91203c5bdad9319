package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/moka"
)

func runBalance(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("balance").withConfig()
	asJSON := flags.withJSON()
	names, err := flags.parse(args, 1)
	if err != nil {
		return err
	}
	c, accounts, err := flags.accounts(t.lookup, names)
	if err != nil {
		return err
	}
	readings := account.Read(ctx, accounts)
	if *asJSON {
		err = writeJSON(t.out, balancesJSON(lang.For(c.Language).Once(), accounts, readings))
	} else {
		err = writeBalances(t.out, c, accounts, readings)
	}
	if err != nil {
		return err
	}
	for _, r := range readings {
		if !r.OK() {
			return silentError{}
		}
	}
	return nil
}

func writeBalances(out io.Writer, c *config.Config, accounts []*account.Account, readings []moka.Reading) error {
	var views []message.Account
	for i, a := range accounts {
		views = append(views, message.Account{Name: a.Name, Reading: readings[i], Levels: a.Rules.Levels})
	}
	_, err := fmt.Fprint(out, message.Balances(lang.For(c.Language).Once(), views).In(c.Timezone))
	return err
}

// The JSON of `balance --json`; the README documents it.
type (
	balancesAnswer struct {
		Accounts []balanceAnswer `json:"accounts"`
	}
	balanceAnswer struct {
		Name      string        `json:"name"`
		AsOf      string        `json:"as_of"`
		OK        bool          `json:"ok"`
		Spendable moka.Maybe    `json:"spendable_usd"`
		Key       *keyAnswer    `json:"key"`
		Wallet    *walletAnswer `json:"wallet"`
		Error     *errorAnswer  `json:"error"`
	}
	keyAnswer struct {
		State     *moka.KeyState `json:"state"`
		Scope     moka.Scope     `json:"scope"`
		Unlimited bool           `json:"unlimited"`
		Remaining moka.Maybe     `json:"remaining_usd"`
		Used      moka.Maybe     `json:"used_usd"`
		Total     moka.Maybe     `json:"total_usd"`
		ExpiresAt *string        `json:"expires_at"`
	}
	walletAnswer struct {
		Remaining  moka.Maybe `json:"remaining_usd"`
		Used       moka.Maybe `json:"used_usd"`
		Requests   *int64     `json:"request_count"`
		Plans      moka.Maybe `json:"plans_remaining_usd"`
		PlansEndAt *string    `json:"plans_end_at"` // of the first that holds money
	}
	errorAnswer struct {
		Kind    moka.Kind `json:"kind"`
		Message string    `json:"message"`
	}
)

func balancesJSON(w *lang.Words, accounts []*account.Account, readings []moka.Reading) balancesAnswer {
	answer := balancesAnswer{Accounts: []balanceAnswer{}}
	for i, a := range accounts {
		answer.Accounts = append(answer.Accounts, balanceJSON(w, a.Name, readings[i]))
	}
	return answer
}

func balanceJSON(w *lang.Words, name string, r moka.Reading) balanceAnswer {
	b := balanceAnswer{Name: name, AsOf: rfc3339(r.At), OK: r.OK(), Spendable: r.Spendable(), Error: errorJSON(w, r.Err())}
	if k := r.Key; k != nil {
		b.Key = &keyAnswer{Scope: k.Scope, Unlimited: k.Unlimited, Remaining: k.Remaining, Used: k.Used, Total: k.Total, ExpiresAt: timeOrNull(k.ExpiresAt)}
		if k.State != "" {
			b.Key.State = &k.State
		}
		if k.Scope == "" {
			b.Key.Scope = moka.ScopeUnknown
		}
	}
	if l := r.Wallet; l != nil {
		b.Wallet = &walletAnswer{Remaining: l.Remaining, Used: l.Used, Plans: l.Plans}
		if l.Remaining.Known() {
			b.Wallet.Requests = &l.Requests
		}
		if l.PlansUnlimited {
			b.Wallet.Plans = moka.Maybe{} // without a limit, however much the others hold
		}
		if end, ok := l.PlansEndAt(); ok {
			b.Wallet.PlansEndAt = timeOrNull(end)
		}
	}
	return b
}

func errorJSON(w *lang.Words, err *moka.Error) *errorAnswer {
	if err == nil {
		return nil
	}
	return &errorAnswer{Kind: err.Kind, Message: message.Plain(message.Failure(w, err))}
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
