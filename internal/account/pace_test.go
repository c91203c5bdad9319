package account

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/config"
	"mokabot/moka/mokatest"
)

func TestThePaceIsWhatTheBusiestHostAllows(t *testing.T) {
	account := func(n int, host string) config.Account {
		return config.Account{
			Name: fmt.Sprint("a", n), BaseURL: "https://" + host,
			APIKey: config.NewSecret("sk-1"), AccessToken: config.NewSecret("t"), UserID: 1,
		}
	}
	c := &config.Config{RequestBudget: 120}
	for n := range 50 {
		c.Accounts = append(c.Accounts, account(n, "busy.test"), account(100+n, fmt.Sprintf("idle-%d.test", n)))
	}
	b, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Pace(); got != 375*time.Second { // five calls each
		t.Errorf("50 accounts on one host are read in %v", got)
	}
}

// A second between two polls is more than the budget allows. The first come as
// wanted, and from then on there is never a time in which nothing can be read.
func TestABudgetThatIsTooSmallIsSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const key, token = "sk-pacekeypacekeypacekeypacekeypacekeypacekeypacek1", "pace+token/pace+token/pace+token"
		gateway := mokatest.New(mokatest.V2026_08)
		gateway.AddAccount(mokatest.Account{ID: 2, AccessToken: token, Quota: 50_000_000})
		gateway.AddKey(2, mokatest.Key{Key: key, Remain: 40_000_000})
		b, err := New(&config.Config{Accounts: []config.Account{{
			Name: "team", BaseURL: "https://gateway.test", APIKey: config.NewSecret(key), AccessToken: config.NewSecret(token), UserID: 2,
		}}}, WithTransport(gateway.Client().Transport))
		if err != nil {
			t.Fatal(err)
		}
		team, begin := b.All()[0], time.Now()
		var last time.Time
		var longest time.Duration
		readings, early := 0, 0
		for time.Since(begin) < 20*time.Minute {
			if r := team.Read(t.Context()); !r.OK() {
				t.Fatalf("after %s: %v", time.Since(begin), r.Err())
			}
			if readings++; !last.IsZero() {
				longest = max(longest, time.Since(last))
			}
			if last = time.Now(); time.Since(begin) < 10*time.Second {
				early++
			}
			time.Sleep(b.Until(team, time.Second))
		}
		if early != 10 || longest > 14*time.Second || readings < 145 {
			t.Errorf("%d readings in ten seconds, %d in twenty minutes, at most %s apart", early, readings, longest)
		}
		t.Logf("%d readings, at most %s apart", readings, longest)
	})
}
