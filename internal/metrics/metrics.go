// Package metrics serves the bot's state to machines: /healthz, /readyz and /metrics. It is
// the only package that uses Prometheus. Callers report what happened by names that are
// few and fixed. No label ever holds an address, foreign text or a credential.
package metrics

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"mokabot/internal/budget"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// Metric is one line of the table of metrics.
type Metric struct {
	Name   string
	Kind   string // gauge, counter or histogram
	Labels []string
	Help   string
}

// Metrics is that table. A new metric is one line here and one method; the
// documentation is compared with it.
var Metrics = []Metric{
	{"mokabot_spendable_dollars", "gauge", []string{"account"}, "What the next calls can cost; absent while unknown or unlimited."},
	{"mokabot_key_remaining_dollars", "gauge", []string{"account"}, "What is left on the API key; absent while unknown or unlimited. A lower bound between full readings of a key that allows more than twice what the account can pay."},
	{"mokabot_wallet_remaining_dollars", "gauge", []string{"account"}, "What is left on the account; absent while unknown. Accounts that share a wallet each show all of it: do not add them up."},
	{"mokabot_spent_today_dollars", "gauge", []string{"account"}, "Spent since midnight on the reader's clock, as far as it is known; absent while unknown. Accounts that share a wallet each show all of it."},
	{"mokabot_all_spendable_dollars", "gauge", nil, "What the next calls of all accounts can cost together, each wallet once; absent while it is unknown or unlimited for one of them."},
	{"mokabot_all_spent_today_dollars", "gauge", nil, "Spent by all accounts since midnight, each wallet once; absent while it is unknown for one of them."},
	{"mokabot_runway_seconds", "gauge", []string{"account"}, "How long the money is likely to last; absent while unknown or when nothing is spent."},
	{"mokabot_budget_amount_dollars", "gauge", []string{"budget"}, "What a budget allows in each of its periods."},
	{"mokabot_budget_spent_dollars", "gauge", []string{"budget"}, "Spent of a budget in its running period, as far as it is known; absent while unknown."},
	{"mokabot_budget_left_dollars", "gauge", []string{"budget"}, "Left of a budget in its running period, negative when exceeded; absent while unknown."},
	{"mokabot_polls_total", "counter", []string{"account", "result"}, "Readings of an account by their result: ok, or the kind of the failure."},
	{"mokabot_last_good_reading_timestamp_seconds", "gauge", []string{"account"}, "When the account was last read without a failure."},
	{"mokabot_next_reading_timestamp_seconds", "gauge", []string{"account", "why"}, "When the account is read next, and why then: first, interval, level, budget, pace, confirm or day."},
	{"mokabot_poll_interval_seconds", "gauge", nil, "poll_interval of the configuration."},
	{"mokabot_gateway_call_seconds", "histogram", []string{"account", "op", "result"}, "Calls to the gateway."},
	{"mokabot_discord_request_seconds", "histogram", []string{"route", "result"}, "Requests to Discord's REST API."},
	{"mokabot_deliveries_total", "counter", []string{"result"}, "Attempts to deliver a message: sent, retry, dead, or dropped for an edit that nobody needs."},
	{"mokabot_outbox_waiting", "gauge", nil, "Messages that wait to be delivered."},
	{"mokabot_outbox_dead", "gauge", nil, "Messages that Discord refuses until somebody acts; /status says what helps."},
	{"mokabot_discord_connected", "gauge", nil, "1 while the session with Discord stands."},
	{"mokabot_discord_latency_seconds", "gauge", nil, "The last heartbeat's way there and back."},
	{"mokabot_discord_identifies_total", "counter", nil, "New sessions begun; Discord allows 1000 a day."},
	{"mokabot_reports_total", "counter", []string{"report", "delayed"}, "Reports put into the outbox."},
	{"mokabot_command_seconds", "histogram", []string{"command", "result"}, "Commands and buttons, from their arrival to the answer: ok or failed."},
	{"mokabot_reloads_total", "counter", []string{"result"}, "Configurations read again: ok or kept, when the new one was wrong."},
	{"mokabot_storage_full", "gauge", nil, "1 while the disk is full and readings are not kept."},
	{"mokabot_leader", "gauge", nil, "1 while this replica does the work, 0 while it stands by; always 1 without replicas."},
	{"mokabot_leader_epoch", "gauge", nil, "Counts the takeovers; 0 on a standby and without replicas."},
	{"mokabot_build_info", "gauge", []string{"version"}, "Always 1."},
}

// Recorder keeps the figures that the rest of the program reports to it. A nil
// *Recorder discards them.
type Recorder struct {
	registry   *prometheus.Registry
	gauges     map[string]*prometheus.GaugeVec
	counters   map[string]*prometheus.CounterVec
	histograms map[string]*prometheus.HistogramVec

	mu       sync.Mutex
	accounts map[string]figures // the newest, by account
}

// figures are the readings that the sums over all accounts are made of.
type figures struct {
	reading moka.Reading
	today   moka.Maybe
}

// latencies range from an answer on loopback to a call that used up its time.
var latencies = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// New makes the metrics of a program of that version.
func New(version string) *Recorder {
	t := &Recorder{
		registry: prometheus.NewRegistry(), gauges: map[string]*prometheus.GaugeVec{},
		counters: map[string]*prometheus.CounterVec{}, histograms: map[string]*prometheus.HistogramVec{},
		accounts: map[string]figures{},
	}
	t.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, m := range Metrics {
		t.add(m)
	}
	t.set("mokabot_build_info", 1, version)
	t.beginAtZero()
	return t
}

func (t *Recorder) add(m Metric) {
	switch m.Kind {
	case "gauge":
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: m.Name, Help: m.Help}, m.Labels)
		t.gauges[m.Name] = v
		t.registry.MustRegister(v)
	case "counter":
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.Name, Help: m.Help}, m.Labels)
		t.counters[m.Name] = v
		t.registry.MustRegister(v)
	case "histogram":
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: m.Name, Help: m.Help, Buckets: latencies}, m.Labels)
		t.histograms[m.Name] = v
		t.registry.MustRegister(v)
	}
}

// beginAtZero shows the counters whose labels are known from the start: increase and rate
// need a value from before the first event.
func (t *Recorder) beginAtZero() {
	t.counters["mokabot_discord_identifies_total"].WithLabelValues()
	for name, results := range map[string][]string{
		"mokabot_deliveries_total": {"sent", "retry", "dead", "dropped"},
		"mokabot_reloads_total":    {"ok", "kept"},
	} {
		for _, result := range results {
			t.counters[name].WithLabelValues(result)
		}
	}
}

func (t *Recorder) set(name string, value float64, labels ...string) {
	if t != nil {
		t.gauges[name].WithLabelValues(labels...).Set(value)
	}
}

// setMaybe removes the series while the amount is unknown, so that no outdated figure
// stays on a dashboard.
func (t *Recorder) setMaybe(name string, amount moka.Maybe, labels ...string) {
	if t == nil {
		return
	}
	if a, ok := amount.Get(); ok {
		t.set(name, a.USD(), labels...)
		return
	}
	t.gauges[name].DeleteLabelValues(labels...)
}

func (t *Recorder) count(name string, labels ...string) {
	if t != nil {
		t.counters[name].WithLabelValues(labels...).Inc()
	}
}

func (t *Recorder) took(name string, d time.Duration, labels ...string) {
	if t != nil {
		t.histograms[name].WithLabelValues(labels...).Observe(d.Seconds())
	}
}

// Reading records a poll.
func (t *Recorder) Reading(account string, r moka.Reading, today moka.Maybe, runway spend.Runway) {
	if t == nil {
		return
	}
	result := "ok"
	if err := r.Err(); err != nil {
		result = string(err.Kind)
	} else {
		t.set("mokabot_last_good_reading_timestamp_seconds", float64(r.At.UnixMilli())/1000, account)
	}
	t.count("mokabot_polls_total", account, result)
	key, wallet := moka.Maybe{}, moka.Maybe{}
	if r.Key != nil {
		key = r.Key.Left()
	}
	if r.Wallet != nil {
		wallet = r.Wallet.Remaining
	}
	t.setMaybe("mokabot_spendable_dollars", r.Spendable(), account)
	t.setMaybe("mokabot_key_remaining_dollars", key, account)
	t.setMaybe("mokabot_wallet_remaining_dollars", wallet, account)
	t.setMaybe("mokabot_spent_today_dollars", today, account)
	t.mu.Lock()
	t.accounts[account] = figures{r, today}
	t.mu.Unlock()
	if runway.Known && !runway.Idle {
		t.set("mokabot_runway_seconds", runway.Mid.Seconds(), account)
	} else {
		t.gauges["mokabot_runway_seconds"].DeleteLabelValues(account)
	}
}

// addUp publishes the sums of the accounts' figures. They are added up when somebody asks, not
// again after each reading of each of them.
func (t *Recorder) addUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	var readings []moka.Reading
	var todays []moka.Maybe
	for _, name := range slices.Sorted(maps.Keys(t.accounts)) {
		readings, todays = append(readings, t.accounts[name].reading), append(todays, t.accounts[name].today)
	}
	spendable, today := moka.Known(0), moka.Known(0)
	for _, group := range moka.SharedWallets(readings) {
		var of []moka.Reading
		spent := moka.Maybe{}
		for _, i := range group {
			of = append(of, readings[i])
			if a, known := todays[i].Get(); known {
				highest, _ := spent.Get()
				spent = moka.Known(max(highest, a))
			}
		}
		spendable, today = spendable.Plus(moka.SpendableTogether(of)), today.Plus(spent)
	}
	if len(readings) == 0 {
		spendable, today = moka.Maybe{}, moka.Maybe{}
	}
	t.setMaybe("mokabot_all_spendable_dollars", spendable)
	t.setMaybe("mokabot_all_spent_today_dollars", today)
}

// Planned records when an account is read next, and why then.
func (t *Recorder) Planned(account string, at time.Time, why string) {
	if t == nil {
		return
	}
	t.gauges["mokabot_next_reading_timestamp_seconds"].DeletePartialMatch(prometheus.Labels{"account": account})
	t.set("mokabot_next_reading_timestamp_seconds", float64(at.UnixMilli())/1000, account, why)
}

// PollInterval records the configured poll_interval.
func (t *Recorder) PollInterval(d time.Duration) { t.set("mokabot_poll_interval_seconds", d.Seconds()) }

// Forget removes the figures of accounts that left the configuration.
func (t *Recorder) Forget(account string) {
	if t == nil {
		return
	}
	t.forget("account", account)
	t.mu.Lock()
	delete(t.accounts, account)
	t.mu.Unlock()
}

func (t *Recorder) forget(label, value string) {
	if t == nil {
		return
	}
	for _, v := range t.gauges {
		v.DeletePartialMatch(prometheus.Labels{label: value})
	}
}

// Budget records where a budget stands.
func (t *Recorder) Budget(s budget.Standing) {
	name := s.Budget.Name
	t.set("mokabot_budget_amount_dollars", s.Budget.Amount.USD(), name)
	t.setMaybe("mokabot_budget_spent_dollars", s.Spent, name)
	t.setMaybe("mokabot_budget_left_dollars", s.Left, name)
}

// ForgetBudget removes the figures of a budget that left the configuration.
func (t *Recorder) ForgetBudget(name string) { t.forget("budget", name) }

// Call records a call to a gateway.
func (t *Recorder) Call(account string, c moka.Call) {
	result := "ok"
	if e, ok := c.Err.(*moka.Error); ok && e != nil {
		result = string(e.Kind)
	}
	t.took("mokabot_gateway_call_seconds", c.Took, account, c.Op, result)
}

// Request records a request to Discord.
func (t *Recorder) Request(route, result string, took time.Duration) {
	t.took("mokabot_discord_request_seconds", took, route, result)
}

// Delivery records an attempt to deliver a message.
func (t *Recorder) Delivery(result string) { t.count("mokabot_deliveries_total", result) }

// Outbox records how many messages wait, and how many were refused.
func (t *Recorder) Outbox(waiting, dead int) {
	t.set("mokabot_outbox_waiting", float64(waiting))
	t.set("mokabot_outbox_dead", float64(dead))
}

// Storage records whether the disk is full.
func (t *Recorder) Storage(full bool) {
	t.set("mokabot_storage_full", flag(full))
}

// StandBy removes the figures that only the leader has.
func (t *Recorder) StandBy() {
	if t == nil {
		return
	}
	for name, v := range t.gauges {
		if name != "mokabot_build_info" {
			v.Reset()
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.accounts)
}

// Leader records whether this replica leads, and the epoch of its lease.
func (t *Recorder) Leader(leader bool, epoch int64) {
	t.set("mokabot_leader", flag(leader))
	t.set("mokabot_leader_epoch", float64(epoch))
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

// Discord records the state of the session.
func (t *Recorder) Discord(connected bool, latency time.Duration) {
	t.set("mokabot_discord_connected", flag(connected))
	t.set("mokabot_discord_latency_seconds", latency.Seconds())
}

// Identify records a new session.
func (t *Recorder) Identify() { t.count("mokabot_discord_identifies_total") }

// ExpectReport shows the counters of a configured report before its first one (see
// beginAtZero).
func (t *Recorder) ExpectReport(name string) {
	if t != nil {
		for _, delayed := range []string{"no", "yes"} {
			t.counters["mokabot_reports_total"].WithLabelValues(name, delayed)
		}
	}
}

// Report records a report.
func (t *Recorder) Report(name string, delayed bool) {
	late := "no"
	if delayed {
		late = "yes"
	}
	t.count("mokabot_reports_total", name, late)
}

// Command records an answer to a command.
func (t *Recorder) Command(name string, err error, took time.Duration) {
	result := "ok"
	if err != nil {
		result = "failed"
	}
	t.took("mokabot_command_seconds", took, name, result)
}

// Reload records whether a new configuration is in force.
func (t *Recorder) Reload(ok bool) {
	result := "ok"
	if !ok {
		result = "kept"
	}
	t.count("mokabot_reloads_total", result)
}
