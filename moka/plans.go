package moka

import (
	"context"
	"encoding/json"
	"time"
)

// Plan is an active subscription plan of the account. What it holds is spent
// besides, or before, the wallet.
type Plan struct {
	ID        int64
	Unlimited bool
	Total     Amount // 0 when unlimited
	Used      Amount
	Left      Amount    // 0 when unlimited
	EndsAt    time.Time // zero: never
	ResetsAt  time.Time // when Used goes back to nothing; zero: never
}

// Plans reads the account's active plans from /api/subscription/self. Gateways
// before 2026-02 have none: [Unsupported].
func (c *Client) Plans(ctx context.Context) ([]Plan, error) {
	status, err := c.status(ctx)
	if err != nil {
		return nil, err
	}
	raw, err := c.plans(ctx)
	if err != nil {
		return nil, err
	}
	plans, err := status.Units.plans(raw)
	if err != nil {
		return nil, err
	}
	return plans, nil
}

// rawPlan is a plan in raw quota.
type rawPlan struct {
	ID     int64  `json:"id"`
	Total  *int64 `json:"amount_total"`
	Used   *int64 `json:"amount_used"`
	Status string `json:"status"`
	End    int64  `json:"end_time"`
	Reset  int64  `json:"next_reset_time"`
}

func (c *Client) plans(ctx context.Context) ([]rawPlan, *Error) {
	body, err := c.get(ctx, request{op: "subscription/self", path: "/api/subscription/self", auth: byUser, further: true})
	if err != nil {
		return nil, err
	}
	return decodePlans(body, c.now())
}

func decodePlans(body []byte, now time.Time) ([]rawPlan, *Error) {
	var answer struct {
		Data *struct {
			Subscriptions *[]struct {
				Plan *rawPlan `json:"subscription"`
			} `json:"subscriptions"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil || answer.Data.Subscriptions == nil {
		return nil, mistyped("subscription/self", "not a list of plans")
	}
	active := []rawPlan{}
	for _, s := range *answer.Data.Subscriptions {
		if s.Plan == nil || s.Plan.Total == nil || s.Plan.Used == nil {
			return nil, mistyped("subscription/self", "a plan without amount_total or amount_used")
		}
		ended := s.Plan.End > 0 && s.Plan.End <= now.Unix()
		if s.Plan.Status == "active" && !ended {
			active = append(active, *s.Plan)
		}
	}
	return active, nil
}

func (u Units) plans(raw []rawPlan) ([]Plan, *Error) {
	plans := make([]Plan, 0, len(raw))
	for _, r := range raw {
		total, err1 := u.quota(*r.Total)
		used, err2 := u.quota(*r.Used)
		if err1 != nil || err2 != nil {
			return nil, mistyped("subscription/self", "an amount beyond any")
		}
		p := Plan{ID: r.ID, Unlimited: *r.Total == 0, Total: total, Used: used, EndsAt: unixTime(r.End), ResetsAt: unixTime(r.Reset)}
		if !p.Unlimited {
			p.Left = max(0, total-used)
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
		left = min(left+p.Left, mostMoney)
	}
	w.Plans = Known(left)
}
