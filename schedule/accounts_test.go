package schedule

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
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
	"mokabot/internal/store"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// said lists the posts so far, each with its channel, title, tone as it is by
// now, and whether it pings: "1 low warn", "1 low good resolved".
func (s *simulation) said() []string {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.path+"?mode=ro")
	if err != nil {
		s.t.Fatal(err)
	}
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

// post is one that was put into the outbox.
type post struct {
	at    time.Time
	title string
}

func (s *simulation) posts() []post {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.path+"?mode=ro")
	if err != nil {
		s.t.Fatal(err)
	}
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

func TestAChannelConfiguredLaterHearsOfAnOpenIncidentOnce(t *testing.T) {
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

// Two accounts that exchange names are two accounts under names that are known:
// nothing is renamed, and neither is told of the other's money.
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
	db, err := store.Open(filepath.Join(t.TempDir(), "rename.db"))
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
	if err := first.followAccounts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Poll(t.Context(), first.Book.All()[0]); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	log := slog.New(endsAt{quiet.Handler(), "an account has another name now; its history and incidents go on", end})
	if err := named("second", log).followAccounts(ctx); ctx.Err() == nil {
		t.Fatalf("the rename did not happen: %v", err)
	}
	if err := named("third", quiet).followAccounts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names, err := db.Accounts(t.Context()); err != nil || !slices.Equal(names, []string{"third"}) {
		t.Errorf("the accounts are %v, %v", names, err)
	}
}
