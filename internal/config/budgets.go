package config

import (
	"slices"
	"strings"
	"time"

	"mokabot/internal/budget"
)

// defaultWarnAt are the parts of a budget that are warned of when it names none.
var defaultWarnAt = []float64{0.8, 1}

func readBudgets(v value, c *Config) []budget.Budget {
	var budgets []budget.Budget
	all := c.accountNames()
	names := names{}
	for _, item := range v.list() {
		if !isMapping(item) {
			item.mapping()
			continue
		}
		b := budget.Budget{
			Span: budget.Month, Zone: c.Timezone, WeekStart: time.Monday, Accounts: slices.Clone(all),
			WarnAt: defaultWarnAt, Forecast: true, ChannelID: c.Alerts.ChannelID,
		}
		m := item.mapping()
		if name := m.get("name"); name.name(&b.Name) {
			names.add(name, b.Name, "budget")
		}
		readAmount(m.get("amount"), &b)
		m.get("period").span(&b.Span)
		m.get("timezone").zone(&b.Zone)
		m.get("week_start").weekday(&b.WeekStart)
		if named := m.get("accounts"); named.given() {
			b.Accounts = named.accounts(all, func(w *words) string { return w.CountAll })
		}
		readKeys(m.get("keys"), c, &b)
		if warn := m.get("warn_at"); warn.given() {
			b.WarnAt = warn.thresholds()
		}
		m.get("forecast").yes(&b.Forecast)
		m.get("channel_id").snowflake(&b.ChannelID)
		m.get("mention_roles").snowflakes(&b.MentionRoles)
		m.get("mention_users").snowflakes(&b.MentionUsers)
		m.done()
		budgets = append(budgets, b)
	}
	return budgets
}

func readAmount(v value, b *budget.Budget) {
	amount, ok := v.money().Get()
	switch {
	case !v.given():
		v.problem(func(w *words) string { return w.AmountMissing })
	case ok && amount == 0:
		v.problem(func(w *words) string { return w.AmountZero })
	case ok:
		b.Amount = amount
	}
}

// readKeys reads which API keys a budget is about. Spending by key is known
// through an access token alone.
func readKeys(v value, c *Config, b *budget.Budget) {
	for _, item := range v.list() {
		var name string
		item.text(&name)
		switch {
		case name == "":
			item.problem(func(w *words) string { return w.NotKeyName })
		case slices.Contains(b.Keys, name):
			item.problem(func(w *words) string { return w.Twice(item.quoted()) })
		default:
			b.Keys = append(b.Keys, name)
		}
	}
	if len(b.Keys) == 0 {
		return
	}
	var blind []string
	for _, a := range c.Accounts {
		if slices.Contains(b.Accounts, a.Name) && a.AccessToken.Reveal() == "" {
			blind = append(blind, a.Name)
		}
	}
	if len(blind) > 0 {
		v.problem(func(w *words) string { return w.KeysUnknown(strings.Join(blind, ", ")) })
	}
}

// thresholds are percentages of a budget in ascending order. Beyond 100 % is
// fine: it tells how far a budget is exceeded.
func (v value) thresholds() []float64 {
	var all []float64
	for _, item := range v.list() {
		text, ok := item.scalar()
		if !ok {
			continue
		}
		percent, signed, ok := parsePercent(text)
		switch {
		case !ok || !signed || percent == 0 || percent > 1000:
			item.problem(func(w *words) string { return w.NotThreshold(item.quoted()) })
		case len(all) > 0 && percent/100 <= all[len(all)-1]:
			item.problem(func(w *words) string { return w.ThresholdOrder(item.quoted()) })
		default:
			all = append(all, percent/100)
		}
	}
	return all
}
