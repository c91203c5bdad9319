package history_test

import (
	"encoding/json"
	"testing"
	"time"

	"mokabot/internal/history"
	"mokabot/internal/store"
	"mokabot/internal/store/storetest"
	"mokabot/moka"
)

// A stored reading that did not ask about its key, as the account's money ends first, says
// what could be spent as it did then.
func TestAStoredReadingWithoutItsKeySaysWhatCouldBeSpent(t *testing.T) {
	db, err := store.Open(storetest.File(t, store.Open))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	twenty := moka.Known(20 * moka.Dollar)
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	if err := db.Poll(t.Context(), "team", func(_, _ json.RawMessage) (store.Poll, error) {
		return store.Poll{Sample: store.Sample{At: at, KeyState: moka.KeyOK, Spendable: twenty, WalletRemaining: twenty}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	r, ok := (history.History{Store: db, Zone: time.UTC}).LastGood(t.Context(), "team")
	if !ok || r.Spendable() != twenty || r.Key.Remaining.Known() {
		t.Errorf("%t: %s, key %+v", ok, r.Spendable(), r.Key)
	}
}
