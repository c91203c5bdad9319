package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/app"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

func runUsage(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("usage").withConfig()
	asJSON := flags.withJSON()
	period := flags.oneOf("period", "what to sum up", history.PeriodNames()...)
	by := flags.oneOf("by", "what the spending is listed by", "model", "key")
	picture := flags.String("chart", "", "draw the period into this `FILE.png`")
	names, err := flags.parse(args, 1)
	if err != nil {
		return err
	}
	a, done, err := openPast(t, flags, *picture != "", names...)
	defer done()
	if err != nil {
		return err
	}
	one, err := a.one(names)
	if err != nil {
		return err
	}
	if len(names) == 0 && !*asJSON {
		sayFirst(t, a.config)
	}
	used := a.history.UsedByModel
	if *asJSON || *by == "key" {
		used = a.history.Used
	}
	answer, err := a.usage(ctx, one, *period, used)
	if err != nil {
		return err
	}
	answer.ByKey = *by == "key"
	if err := a.draw(ctx, *picture, one, answer); err != nil {
		return err
	}
	if *asJSON {
		err = writeJSON(t.out, usageJSON(answer, a.config.Timezone))
	} else {
		_, err = fmt.Fprint(t.out, message.Usage(lang.For(a.config.Language).Once(), []message.UsageAnswer{answer}).In(a.config.Timezone))
	}
	if err == nil && (!answer.Spent.Known() || failedToTell(answer.ModelsErr)) {
		err = silentError{}
	}
	return err
}

// failedToTell: that a gateway does not offer something is an answer.
func failedToTell(err *moka.Error) bool { return err != nil && err.Kind != moka.Unsupported }

// usedIn gathers what an account used in a period, and in the one before.
type usedIn func(ctx context.Context, a *account.Account, p, before spend.Period) (message.Used, error)

func (a past) usage(ctx context.Context, one *account.Account, period string, usedIn usedIn) (message.UsageAnswer, error) {
	p, before, _ := history.Period(period, time.Now(), a.config.Timezone)
	var view message.Account
	var viewErr error
	var wait sync.WaitGroup
	wait.Go(func() { view, viewErr = a.history.ReadView(ctx, one) })
	used, err := usedIn(ctx, one, p, before)
	wait.Wait()
	if err != nil {
		return message.UsageAnswer{}, err
	}
	return message.UsageAnswer{Account: view, Used: used, Period: period}, viewErr
}

// draw draws the period of an answer into a file, unless its name is empty.
func (a past) draw(ctx context.Context, file string, one *account.Account, answer message.UsageAnswer) error {
	if file == "" {
		return nil
	}
	drawn, err := a.history.Picture(ctx, lang.For(a.config.Language).Once(), one, a.config.Timezone, answer.Used, answer.Reading)
	if err == nil && drawn.PNG == nil {
		err = &failure{say: func(w lang.ArgumentWords) string { return w.NothingDrawn }}
	}
	if err != nil {
		return err
	}
	return app.WriteFile(file, drawn.PNG)
}

// The JSON of `usage --json`; the README documents it.
type (
	usageAnswer struct {
		Account string `json:"account"`
		Period  string `json:"period"`
		From    string `json:"from"`
		To      string `json:"to"`
		spentUsage
		usageDetails
	}
	spentUsage struct {
		Spent    moka.Maybe `json:"spent_usd"`
		AtLeast  bool       `json:"at_least"`
		Before   moka.Maybe `json:"before_usd"`
		Requests *int64     `json:"requests"`
	}
	usageDetails struct {
		Coverage float64      `json:"coverage"`
		TopUps   moka.Maybe   `json:"top_ups_usd"`
		Refunds  moka.Maybe   `json:"refunds_usd"`
		ByModel  []modelUsage `json:"by_model"`
		ByKey    []keyUsage   `json:"by_key"`
	}
	keyUsage struct {
		Key      string      `json:"key"`
		Spent    moka.Amount `json:"spent_usd"`
		Requests *int64      `json:"requests"`
	}
	modelUsage struct {
		Model    string      `json:"model"`
		Spent    moka.Amount `json:"spent_usd"`
		Requests *int64      `json:"requests"`
		Tokens   *int64      `json:"tokens"`
	}
)

func usageJSON(a message.UsageAnswer, zone *time.Location) usageAnswer {
	answer := usageAnswer{
		Account: a.Name, Period: a.Period, From: a.From.In(zone).Format(time.RFC3339), To: a.To.In(zone).Format(time.RFC3339),
	}
	answer.spentUsage, answer.usageDetails = usedJSON(a.Account, a.Used)
	return answer
}

func usedJSON(a message.Account, u message.Used) (spentUsage, usageDetails) {
	return spentUsage{u.Spent, u.AtLeast, u.Before, requestsOf(a, u)},
		usageDetails{u.Covered, topUpsOf(u), alike(u.Spent, u.Refunds), modelsUsed(u), keysUsed(u)}
}

// alike returns an amount that is unknown whenever the spending is.
func alike(spent moka.Maybe, a moka.Amount) moka.Maybe {
	if a == 0 && !spent.Known() {
		return moka.Maybe{}
	}
	return moka.Known(a)
}

// topUpsOf is null where not even the gateway's log tells how much came in.
func topUpsOf(u message.Used) moka.Maybe {
	if u.TopUpsUnread {
		return moka.Maybe{}
	}
	return alike(u.Spent, u.TopUps)
}

// requestsOf is null where nothing counted them: only an account does, in its
// readings or in the gateway's records by model, which may lack some of what was spent.
func requestsOf(a message.Account, u message.Used) *int64 {
	spent, known := u.Spent.Get()
	if a.Reading.Wallet == nil || !known || u.Covered == 0 && u.ModelsErr != nil || u.Requests == 0 && spent+u.Refunds > 0 {
		return nil
	}
	return &u.Requests
}

// modelsUsed is null where it is unknown, or where it does not add up to what was
// spent.
func modelsUsed(u message.Used) []modelUsage {
	list := []modelUsage{}
	sum := moka.Amount(0)
	for _, m := range u.Models {
		one := modelUsage{Model: m.Model, Spent: m.Spent}
		if m.Model != message.Others && m.Model != message.Returned { // which no record counts
			one.Requests, one.Tokens = &m.Requests, &m.Tokens
		}
		list, sum = append(list, one), sum+m.Spent
	}
	if u.ModelsErr != nil || u.Spent != moka.Known(sum) {
		return nil
	}
	return list
}

// keysUsed is null in the same cases as modelsUsed.
func keysUsed(u message.Used) []keyUsage {
	list := []keyUsage{}
	sum := moka.Amount(0)
	for _, k := range u.Keys {
		one := keyUsage{Key: k.Key, Spent: k.Spent}
		if k.Requests > 0 {
			one.Requests = &k.Requests
		}
		list, sum = append(list, one), sum+k.Spent
	}
	if u.KeysErr != nil || u.Spent != moka.Known(sum) {
		return nil
	}
	return list
}
