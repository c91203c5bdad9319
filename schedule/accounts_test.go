package schedule

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/internal/store/storetest"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// said lists the posts so far, each with its channel, title, tone as it is by
// now, and whether it pings: "1 low warn", "1 low good resolved".
func (s *simulation) said() []string {
	s.t.Helper()
	db := s.readOnly()
	defer db.Close()
	rows, err := db.Query(`SELECT o.channel, o.payload, COALESCE((SELECT e.payload FROM outbox e WHERE e.edit_of = o.post AND e.state <> 'dropped'
		ORDER BY e.id DESC LIMIT 1), o.payload) FROM outbox o WHERE o.edit_of = '' ORDER BY o.id`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var channel, posted, newest string
		if err := rows.Scan(&channel, &posted, &newest); err != nil {
			s.t.Fatal(err)
		}
		var was, is message.Message
		if err := json.Unmarshal([]byte(posted), &was); err != nil {
			s.t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(newest), &is); err != nil {
			s.t.Fatal(err)
		}
		line := fmt.Sprintf("#%s %s (%s)", channel, is.Cards[0].Title, is.Cards[0].Tone)
		if len(was.Mentions.Roles) > 0 {
			line += " @" + strings.Join(was.Mentions.Roles, "@")
		}
		if strings.Contains(is.Cards[0].Text, "removed from the configuration") {
			line += " removed"
		}
		all = append(all, line)
	}
	return all
}

// readOnly is the simulation's database, for looking at.
func (s *simulation) readOnly() *sql.DB {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.path+"?mode=ro")
	if err != nil {
		s.t.Fatal(err)
	}
	return db
}

// post is one that was put into the outbox.
type post struct {
	at    time.Time
	title string
}

func (s *simulation) posts() []post {
	s.t.Helper()
	db := s.readOnly()
	defer db.Close()
	rows, err := db.Query(`SELECT at, payload FROM outbox WHERE edit_of = '' ORDER BY id`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	var all []post
	for rows.Next() {
		var at int64
		var payload string
		if err := rows.Scan(&at, &payload); err != nil {
			s.t.Fatal(err)
		}
		var m message.Message
		if err := json.Unmarshal([]byte(payload), &m); err != nil {
			s.t.Fatal(err)
		}
		all = append(all, post{time.UnixMilli(at).UTC(), m.Cards[0].Title})
	}
	return all
}

func (s *simulation) saidExactly(want ...string) {
	s.t.Helper()
	if got := s.said(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		s.t.Errorf("said\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// holds brings an account's key to an amount of dollars.
func (s *simulation) holds(account int, dollars float64) {
	s.gateway.Update(func(st *mokatest.State) {
		k := st.Key(s.accounts[account].APIKey.Reveal())
		raw := int64(dollars * 500_000)
		if spent := k.Remain - raw; spent > 0 {
			k.Used += spent
		}
		k.Remain = raw
	})
}

func lowAndCritical() alert.Rules {
	return alert.Rules{ChannelID: "1", ConfirmAfter: 30 * time.Second, Margin: 0.05, UnreachableAfter: 15 * time.Minute, KeyExpiry: 7 * 24 * time.Hour,
		Levels: []alert.Level{
			{Name: "low", Below: moka.Known(20 * moka.Dollar), RemindEvery: 24 * time.Hour, MentionRoles: []string{"6"}},
			{Name: "critical", Below: moka.Known(5 * moka.Dollar), RemindEvery: 6 * time.Hour, MentionRoles: []string{"7"}},
		}}
}

func TestIncidentsFollowTheConfiguration(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	for _, c := range []struct {
		what   string
		change func(s *simulation, again func()) // of a low account0
		want   []string
	}{
		{
			"an account with another name is not told again, and its end closes its posts",
			func(s *simulation, again func()) {
				s.accounts[0].Name = "prod"
				again()
				time.Sleep(time.Hour)
				s.holds(0, 90)
				time.Sleep(time.Hour)
				if refs, _, err := s.watch.Find(s.t.Context(), alert.Ref{Account: "account0", ID: "x"}); err != nil || refs.Account != "" {
					s.t.Errorf("found %+v, %v", refs, err)
				}
			},
			[]string{"#1 account0: balance is low (good) @6", "#1 prod: balance is fine again (good)"},
		},
		{
			"another name twice",
			func(s *simulation, again func()) {
				s.accounts[0].Name = "prod"
				again()
				s.accounts[0].Name = "live"
				again()
				time.Sleep(time.Hour)
				s.holds(0, 90)
				time.Sleep(time.Hour)
			},
			[]string{"#1 account0: balance is low (good) @6", "#1 live: balance is fine again (good)"},
		},
		{
			"an account that is removed has its posts closed",
			func(s *simulation, again func()) {
				s.accounts = s.accounts[1:]
				again()
				time.Sleep(time.Hour)
			},
			[]string{"#1 account0: balance is low (muted) @6 removed"},
		},
		{
			"an account that comes back begins anew",
			func(s *simulation, again func()) {
				all := s.accounts
				s.accounts = all[1:]
				again()
				time.Sleep(time.Hour)
				s.accounts = all
				again()
				time.Sleep(time.Hour)
			},
			[]string{"#1 account0: balance is low (muted) @6 removed", "#1 account0: balance is low (warn) @6"},
		},
		{
			"an account that moves to another channel is not told again; what it said is closed where it was said",
			func(s *simulation, again func()) {
				s.accounts[0].Alerts.ChannelID = "2"
				again()
				time.Sleep(time.Hour)
				s.holds(0, 90)
				time.Sleep(time.Hour)
			},
			[]string{"#1 account0: balance is low (good) @6", "#2 account0: balance is fine again (good)"},
		},
		{
			"a channel that is taken away leaves nothing red",
			func(s *simulation, again func()) {
				s.accounts[0].Alerts.ChannelID = ""
				again()
				time.Sleep(time.Hour)
				s.holds(0, 90)
				time.Sleep(time.Hour)
			},
			[]string{"#1 account0: balance is low (good) @6"},
		},
	} {
		for how, again := range map[string]func(*simulation){"reload": (*simulation).reload, "restart": (*simulation).restart} {
			t.Run(c.what+", by a "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := simulate(t, 2, lowAndCritical())
					s.start()
					s.holds(0, 19)
					time.Sleep(time.Hour)
					c.change(s, func() { again(s) })
					s.stop()
					s.saidExactly(c.want...)
				})
			})
		}
	}
}

// D12: nothing was told before there was a channel, so it is told then.
func TestAChannelConfiguredLaterGetsAnOpenIncidentOnce(t *testing.T) {
	proof.NotShort(t)
	for what, c := range map[string]struct {
		before float64 // what is left when the channel is configured
		want   []string
	}{
		"still low":  {19, []string{"#1 account0: balance is low (good) @6", "#1 account0: balance is fine again (good)"}},
		"fine again": {90, nil},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rules := lowAndCritical()
				rules.ChannelID = ""
				s := simulate(t, 1, rules)
				s.start()
				s.holds(0, 19)
				time.Sleep(time.Hour)
				s.holds(0, c.before)
				time.Sleep(time.Hour)
				s.accounts[0].Alerts.ChannelID = "1"
				s.reload()
				time.Sleep(time.Hour)
				s.holds(0, 90)
				time.Sleep(time.Hour)
				s.stop()
				s.saidExactly(c.want...)
			})
		})
	}
}

// The buttons of a post name the account as it was called then.
func TestButtonsOfARenamedAccountWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulate(t, 1, lowAndCritical())
		s.start()
		s.holds(0, 19)
		time.Sleep(time.Hour)
		open, err := s.watch.Open(t.Context())
		if err != nil || len(open) != 1 {
			t.Fatalf("open: %v, %v", open, err)
		}
		ref := alert.Ref{Account: "account0", ID: open[0].Incident.ID}
		s.accounts[0].Name = "prod"
		s.reload()
		time.Sleep(time.Minute)
		o, changed, err := s.watch.Snooze(t.Context(), ref, alert.SnoozeOptions{For: time.Hour})
		if err != nil || !changed || o.Account != "prod" {
			t.Errorf("snoozed %+v, %v, %v", o, changed, err)
		}
		s.stop()
	})
}

// D12: whatever names accounts get in one reload, what is known of each goes
// along, and nothing is told twice or of another's money.
func TestAccountsExchangeNames(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	for _, c := range []struct {
		what     string
		names    []string // of account0, account1 and account2 afterwards; empty: removed
		incident string   // the name that account0's open incident has then; empty: it is closed
		want     []string
	}{
		{"two", []string{"account1", "account0", "account2"}, "account1",
			[]string{"#1 account0: balance is low (good) @6", "#1 account1: balance is fine again (good)"}},
		{"three in a ring", []string{"account1", "account2", "account0"}, "account1",
			[]string{"#1 account0: balance is low (good) @6", "#1 account1: balance is fine again (good)"}},
		{"one moves to a name that another leaves", []string{"account1", "fourth", "account2"}, "account1",
			[]string{"#1 account0: balance is low (good) @6", "#1 account1: balance is fine again (good)"}},
		{"one moves to a name of an account that is removed", []string{"account1", "", "account2"}, "account1",
			[]string{"#1 account0: balance is low (good) @6", "#1 account1: balance is fine again (good)"}},
		{"its name goes to another and it is removed", []string{"", "account0", "account2"}, "",
			[]string{"#1 account0: balance is low (muted) @6 removed"}},
		{"another spelling of its name", []string{"Account0", "account1", "account2"}, "Account0",
			[]string{"#1 account0: balance is low (good) @6", "#1 Account0: balance is fine again (good)"}},
	} {
		for how, again := range map[string]func(*simulation){"reload": (*simulation).reload, "restart": (*simulation).restart} {
			t.Run(c.what+", by a "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := simulate(t, 3, lowAndCritical())
					s.every = 15 * time.Minute
					s.start()
					s.holds(0, 19)
					time.Sleep(time.Hour)
					s.open1(func(o message.OpenIncident) {
						if _, _, err := s.watch.Snooze(t.Context(), alert.Ref{Account: "account0", ID: o.Incident.ID}, alert.SnoozeOptions{UntilTopUp: true}); err != nil {
							t.Error(err)
						}
					})
					keys := map[string]string{} // by name
					var now []config.Account
					for n, name := range c.names {
						if a := s.accounts[n]; name != "" {
							keys[name] = a.APIKey.Reveal()
							a.Name = name
							now = append(now, a)
						}
					}
					was := s.accounts
					s.accounts = now
					again(s)
					time.Sleep(time.Hour)
					open, err := s.watch.Open(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if c.incident == "" {
						if len(open) != 0 {
							t.Errorf("open are %+v", open)
						}
					} else if len(open) != 1 || open[0].Account != c.incident || !open[0].Incident.UntilTopUp {
						t.Errorf("open are %+v", open)
					} else if o, ok, err := s.watch.Find(t.Context(), alert.Ref{Account: "account0", ID: open[0].Incident.ID}); err != nil || !ok || o.Account != c.incident {
						t.Errorf("the buttons of the post find %+v, %v, %v", o, ok, err)
					}
					for _, a := range s.watch.Book.All() {
						first, ok, err := s.db.FirstReading(t.Context(), a.Name)
						if err != nil || !ok || time.Since(first) < 2*time.Hour-time.Minute*15 {
							t.Errorf("%s begins at %v, %v, %v", a.Name, first, ok, err)
						}
						for sample, err := range s.db.Samples(t.Context(), a.Name, time.Unix(1, 0), time.Now().Add(time.Hour)) {
							low := sample.KeyRemaining == moka.Known(19*moka.Dollar)
							if err != nil || low && keys[a.Name] != was[0].APIKey.Reveal() || sample.Delta.Spent != 0 && !low {
								t.Errorf("%s has the reading %+v of another account, %v", a.Name, sample, err)
							}
						}
					}
					s.accounts = was
					s.holds(0, 90)
					time.Sleep(time.Hour)
					s.stop()
					s.saidExactly(c.want...)
				})
			})
		}
	}
}

// open1 is for the only open incident.
func (s *simulation) open1(f func(message.OpenIncident)) {
	s.t.Helper()
	open, err := s.watch.Open(s.t.Context())
	if err != nil || len(open) != 1 {
		s.t.Fatalf("open are %+v, %v", open, err)
	}
	f(open[0])
}

// D12: an account gets a new name, and its old name goes to a new account.
func TestANewAccountUnderTheNameOfARenamedOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulate(t, 2, lowAndCritical())
		both := s.accounts
		s.accounts = both[:1]
		s.start()
		s.holds(0, 19)
		time.Sleep(time.Hour)
		s.accounts = []config.Account{both[0], both[1]}
		s.accounts[0].Name, s.accounts[1].Name = "prod", "account0"
		s.reload()
		time.Sleep(time.Hour)
		if first, ok, err := s.db.FirstReading(t.Context(), "account0"); err != nil || !ok || time.Since(first) > time.Hour {
			t.Errorf("the new account begins at %v, %v, %v", first, ok, err)
		}
		s.holds(1, 18) // at the same time as the other incident is open
		time.Sleep(time.Hour)
		s.holds(0, 90)
		time.Sleep(time.Hour)
		s.stop()
		s.saidExactly("#1 account0: balance is low (good) @6", "#1 account0: balance is low (warn) @6", "#1 prod: balance is fine again (good)")
	})
}

// What is stored of an account under its name follows a rename: no package has a
// value of an account that the store does not know of.
func TestEveryValueOfAnAccountIsRenamed(t *testing.T) {
	db, err := store.Open(storetest.File(t, store.Open))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for what, name := range map[string]func(account string) string{"identity": identityOf, "records": history.RecordedMark, "levels": config.LevelsValue} {
		if err := db.SetValue(t.Context(), name("old "+what), []byte("x")); err != nil {
			t.Fatal(err)
		}
		same := func(_ string, state json.RawMessage) (json.RawMessage, error) { return state, nil }
		if err := db.Rename(t.Context(), map[string]string{"old " + what: "new " + what}, same); err != nil {
			t.Fatal(err)
		}
		if kept, _, err := db.Value(t.Context(), name("new "+what)); err != nil || string(kept) != "x" {
			t.Errorf("%s: %q, %v", what, kept, err)
		}
	}
}

// Of several accounts that one could have been, it is no one's to say which.
func TestAnAmbiguousRenameBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulate(t, 1, lowAndCritical())
		twin := s.accounts[0]
		twin.Name = "twin"
		s.accounts = append(s.accounts, twin)
		s.start()
		time.Sleep(time.Hour)
		s.accounts = []config.Account{twin}
		s.accounts[0].Name = "third"
		s.reload()
		time.Sleep(time.Hour)
		s.stop()
		if first, ok, err := s.db.FirstReading(t.Context(), "account0"); !ok || err != nil || first.IsZero() {
			t.Errorf("the history of an account that may be another's was taken: %v", err)
		}
	})
}

// endsAt is a log that ends the program when it says a message.
type endsAt struct {
	slog.Handler
	message string
	end     context.CancelFunc
}

func (e endsAt) Enabled(context.Context, slog.Level) bool { return true }

func (e endsAt) Handle(_ context.Context, r slog.Record) error {
	if r.Message == e.message {
		e.end()
	}
	return nil
}

// An end right after a rename must not lose whose account the new name stands
// for: the next start may find it under a third name.
func TestARenameThatIsInterruptedIsFollowed(t *testing.T) {
	const key = "sk-renamekeyrenamekeyrenamekeyrenamekeyrenamekey0123"
	gateway := mokatest.New(mokatest.V2026_08)
	gateway.AddAccount(mokatest.Account{ID: 2, Quota: 50_000_000})
	gateway.AddKey(2, mokatest.Key{Key: key, Remain: 40_000_000})
	db, err := store.Open(storetest.File(t, store.Open))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	named := func(name string, log *slog.Logger) *Watch {
		book, err := account.New(&config.Config{Accounts: []config.Account{{Name: name, BaseURL: "https://gateway.test", APIKey: config.NewSecret(key)}}},
			account.WithTransport(gateway.Client().Transport))
		if err != nil {
			t.Fatal(err)
		}
		return &Watch{Book: book, Store: db, History: history.History{Store: db, Zone: time.UTC}, Words: lang.English(), Log: log}
	}
	quiet := slog.New(slog.DiscardHandler)
	first := named("first", quiet)
	if _, err := first.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Poll(t.Context(), first.Book.All()[0]); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	log := slog.New(endsAt{quiet.Handler(), "an account has another name now; its history and incidents go on", end})
	if _, err := named("second", log).Follow(ctx); ctx.Err() == nil {
		t.Fatalf("the rename did not happen: %v", err)
	}
	if _, err := named("third", quiet).Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names, err := db.Accounts(t.Context()); err != nil || !slices.Equal(names, []string{"third"}) {
		t.Errorf("the accounts are %v, %v", names, err)
	}
}

// D12: an account with another name and other credentials cannot be recognised,
// which is said.
func TestAnAccountThatBeginsAnewIsNamed(t *testing.T) {
	for _, c := range []struct {
		known []string
		moves map[string]string
		says  bool
	}{
		{nil, nil, false},
		{[]string{"team"}, nil, false},
		{[]string{"team", "old"}, nil, false},
		{[]string{"old"}, nil, true},
		{[]string{"old"}, map[string]string{"old": "team"}, false},
		{[]string{"old", "older"}, map[string]string{"old": "team"}, false},
	} {
		w, _ := watched(t)
		var log strings.Builder
		w.Log = slog.New(slog.NewTextHandler(&log, nil))
		known := map[string]string{}
		for _, name := range c.known {
			known[name] = "of " + name
		}
		w.logNewAccounts(known, c.moves)
		if says := strings.Contains(log.String(), "begin anew\" account=team left=[old]"); says != c.says || !says && log.Len() > 0 {
			t.Errorf("%+v: %s", c, &log)
		}
	}
}

// What cannot be read of an account that left the configuration is an error, after which it
// is looked at again: its incidents would stay open for good.
func TestAnAccountThatLeftIsNotForgottenForADatabaseThatFails(t *testing.T) {
	db, err := store.Open(storetest.File(t, store.Open))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	w := &Watch{Store: db, Log: slog.New(slog.DiscardHandler)}
	if err := w.retire(t.Context(), "gone"); err == nil {
		t.Error("nothing failed")
	}
}
