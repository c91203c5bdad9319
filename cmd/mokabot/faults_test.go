package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/moka/mokatest"
	"mokabot/schedule"
)

// scene is a gateway, the bot's polls and the command line on one clock, which
// stands still unless the test waits.
type scene struct {
	t       *testing.T
	gateway *mokatest.Server
	clock   *atomic.Pointer[time.Time] // the gateway's, which answers outside the bubble
	env     map[string]string
	book    *account.Book
	db      *store.DB
	watch   *schedule.Watch
}

const (
	byKey   = `accounts: [{name: team, api_key: "${KEY}", base_url: "${URL}"}]` + "\n"
	byToken = `accounts: [{name: team, access_token: "${TOKEN}", user_id: 2, base_url: "${URL}"}]` + "\n"
	byBoth  = `accounts: [{name: team, api_key: "${KEY}", access_token: "${TOKEN}", user_id: 2, base_url: "${URL}"}]` + "\n"

	// twoKeys are two accounts of one wallet, the address written in two ways.
	twoKeys = `accounts:
  - {name: team, api_key: "${KEY}", access_token: "${TOKEN}", user_id: 2, base_url: "${URL}"}
  - {name: dev, api_key: "${SECOND_KEY}", access_token: "${TOKEN}", user_id: 2, base_url: "${URL_IN_CAPITALS}"}
`
	alerts = `alerts: {channel_id: "1", levels: [{name: low, below: 10.00}, {name: critical, below: 5.00}]}` + "\n"
	daily  = `reports: [{name: daily, cron: "0 9 * * *", period: day, channel_id: "1"}]` + "\n"
)

// units is an amount in raw quota.
func units(usd float64) int64 { return int64(usd * 500_000) }

func onScene(t *testing.T, v mokatest.Version, begin, settings string, change func(*mokatest.State), f func(s *scene)) {
	t.Helper()
	t.Chdir(t.TempDir())
	gateway, clock := mokatest.New(v), &atomic.Pointer[time.Time]{}
	gateway.SetNow(func() time.Time { return *clock.Load() })
	server := httptest.NewUnstartedServer(gateway)
	server.Config.SetKeepAlivesEnabled(false) // so that no connection outlives the bubble
	server.Start()
	defer server.Close()
	synctest.Test(t, func(t *testing.T) {
		at, err := time.Parse(time.RFC3339, begin)
		if err != nil {
			t.Fatal(err)
		}
		s := &scene{t: t, gateway: gateway, clock: clock, env: map[string]string{
			"URL": server.URL, "URL_IN_CAPITALS": strings.ToUpper(server.URL) + "/v1/", "KEY": testKey, "SECOND_KEY": secondKey, "TOKEN": testToken,
		}}
		s.wait(time.Until(at))
		gateway.AddAccount(mokatest.Account{ID: 2, Username: "alice", AccessToken: testToken, Quota: units(100), UsedQuota: units(50), Requests: 10})
		gateway.AddKey(2, mokatest.Key{Key: testKey, Name: "laptop", Remain: units(400), Used: units(50)})
		gateway.AddKey(2, mokatest.Key{Key: secondKey, Name: "ci", Remain: units(400)})
		if change != nil {
			gateway.Update(change)
		}
		writeAll(t, map[string]string{"config.yaml": settings})
		c, err := config.LoadWith("config.yaml", func(name string) (string, bool) { v, ok := s.env[name]; return v, ok })
		if err != nil {
			t.Fatal(err)
		}
		c.RequestBudget = 1_000_000
		if s.book, err = account.New(c, account.WithTransport(gateway.Client().Transport)); err != nil {
			t.Fatal(err)
		}
		if s.db, err = store.Open("mokabot.db"); err != nil {
			t.Fatal(err)
		}
		defer s.db.Close()
		s.watch = &schedule.Watch{
			Book: s.book, Store: s.db, History: history.History{Store: s.db, Zone: c.Timezone}, Words: lang.English(), Every: time.Minute, Log: slog.New(slog.DiscardHandler),
		}
		f(s)
	})
}

func (s *scene) wait(d time.Duration) {
	time.Sleep(d)
	now := time.Now()
	s.clock.Store(&now)
}

func (s *scene) poll() {
	s.t.Helper()
	for _, a := range s.book.All() {
		if _, err := s.watch.Poll(s.t.Context(), a); err != nil {
			s.t.Error(err)
		}
	}
}

// polls reads the accounts n times, each after a wait.
func (s *scene) polls(n int, every time.Duration) {
	s.t.Helper()
	for range n {
		s.wait(every)
		s.poll()
	}
}

func (s *scene) spend(usd float64) { s.gateway.Spend(testKey, "gpt-4o", units(usd), 1000) }

func (s *scene) task(usd float64) *mokatest.Task {
	s.t.Helper()
	task, err := s.gateway.Task(testKey, "video-1", units(usd))
	if err != nil {
		s.t.Fatal(err)
	}
	return task
}

func (s *scene) change(f func(a *mokatest.Account, k *mokatest.Key, o *mokatest.Options)) {
	s.gateway.Update(func(st *mokatest.State) { f(st.Account(2), st.Key(testKey), &st.Options) })
}

// prints compares what a command prints with fields such as "spent_usd=2".
func (s *scene) prints(command string, fields ...string) {
	s.t.Helper()
	_, out, log := runLine(s.t, s.env, strings.Fields(command)...)
	var answer any
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		s.t.Fatalf("%s: %v\n%s%s", command, err, out, log)
	}
	for _, field := range fields {
		path, want, _ := strings.Cut(field, "=")
		at := answer
		for name := range strings.SplitSeq(path, ".") {
			if list, ok := at.([]any); ok && len(list) > 0 {
				at = list[0]
			}
			object, _ := at.(map[string]any)
			at = object[name]
		}
		if got := strings.ReplaceAll(fmt.Sprint(at), "<nil>", "null"); got != want {
			s.t.Errorf("%s: %s is %s, want %s\n%s", command, path, got, want, out)
		}
	}
}

// text is what a command prints for people.
func (s *scene) text(command string) string {
	s.t.Helper()
	_, out, log := runLine(s.t, s.env, strings.Fields(command)...)
	return out + log
}

// posts are the posts made since the last call.
func (s *scene) posts() (all []string) {
	s.t.Helper()
	for {
		due, err := s.db.Due(s.t.Context(), time.Now(), 100)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(due) == 0 {
			return all
		}
		for _, m := range due {
			if m.EditOf == "" {
				all = append(all, string(m.Payload))
			}
			if err := s.db.Sent(s.t.Context(), m.ID, fmt.Sprint(m.ID), time.Now()); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

func (s *scene) mustPost(words ...string) {
	s.t.Helper()
	posts := s.posts()
	if len(posts) != len(words) {
		s.t.Errorf("%d posts, want %d: %s", len(posts), len(words), posts)
		return
	}
	for i, w := range words {
		if !strings.Contains(lang.PlainSpaces(posts[i]), w) {
			s.t.Errorf("%q is missing in %s", w, posts[i])
		}
	}
}

func plan(total, used float64, hours int) mokatest.Plan {
	return mokatest.Plan{ID: 1, Total: units(total), Used: units(used), EndsAt: time.Now().Add(time.Duration(hours) * time.Hour)}
}

// Each fault of money that was seen, and others of its kind, from the gateway's
// answers to what the commands print and the bot posts. M17 and M18 are in
// internal/history and internal/spend, M20 is in internal/e2e.
func TestFaultsOfMoney(t *testing.T) {
	proof.NotShort(t)
	shown := map[string]bool{} // one of a kind is enough without the long proofs
	const begin, midnight = "2026-11-20T08:00:00Z", "2026-11-17T00:00:00Z"
	for _, c := range []struct {
		fault    string
		version  mokatest.Version
		begin    string
		settings string
		change   func(*mokatest.State)
		happens  func(s *scene)
	}{
		{"M1 only the plan may pay, and it is used up", mokatest.V2026_08, begin, byBoth + alerts, func(st *mokatest.State) {
			st.Account(2).Preference, st.Account(2).Plans = "subscription_only", []mokatest.Plan{plan(2, 2, 720)}
		}, func(s *scene) {
			s.polls(3, time.Minute)
			s.prints("balance --json", "accounts.spendable_usd=0", "accounts.ok=true", "accounts.wallet.remaining_usd=100")
			s.mustPost("The account balance cannot be used")
		}},
		{"M1 only the plan may pay, and there is none", mokatest.V2026_08, begin, byToken + alerts, func(st *mokatest.State) {
			st.Account(2).Preference = "subscription_only"
		}, func(s *scene) {
			s.polls(3, time.Minute)
			s.prints("balance --json", "accounts.spendable_usd=0")
			s.mustPost("The account balance cannot be used")
		}},
		{"M2 the wallet may not pay what exceeds the plan", mokatest.V2026_08, begin, byBoth + alerts, func(st *mokatest.State) {
			p := plan(2, 2, 720)
			p.NoOverflow = true
			st.Account(2).Plans = []mokatest.Plan{p}
		}, func(s *scene) {
			s.polls(3, time.Minute)
			s.prints("balance --json", "accounts.spendable_usd=0")
			s.mustPost("The account balance cannot be used")
		}},
		{"M3 a plan pays beside a wallet in debt", mokatest.V2026_08, begin, byBoth + alerts, func(st *mokatest.State) {
			st.Account(2).Quota, st.Account(2).Plans = units(-20), []mokatest.Plan{plan(20, 5, 720)}
		}, func(s *scene) {
			s.polls(3, time.Minute)
			s.prints("balance --json", "accounts.spendable_usd=15")
			s.mustPost()
		}},
		{"M4 the plan that pays ends in 36 hours", mokatest.V2026_08, midnight, byBoth + alerts + daily, func(st *mokatest.State) {
			st.Account(2).Quota, st.Account(2).Plans = 0, []mokatest.Plan{plan(130, 0, 72+36)}
		}, func(s *scene) {
			s.poll()
			for range 72 {
				s.wait(time.Minute)
				s.spend(10.0 / 24)
				s.polls(1, 59*time.Minute)
			}
			s.prints("report --json daily", "accounts.runway.mid_hours=36", "accounts.runway.high_hours=36")
			s.mustPost("the plan ends in 4 d 12 h")
		}},
		{"M5 a plan's reset is no top-up", mokatest.V2026_08, begin, byBoth + alerts, func(st *mokatest.State) {
			p := plan(80, 70, 720)
			p.ResetsAt, p.ResetEvery = time.Now().Add(time.Hour), 24*time.Hour
			st.Account(2).Plans = []mokatest.Plan{p}
		}, func(s *scene) {
			s.poll()
			s.polls(12, 10*time.Minute)
			s.prints("usage --json", "spent_usd=0", "top_ups_usd=0", "refunds_usd=0")
			s.prints("balance --json", "accounts.spendable_usd=180")
			s.mustPost()
		}},
		{"M6 tasks charged in advance and refunded", mokatest.V2026_08, begin, byBoth, nil, refundThreeTasks},
		{"M7 the same of gateways that leave the used quota", mokatest.V2026_07, begin, byBoth, nil, refundThreeTasks},
		{"M6 the same by the key alone, in another currency", mokatest.V2026_08, begin, byKey, func(st *mokatest.State) { st.Options.Display = "CNY" }, refundThreeTasks},
		{"M8 a refund and a top-up between two polls", mokatest.V2026_08, begin, byBoth + alerts, nil, refundAndTopUp},
		{"M8 the same of gateways that leave the used quota", mokatest.V2026_07, begin, byToken + alerts, nil, refundAndTopUp},
		{"M9 another rate, seen by the key alone", mokatest.V2026_08, begin, byKey, func(st *mokatest.State) {
			st.Options.Display, st.Options.USDExchangeRate = "CNY", 7.0
			st.Key(testKey).Remain, st.Key(testKey).Used = units(100), units(1000)
		}, func(s *scene) {
			s.polls(5, time.Minute)
			s.change(func(_ *mokatest.Account, _ *mokatest.Key, o *mokatest.Options) { o.USDExchangeRate = 7.3 })
			s.polls(20, time.Minute)
			s.prints("balance --json", "accounts.spendable_usd=100")
			s.prints("usage --json", "spent_usd=0", "top_ups_usd=0", "refunds_usd=0")
		}},
		{"M9 another display, and a call at the same time", mokatest.V2026_08, begin, byKey, func(st *mokatest.State) { st.Options.Display = "CNY" }, func(s *scene) {
			s.polls(5, time.Minute)
			s.spend(2)
			s.change(func(_ *mokatest.Account, _ *mokatest.Key, o *mokatest.Options) { o.Display = "TOKENS" })
			s.polls(20, time.Minute)
			s.prints("balance --json", "accounts.spendable_usd=398")
			s.prints("usage --json", "spent_usd=2", "top_ups_usd=0", "refunds_usd=0")
		}},
		{"M10 another size of a unit", mokatest.V2026_08, begin, byBoth + alerts, nil, func(s *scene) {
			s.polls(5, time.Minute)
			s.change(func(_ *mokatest.Account, _ *mokatest.Key, o *mokatest.Options) { o.QuotaPerUnit = 5_000_000 })
			s.polls(1, time.Minute)
			s.prints("balance --json", "accounts.spendable_usd=10")
			s.polls(20, time.Minute)
			s.prints("usage --json", "spent_usd=0", "top_ups_usd=0", "refunds_usd=0")
			s.mustPost()
		}},
		{"M11 a log that was cleaned up", mokatest.V2026_08, begin, byBoth, nil, func(s *scene) {
			for day := 24; day > 0; day-- {
				s.gateway.SpendAt(time.Now().AddDate(0, 0, -day), testKey, "gpt-4o", units(0.25), 1000)
			}
			s.gateway.CleanLog(time.Now().AddDate(0, 0, -2))
			s.prints("usage --json --period 30d", "spent_usd=6", "by_model.spent_usd=6", "requests=24")
			s.poll()
			s.prints("usage --json --period 30d", "spent_usd=6")
		}},
		{"M11 an account that was renamed", mokatest.V2026_08, begin, byToken, nil, func(s *scene) {
			for day := 24; day > 0; day-- {
				s.gateway.SpendAt(time.Now().AddDate(0, 0, -day), testKey, "gpt-4o", units(0.25), 1000)
			}
			s.gateway.Rename(2, "alicia")
			s.prints("usage --json --period 30d", "spent_usd=6", "by_model.spent_usd=6")
		}},
		{"M12 a gap of two days, dated by the records", mokatest.V2026_08, midnight, byBoth, nil, func(s *scene) {
			s.poll()
			s.polls(24, time.Hour)
			s.wait(36 * time.Hour)
			s.spend(60)
			s.wait(12 * time.Hour)
			s.polls(1, time.Hour)
			s.prints("usage --json --period yesterday", "spent_usd=60", "before_usd=0", "coverage=1")
		}},
		{"M12 the same gap of a key alone, which nothing dates", mokatest.V2026_08, midnight, byKey, nil, func(s *scene) {
			s.poll()
			s.polls(24, time.Hour)
			s.wait(36 * time.Hour)
			s.spend(60)
			s.wait(12 * time.Hour)
			s.poll()
			s.polls(1, time.Hour)
			s.prints("usage --json --period yesterday", "spent_usd=null", "before_usd=null", "top_ups_usd=null")
			s.prints("usage --json --period today", "spent_usd=0")
			s.prints("usage --json --period 7d", "spent_usd=60", "at_least=true")
		}},
		{"M13 a day of readings after a part of one", mokatest.V2026_08, "2026-11-18T18:00:00Z", byKey + daily, nil, func(s *scene) {
			s.poll()
			s.polls(6, time.Hour)
			for range 24 {
				s.wait(time.Minute)
				s.spend(0.1)
				s.polls(1, 59*time.Minute)
			}
			s.prints("report --json daily", "accounts.spent_usd=2.4", "accounts.before_usd=null", "accounts.coverage=1")
			if text := s.text("report daily"); strings.Contains(text, "%)") {
				s.t.Error(text)
			}
		}},
		{"M14 calls around a midnight at half past", mokatest.V2026_08, "2026-11-18T00:00:00+05:30", byBoth + "timezone: Asia/Kolkata\n", nil, callsAroundMidnight},
		{"M14 calls around a midnight at a quarter past", mokatest.V2026_08, "2026-11-18T00:00:00+05:45", byBoth + "timezone: Asia/Kathmandu\n", nil, callsAroundMidnight},
		{"M15 two keys of one wallet", mokatest.V2026_08, midnight, twoKeys + daily, func(st *mokatest.State) { st.Account(2).Quota = units(42.5 + 24) }, func(s *scene) {
			s.poll()
			for range 24 {
				s.wait(time.Minute)
				s.spend(1)
				s.polls(1, 59*time.Minute)
			}
			text := s.text("report daily")
			if !strings.Contains(text, "All accounts: $24.00 spent") || !strings.Contains(text, "$42.50 left") || strings.Contains(text, "$85") || strings.Contains(text, "$48") {
				s.t.Error(text)
			}
			if text := s.text("check"); !strings.Contains(text, "team, dev share one account balance") {
				s.t.Error(text)
			}
		}},
		{"M16 half an hour before the end of a day of 25 hours", mokatest.V2026_08, "2026-10-23T00:00:00+02:00", byBoth + "timezone: Europe/Berlin\n", nil, func(s *scene) {
			s.poll()
			s.polls(48, time.Hour)
			s.wait(10 * time.Minute)
			s.spend(3) // at 00:10 of the long day
			s.polls(24, time.Hour)
			s.wait(20 * time.Minute)
			s.prints("usage --json --period today", "to=2026-10-25T23:30:00+01:00", "spent_usd=3", "before_usd=0")
		}},
		{"M19 a key in a cheaper group", mokatest.V2026_08, begin, byBoth, func(st *mokatest.State) {
			st.Groups = []mokatest.Group{{Name: "default", Ratio: 1}, {Name: "vip", Ratio: 0.5}}
			st.Models = []mokatest.Model{{ID: "gpt-4o", OwnedBy: "openai", Ratio: 1.25, Completion: 4, Groups: []string{"default", "vip"}}}
			st.Key(testKey).Group = "vip"
		}, func(s *scene) {
			s.prints("models --json", "models.input_usd_per_mtok=1.25", "models.output_usd_per_mtok=5")
		}},
		{"M21 the account's view hides when the key expires", mokatest.V2026_08, begin, byBoth + alerts, func(st *mokatest.State) {
			st.Key(testKey).ExpiresAt = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
		}, func(s *scene) {
			s.polls(2, time.Minute)
			s.change(func(_ *mokatest.Account, _ *mokatest.Key, o *mokatest.Options) { o.TokenStat = false })
			s.polls(5, time.Minute)
			s.mustPost("the API key expires in 1 d 23 h")
			s.prints("balance --json", "accounts.key.expires_at=2026-11-22T08:00:00Z")
			s.change(func(_ *mokatest.Account, k *mokatest.Key, _ *mokatest.Options) {
				k.ExpiresAt = k.ExpiresAt.AddDate(1, 0, 0)
			})
			s.polls(2, time.Minute)
			s.mustPost("the API key was renewed")
		}},
		{"M22 a month's report on the 31st", mokatest.V2026_08, begin, byBoth + strings.ReplaceAll(strings.ReplaceAll(daily, "0 9 * * *", "0 9 31 * *"), "period: day", "period: month"), nil, func(s *scene) {
			s.prints("schedule --json --from 2027-02-01T00:00:00Z", "runs.at=2027-02-28T09:00:00Z")
			s.prints("schedule --json --from 2027-04-01T00:00:00Z", "runs.at=2027-04-30T09:00:00Z")
			s.prints("schedule --json --count 1 --from 2027-04-30T09:00:00Z", "runs.at=2027-04-30T09:00:00Z") // from that very time on
		}},
		{"M23 Veloera", mokatest.Veloera, begin, byBoth, nil, func(s *scene) {
			s.prints("balance --json", "accounts.ok=true", "accounts.spendable_usd=100", "accounts.error=null")
		}},
		{"M23 an unlimited key of an overdrawn account, with the key alone", mokatest.OneHub, begin, byKey, overdrawn, func(s *scene) {
			s.prints("balance --json", "accounts.ok=false", "accounts.spendable_usd=null")
		}},
		{"M23 the same with the access token", mokatest.DoneHub, begin, byBoth, overdrawn, func(s *scene) {
			s.prints("balance --json", "accounts.ok=true", "accounts.spendable_usd=-0.5")
		}},
	} {
		number, _, _ := strings.Cut(c.fault, " ")
		if shown[number] && !proof.Long() {
			continue
		}
		shown[number] = true
		t.Run(c.fault, func(t *testing.T) { onScene(t, c.version, c.begin, c.settings, c.change, c.happens) })
	}
}

func overdrawn(st *mokatest.State) {
	st.Account(2).Quota, st.Account(2).UsedQuota, st.Key(testKey).Unlimited = units(-0.5), units(6), true
}

func refundThreeTasks(s *scene) {
	s.poll()
	for range 3 {
		task := s.task(10)
		s.polls(1, 10*time.Minute)
		task.Refund(units(10))
		s.polls(1, 10*time.Minute)
	}
	s.prints("usage --json", "spent_usd=0", "top_ups_usd=0", "refunds_usd=30")
	s.spend(4)
	s.polls(1, 10*time.Minute)
	s.prints("usage --json", "spent_usd=4", "top_ups_usd=0", "refunds_usd=30")
}

func refundAndTopUp(s *scene) {
	s.change(func(a *mokatest.Account, _ *mokatest.Key, _ *mokatest.Options) { a.Quota = units(12) })
	s.poll()
	task := s.task(8)
	s.polls(2, 10*time.Minute)
	s.mustPost("$4.00 left")
	task.Refund(units(8))
	s.gateway.TopUp(2, units(50))
	s.polls(2, 10*time.Minute)
	s.mustPost("$50.00")
	s.prints("usage --json", "spent_usd=0", "top_ups_usd=50", "refunds_usd=8")
}

func callsAroundMidnight(s *scene) {
	s.poll()
	s.polls(47, time.Hour)
	s.wait(40 * time.Minute)
	s.gateway.Spend(testKey, "claude-3-7-sonnet-20250219", units(3), 1000)
	s.wait(30 * time.Minute)
	s.spend(2) // ten minutes after midnight
	s.wait(50 * time.Minute)
	s.polls(2, time.Hour)
	s.prints("usage --json --period today", "spent_usd=2", "requests=1", "by_model.model=gpt-4o", "by_model.spent_usd=2", "by_key.spent_usd=2")
	s.prints("usage --json --period yesterday", "spent_usd=3", "by_model.spent_usd=3")
}
