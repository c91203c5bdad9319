package moka

import (
	"context"
	"encoding/json"
	"time"
)

// Plan is an active subscription plan of the account.
type Plan struct {
	ID            int64
	Unlimited     bool
	Total         Amount    // 0 when unlimited
	Used          Amount    // in the current period; 0 when its reset is due
	Left          Amount    // 0 when unlimited
	AllowOverflow bool      // the wallet may pay when the plan is used up
	EndsAt        time.Time // zero: never
	ResetsAt      time.Time // when Used goes back to 0; zero: never

	// ResetsEvery is the time from one reset to the next; 0 before the first reset,
	// for the period before it is shorter: resets are at midnight, on Mondays or on the
	// first of a month (new-api model/subscription.go, calcNextResetTime).
	ResetsEvery time.Duration

	// In raw quota; [Units.Quota] converts it.
	RawTotal int64 // 0 when unlimited
	RawUsed  int64 // as stored by the gateway, also when a reset is due
}

// Plans reads the account's active plans from /api/subscription/self. Gateways
// before 2026-02 have none: [Unsupported].
func (c *Client) Plans(ctx context.Context) ([]Plan, error) {
	var raw rawPlans
	status, err := c.besideStatus(ctx, func() (err error) {
		raw, err = c.plans(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return status.Units.plans(raw.active, c.now())
}

// rawPlan is a plan in raw quota.
type rawPlan struct {
	ID       int64  `json:"id"`
	Total    *int64 `json:"amount_total"`
	Used     *int64 `json:"amount_used"`
	Status   string `json:"status"`
	Start    int64  `json:"start_time"`
	End      int64  `json:"end_time"`
	Reset    int64  `json:"next_reset_time"`
	Last     int64  `json:"last_reset_time"`
	Overflow *bool  `json:"allow_wallet_overflow"`
}

// rawPlans are the account's active plans and which of them and the wallet pays.
type rawPlans struct {
	preference BillingPreference
	active     []rawPlan
	ended      bool // there are others
}

func (c *Client) plans(ctx context.Context) (rawPlans, error) {
	r := request{op: "subscription/self", path: "/api/subscription/self", auth: byUser, optional: true}
	return fetch(ctx, c, r, func(body []byte) (rawPlans, error) { return decodePlans(body, c.now()) })
}

func decodePlans(body []byte, now time.Time) (rawPlans, error) {
	var answer struct {
		Data *struct {
			Preference    BillingPreference `json:"billing_preference"`
			Subscriptions *[]struct {
				Plan *rawPlan `json:"subscription"`
			} `json:"subscriptions"`
			All []json.RawMessage `json:"all_subscriptions"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil || answer.Data.Subscriptions == nil {
		return rawPlans{}, mistyped("subscription/self", "not a list of plans")
	}
	plans := rawPlans{preference: answer.Data.Preference, active: []rawPlan{}}
	switch plans.preference {
	case "":
		plans.preference = SubscriptionFirst
	case SubscriptionFirst, WalletFirst, SubscriptionOnly, WalletOnly:
	default:
		return rawPlans{}, mistyped("subscription/self", "an unknown billing_preference")
	}
	for _, s := range *answer.Data.Subscriptions {
		if s.Plan == nil || s.Plan.Total == nil || s.Plan.Used == nil {
			return rawPlans{}, mistyped("subscription/self", "a plan without amount_total or amount_used")
		}
		ended := s.Plan.End > 0 && s.Plan.End <= now.Unix()
		if s.Plan.Status == "active" && !ended {
			plans.active = append(plans.active, *s.Plan)
		}
	}
	plans.ended = max(len(*answer.Data.Subscriptions), len(answer.Data.All)) > len(plans.active)
	return plans, nil
}

func (u Units) plans(raw []rawPlan, now time.Time) ([]Plan, error) {
	plans := make([]Plan, 0, len(raw))
	for _, r := range raw {
		total, err1 := u.quota(*r.Total)
		used, err2 := u.quota(*r.Used)
		if err1 != nil || err2 != nil {
			return nil, mistyped("subscription/self", "an amount beyond any")
		}
		p := Plan{
			ID: r.ID, Unlimited: *r.Total == 0, Total: total, Used: used, EndsAt: unixTime(r.End), ResetsAt: unixTime(r.Reset),
			AllowOverflow: r.Overflow == nil || *r.Overflow, RawTotal: *r.Total, RawUsed: *r.Used,
		}
		if last := unixTime(r.Last); !last.IsZero() && r.Last > r.Start && p.ResetsAt.After(last) {
			p.ResetsEvery = p.ResetsAt.Sub(last)
		}
		if !p.ResetsAt.IsZero() && !p.ResetsAt.After(now) {
			p.Used = 0 // the gateway resets a due plan before it charges it
		}
		if !p.Unlimited {
			p.Left = max(0, total-p.Used)
		}
		plans = append(plans, p)
	}
	return plans, nil
}

// addPlans puts what is left in active plans into the wallet.
func (w *Wallet) addPlans(plans []Plan) {
	left := Amount(0)
	for _, p := range plans {
		w.PlansUnlimited = w.PlansUnlimited || p.Unlimited
		left = min(left+p.Left, maxMoney)
	}
	w.Plans, w.ActivePlans = Known(left), plans
}
