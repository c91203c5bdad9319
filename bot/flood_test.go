package bot

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/moka/mokatest"
)

// S1: A poll, and with it an alert, takes as long while people flood the bot with
// commands as it takes without them.
func TestAFloodOfCommandsDelaysNoPoll(t *testing.T) {
	for _, people := range []int{0, 1, 10} {
		synctest.Test(t, func(t *testing.T) {
			gateway := mokatest.New(mokatest.V2026_08)
			const key = "sk-0123456789abcdefghijABCDEFGHIJ0123456789abcdefgh"
			gateway.AddAccount(mokatest.Account{ID: 2, Quota: 1_000_000})
			gateway.AddKey(2, mokatest.Key{Key: key, Remain: 1_000_000})
			book, err := account.New(&config.Config{RequestBudget: 120, Accounts: []config.Account{
				{Name: "team", BaseURL: "https://gateway.test", APIKey: config.NewSecret(key)},
			}}, account.WithTransport(gateway.Client().Transport))
			if err != nil {
				t.Fatal(err)
			}
			b := quietBot(t)
			s := *b.setup()
			s.Book, s.Viewers = book, config.Viewers{Everyone: true}
			b.Use(s)
			ctx, stop := context.WithCancel(t.Context())
			var answered atomic.Int32
			for n := range people {
				go func() {
					in := Input{Name: "balance", GuildID: "1", UserID: fmt.Sprint("flood", n), Words: lang.English(), Options: map[string]string{}}
					for ctx.Err() == nil {
						go func() {
							_, _ = b.answer(ctx, in, b.throttle(in), viewer, func(ctx context.Context, b *Bot, in Input) (m message.Message, err error) {
								a := b.setup().Book.All()[0]
								a.Client.Read(ctx)
								return m, nil
							})
						}()
						answered.Add(1)
						time.Sleep(time.Second)
					}
				}()
			}
			var worst time.Duration
			for range 20 {
				time.Sleep(30 * time.Second)
				began := time.Now()
				book.All()[0].Client.Read(t.Context())
				worst = max(worst, time.Since(began))
			}
			stop()
			time.Sleep(time.Minute)
			if worst > time.Second {
				t.Errorf("with %d people flooding a poll takes %s", people, worst)
			}
			t.Logf("%d people, %d commands: the slowest of 20 polls takes %s", people, answered.Load(), worst)
		})
	}
}
