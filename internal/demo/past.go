package demo

import (
	"context"
	"encoding/json"
	"time"

	"mokabot/internal/config"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

const (
	demoDays = 15
	demoStep = 30 * time.Minute

	// The figures of the fake gateway's account at the start.
	demoRemaining = moka.Amount(90_010_000)
	demoUsed      = moka.Amount(202_300_000)
	demoRequests  = 8412
)

// inventPast writes readings of the last half month as a bot that had been
// running would have.
func inventPast(ctx context.Context, db *store.DB, c *config.Config, now time.Time) error {
	costs := demoCosts(now)
	used := demoUsed
	for _, cost := range costs {
		used -= cost
	}
	at := now.Add(-demoDays * 24 * time.Hour)
	for _, cost := range costs {
		used, at = used+cost, at.Add(demoStep)
		if err := inventReading(ctx, db, c.Accounts[0].Name, at, used); err != nil {
			return err
		}
	}
	return nil
}

// demoCosts is what each half hour cost: much at work, little at night.
func demoCosts(now time.Time) []moka.Amount {
	begin := now.Add(-demoDays * 24 * time.Hour)
	costs := make([]moka.Amount, int(demoDays*24*time.Hour/demoStep))
	for i := range costs {
		t := begin.Add(time.Duration(i) * demoStep)
		costs[i] = 20_000 + moka.Amount(i*7919%30_000)
		if weekend := t.Weekday() == time.Saturday || t.Weekday() == time.Sunday; !weekend && t.Hour() >= 8 && t.Hour() < 19 {
			costs[i] = 420_000 + moka.Amount(i*104_729%300_000)
		}
	}
	return costs
}

// recordPast writes the same past into the gateway's own records.
func recordPast(gateway *mokatest.Server, now time.Time) {
	models := []string{"moka/moka-pro", "anthropic/claude-sonnet-4.5", "moka/moka-pro", "openai/gpt-5-mini", "deepseek/deepseek-chat"}
	const tokensACall = 3100
	began := now.Add(-demoDays * 24 * time.Hour)
	for i, cost := range demoCosts(now) {
		calls := max(1, int64(cost)*demoRequests/int64(demoUsed))
		for call := range calls {
			at := began.Add(time.Duration(i)*demoStep + demoStep*time.Duration(call)/time.Duration(calls))
			gateway.SpendAt(at, mokatest.DemoKey, models[(int64(i)+call)%int64(len(models))], int64(cost)/2/calls, tokensACall)
		}
	}
}

func inventReading(ctx context.Context, db *store.DB, name string, at time.Time, used moka.Amount) error {
	total := demoRemaining + demoUsed
	units := moka.Units{Display: moka.DisplayUSD, QuotaPerUnit: 500_000, CNYPerUSD: 7.3}
	r := moka.Reading{
		At: at.UTC(), Units: units,
		Key:    &moka.Key{State: moka.KeyOK, Scope: moka.ScopeKey, Remaining: moka.Known(total - used), Used: moka.Known(used), Total: moka.Known(total)},
		Wallet: &moka.Wallet{Remaining: moka.Known(total - used), Used: moka.Known(used), Requests: demoRequests * int64(used) / int64(demoUsed)},
	}
	return db.Poll(ctx, name, func(state, _ json.RawMessage) (store.Poll, error) {
		var before spend.State
		if len(state) > 0 {
			if err := json.Unmarshal(state, &before); err != nil {
				return store.Poll{}, err
			}
		}
		after, delta := spend.Step(before, r, spend.Log{})
		raw, err := json.Marshal(after)
		return store.Poll{
			Sample: store.Sample{
				At: r.At, Spendable: r.Spendable(), KeyRemaining: r.Key.Remaining, KeyUsed: moka.Known(used),
				WalletRemaining: r.Wallet.Remaining, WalletUsed: moka.Known(used), Requests: r.Wallet.Requests, KeyState: r.Key.State, Delta: delta,
			},
			Spend: raw, Alert: json.RawMessage("{}"),
		}, err
	})
}
