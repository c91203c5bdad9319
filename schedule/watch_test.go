package schedule

import (
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/store"
	"mokabot/internal/store/storetest"
	"mokabot/moka/mokatest"
)

// silent is a gateway's line that can go dead: then nothing answers.
type silent struct {
	http.RoundTripper
	dead bool
}

func (s *silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.dead {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return s.RoundTripper.RoundTrip(r)
}

// A poll that used up its time, waiting for the host's budget and then for a
// gateway that hangs, is a failed reading: in the end people must hear of it.
func TestAPollThatTakesTooLongIsAFailedReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const key = "sk-watchkeywatchkeywatchkeywatchkeywatchkeywatchkey1"
		gateway := mokatest.New(mokatest.V2026_08)
		gateway.AddAccount(mokatest.Account{ID: 2, Quota: 50_000_000})
		gateway.AddKey(2, mokatest.Key{Key: key, Remain: 40_000_000})
		line := &silent{RoundTripper: gateway.Client().Transport}
		book, err := account.New(&config.Config{
			RequestBudget: 3, // one reading's
			Accounts: []config.Account{{
				Name: "team", BaseURL: "https://gateway.test", APIKey: config.NewSecret(key),
				Alerts: alert.Rules{ChannelID: "1", UnreachableAfter: time.Minute},
			}},
		}, account.WithTransport(line))
		if err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(storetest.File(t, store.Open))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		w := &Watch{
			Book: book, Store: db, History: history.History{Store: db, Zone: time.UTC}, Words: lang.English(),
			Every: time.Minute, Log: slog.New(slog.DiscardHandler),
		}
		team := book.All()[0]
		for i := range 3 {
			if _, err := w.Poll(t.Context(), team); err != nil {
				t.Errorf("poll %d: %v", i, err)
			}
			line.dead = true
			time.Sleep(140 * time.Second) // 40 s before the budget is free again
		}
		state, err := w.state(t.Context(), "team")
		if _, told := state.Incidents[alert.Unreachable]; err != nil || !told {
			t.Errorf("nobody is told that the account cannot be read: %+v, %v", state, err)
		}
	})
}
