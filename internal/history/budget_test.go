package history_test

import (
	"testing"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/internal/proof"
	"mokabot/internal/spend"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// otherKey is a second key of the account.
const otherKey = "sk-historykeyhistorykeyhistorykeyhistorykeyhistorykey2"

// Fault M15: accounts with two keys of one user, with a key alone among them.
func TestABudgetCountsASharedWalletOnce(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		p.gateway.AddKey(2, mokatest.Key{Key: otherKey, Remain: 400_000_000})
		token := config.NewSecret(testToken)
		settings := &config.Config{RequestBudget: 100_000, Accounts: []config.Account{
			{Name: "alone", BaseURL: "https://gateway.test", APIKey: config.NewSecret(otherKey)},
			{Name: "team", BaseURL: "https://gateway.test", APIKey: config.NewSecret(testKey), AccessToken: token, UserID: 2},
			{Name: "dev", BaseURL: "https://GATEWAY.test:443/v1", APIKey: config.NewSecret(otherKey), AccessToken: token, UserID: 2},
		}}
		book, err := account.New(settings, account.WithTransport(p.gateway.Client().Transport))
		if err != nil {
			p.t.Fatal(err)
		}
		p.read()
		p.hours(3, true)
		daily := budget.Budget{Name: "daily", Span: budget.Day, Zone: time.UTC, Amount: 10 * moka.Dollar}
		for _, c := range []struct {
			what string
			ask  bool
			want moka.Maybe
		}{
			{"before the gateway said whose the key is", false, moka.Maybe{}},
			{"when it is asked", true, dollars(3)},
			{"from then on", false, dollars(3)},
		} {
			if f, err := p.history.Budget(p.t.Context(), daily, book, c.ask); err != nil || f.Spent.Spent != c.want {
				p.t.Errorf("%s: spent %v, %v", c.what, f.Spent, err)
			}
		}
	})
}

// TestABudgetOfAYoungAccount: where nothing tells of the beginning of a period,
// what was spent is a lower bound; the gateway's records make it whole.
func TestABudgetOfAYoungAccount(t *testing.T) {
	daily := budget.Budget{Name: "daily", Span: budget.Day, Zone: time.UTC, Amount: 10 * moka.Dollar, WarnAt: []float64{0.8, 1}}
	for _, c := range []struct {
		what    string
		version mokatest.Version
		early   int // hours spent before the first reading, a dollar each
		late    int // after it
		atLeast bool
		spent   moka.Maybe
		state   budget.State
	}{
		{"no records", mokatest.OneAPI, 5, 3, true, dollars(3), budget.StateUnknown},
		{"no records, and a threshold is reached all the same", mokatest.OneAPI, 2, 8, true, dollars(8), budget.StateWarning},
		{"no records, read from the beginning", mokatest.OneAPI, 0, 3, false, dollars(3), budget.StateOK},
		{"the gateway's records tell", mokatest.V2026_08, 5, 3, false, dollars(8), budget.StateWarning},
	} {
		inPast(t, c.version, func(p *past) {
			time.Sleep(time.Until(spend.Day(time.Now(), time.UTC).To))
			p.hours(c.early, false)
			first := time.Now()
			p.read()
			p.hours(c.late, true)
			book, err := account.New(&config.Config{RequestBudget: 100_000, Accounts: []config.Account{{
				Name: "team", BaseURL: "https://gateway.test", APIKey: config.NewSecret(testKey), AccessToken: config.NewSecret(testToken), UserID: 2,
			}}}, account.WithTransport(p.gateway.Client().Transport))
			if err != nil {
				p.t.Fatal(err)
			}
			f, err := p.history.Budget(p.t.Context(), daily, book, true)
			s := budget.Stand(daily, f)
			if err != nil || s.Spent != c.spent || s.AtLeast != c.atLeast || s.State != c.state || s.Began.Equal(first) != c.atLeast {
				p.t.Errorf("%s: spent %v, at least %t, %s, since %v, %v", c.what, s.Spent, s.AtLeast, s.State, s.Began, err)
			}
			if u := p.named("today", time.UTC); u.Spent != c.spent || u.AtLeast != c.atLeast || u.Began.IsZero() == c.atLeast {
				p.t.Errorf("%s: today %v, at least %t, since %v", c.what, u.Spent, u.AtLeast, u.Began)
			}
		})
	}
}

// TestTheKeyBehindASpike: whose spending the last hour was, by the gateway's log.
func TestTheKeyBehindASpike(t *testing.T) {
	for _, c := range []struct {
		what    string
		version mokatest.Version
		two     bool
		want    string
		ok      bool
	}{
		{"two keys", mokatest.V2026_08, true, "ci $41.00", true},
		{"an older gateway", mokatest.V2025_04, true, "ci $41.00", true},
		{"a single key", mokatest.V2026_08, false, "", false},
		{"a gateway without a log", mokatest.OneAPI, true, "", false},
	} {
		inPast(t, c.version, func(p *past) {
			key := testKey
			p.gateway.Update(func(s *mokatest.State) { s.Keys[0].Name = "laptop" })
			if c.two {
				p.gateway.AddKey(2, mokatest.Key{Key: otherKey, Name: "ci", Remain: 400_000_000})
				key = otherKey
			}
			p.spendAt(time.Now(), 60) // two hours before
			time.Sleep(2 * time.Hour)
			p.spendAt(time.Now(), 3)
			p.gateway.SpendAt(time.Now(), key, "gpt-4o", 41*500_000, 1000)
			time.Sleep(time.Minute)
			top, ok := p.history.TopKey(p.t.Context(), p.account.Client, time.Now().Add(-time.Hour), time.Now())
			got := ""
			if ok {
				got = top.Key + " " + top.Spent.String()
			}
			if got != c.want || ok != c.ok {
				p.t.Errorf("%s: %q, %t", c.what, got, ok)
			}
		})
	}
}

// TestABudgetOfSomeKeys: by the gateway's records of keys or, on older gateways, by
// its log; unknown where use is not logged.
func TestABudgetOfSomeKeys(t *testing.T) {
	daily := budget.Budget{Name: "ci", Span: budget.Day, Zone: time.UTC, Amount: 10 * moka.Dollar, Keys: []string{"ci"}}
	for _, c := range []struct {
		version mokatest.Version
		cleaned bool
		want    spend.SoFar
	}{
		{mokatest.V2026_08, false, spend.SoFar{Spent: dollars(3)}},
		{mokatest.V2025_12, false, spend.SoFar{Spent: dollars(3)}},
		{mokatest.V2025_04, false, spend.SoFar{Spent: dollars(3)}},
		{mokatest.V2025_04, true, spend.SoFar{Spent: dollars(2), AtLeast: true}},
		{mokatest.OneAPI, false, spend.SoFar{}},
	} {
		inPast(t, c.version, func(p *past) {
			p.gateway.Update(func(s *mokatest.State) { s.Keys[0].Name = "laptop" })
			p.gateway.AddKey(2, mokatest.Key{Key: otherKey, Name: "ci", Remain: 400_000_000})
			book, err := account.New(&config.Config{RequestBudget: 100_000, Accounts: []config.Account{{
				Name: "team", BaseURL: "https://gateway.test", APIKey: config.NewSecret(testKey), AccessToken: config.NewSecret(testToken), UserID: 2,
			}}}, account.WithTransport(p.gateway.Client().Transport))
			if err != nil {
				p.t.Fatal(err)
			}
			time.Sleep(time.Until(spend.Day(time.Now(), time.UTC).To))
			p.read()
			for i := range 3 {
				p.hours(1, true)
				p.gateway.Spend(otherKey, "gpt-4o", 500_000, 100)
				if i == 0 && c.cleaned {
					time.Sleep(time.Second)
					p.gateway.CleanLog(time.Now())
				}
			}
			time.Sleep(30 * time.Minute)
			p.read()
			f, err := p.history.Budget(p.t.Context(), daily, book, true)
			if err != nil || f.Spent != c.want {
				p.t.Errorf("%s, cleaned %t: %+v, %v", c.version, c.cleaned, f.Spent, err)
			}
		})
	}
}

// A budget of some keys has what they really spent, to the second, wherever the records
// of keys or the log know it: in zones whose days begin within an hour, while the records
// lag, and when they are not kept. A lower bound is said to be one.
func TestABudgetOfSomeKeysIsExactWhereAnyRecordIs(t *testing.T) {
	proof.NotShort(t)
	export := func(on bool) func(*past) {
		return func(p *past) { p.gateway.Update(func(s *mokatest.State) { s.Options.DataExport = on }) }
	}
	clean := func(p *past) {
		time.Sleep(time.Second)
		p.gateway.CleanLog(time.Now())
		p.gateway.Update(func(s *mokatest.State) { s.Options.DataLag = 0 })
	}
	const lag = 11 * moka.Dollar / 100 // what is spent while the records lag, in lists alone
	for _, c := range []struct {
		what    string
		zone    string
		idle    time.Duration // after midnight, before anything is spent
		begin   func(*past)   // before midnight
		middle  func(*past)   // at noon
		want    float64       // what the budget has, as a part of the books
		atLeast bool
	}{
		{"whole hours", "UTC", 0, nil, nil, 1, false},
		{"a day that begins within an hour", "Asia/Kolkata", 0, nil, nil, 1, false},
		{"and nothing is spent in its first part, without a log", "Asia/Kolkata", 40 * time.Minute, nil, clean, 1, false},
		{"without a log of its first part", "Asia/Kolkata", 0, nil, clean, 21.0 / 22, true},
		{"no records of keys", "Asia/Kolkata", 0, export(false), nil, 1, false},
		{"records of keys that end at noon", "UTC", 0, nil, export(false), 1, false},
		{"records of keys that begin at noon", "UTC", 0, export(false), export(true), 1, false},
		{"records of keys from noon, and a log from noon", "UTC", 0, export(false), func(p *past) { export(true)(p); clean(p) }, 0.5, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			inPast(t, mokatest.V2026_08, func(p *past) {
				zone, err := time.LoadLocation(c.zone)
				if err != nil {
					t.Fatal(err)
				}
				p.gateway.Update(func(s *mokatest.State) { s.Keys[0].Name, s.Options.DataLag = "laptop", 5*time.Minute })
				p.gateway.AddKey(2, mokatest.Key{Key: otherKey, Name: "ci", Remain: 400_000_000})
				if c.begin != nil {
					c.begin(p)
				}
				daily := budget.Budget{Name: "ci", Span: budget.Day, Zone: zone, Amount: 10 * moka.Dollar, Keys: []string{"ci"}}
				p.read()
				time.Sleep(time.Until(spend.Day(time.Now(), zone).To))
				from := time.Now()
				for p.read(); time.Since(from) < c.idle; p.read() {
					time.Sleep(5 * time.Minute)
				}
				spendFor := func(d time.Duration) {
					for end := time.Now().Add(d); time.Now().Before(end); {
						time.Sleep(4 * time.Minute)
						p.spend(testKey, 100_000)
						p.gateway.Spend(otherKey, "gpt-4o", 50_000, 100)
						time.Sleep(time.Minute)
						p.read()
					}
				}
				spendFor(5*time.Hour + 30*time.Minute)
				if c.middle != nil {
					time.Sleep(10 * time.Minute) // the records lag
					c.middle(p)
				}
				spendFor(5*time.Hour + 30*time.Minute)
				f, err := p.history.Budget(p.t.Context(), daily, p.book(), true)
				want := moka.Amount(c.want * float64(p.gateway.Books(2, from, time.Now()).ByKeyID[2]*2))
				got, known := f.Spent.Spent.Get()
				if off := got - want; err != nil || !known || max(off, -off) > moka.Dollar/100 || f.Spent.AtLeast != c.atLeast {
					t.Errorf("%s, at least %t, and the books have %s: %v", f.Spent.Spent, f.Spent.AtLeast, want, err)
				}
				u := p.named("today", zone)
				listed := moka.Amount(0)
				for _, k := range u.Keys {
					if k.Key == "ci" {
						listed = k.Spent
					}
				}
				if off := listed - want; u.KeysErr != nil || off > moka.Dollar/100 || -off > lag {
					t.Errorf("listed with %s, and the books have %s: %+v, %v", listed, want, u.Keys, u.KeysErr)
				}
			})
		})
	}
}

// Where commands have no room in the request budget, a budget of some keys says so, and when
// to ask again; asked then, it is known.
func TestABudgetWithoutRoomForItsRequests(t *testing.T) {
	daily := budget.Budget{Name: "ci", Span: budget.Day, Zone: time.UTC, Amount: 10 * moka.Dollar, Keys: []string{"ci"}}
	for _, version := range []mokatest.Version{mokatest.V2026_08, mokatest.V2025_04} {
		inPast(t, version, func(p *past) {
			p.gateway.AddKey(2, mokatest.Key{Key: otherKey, Name: "ci", Remain: 400_000_000})
			book, err := account.New(&config.Config{RequestBudget: 50, Accounts: []config.Account{{
				Name: "team", BaseURL: "https://gateway.test", APIKey: config.NewSecret(testKey), AccessToken: config.NewSecret(testToken), UserID: 2,
			}}}, account.WithTransport(p.gateway.Client().Transport))
			if err != nil {
				p.t.Fatal(err)
			}
			time.Sleep(time.Until(spend.Day(time.Now(), time.UTC).To))
			p.read()
			p.gateway.Spend(otherKey, "gpt-4o", 500_000, 100)
			time.Sleep(2 * time.Hour)
			p.read()
			command := moka.ForCommand(p.t.Context())
			refused := 0
			for range 12 {
				f, err := p.history.Budget(command, daily, book, true)
				s := budget.Stand(daily, f)
				if err != nil {
					p.t.Fatal(err)
				}
				if s.Unread == nil {
					if want := (spend.SoFar{Spent: dollars(1)}); f.Spent != want {
						p.t.Errorf("%s: %+v is spent, and no reason is given", version, f.Spent)
					}
					continue
				}
				refused++
				if s.Unread.Hint != moka.HintCommands || s.Unread.RetryAfter <= 0 || s.Spent.Known() && !s.AtLeast {
					p.t.Errorf("%s: %+v, because of %v", version, f.Spent, s.Unread)
				}
				time.Sleep(s.Unread.RetryAfter)
			}
			if refused == 0 || refused > 10 {
				p.t.Errorf("%s: %d of 12 commands were refused", version, refused)
			}
		})
	}
}
