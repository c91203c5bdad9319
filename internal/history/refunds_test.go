package history_test

import (
	"testing"

	"mokabot/moka/mokatest"
)

// What was kept of an account's refunds is not taken for nothing where it cannot be read:
// the older ones would be forgotten.
func TestRefundsAreNotKeptWhereTheKeptOnesCannotBeRead(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		if err := p.db.Close(); err != nil {
			t.Fatal(err)
		}
		if asked, err := p.history.KeepRefunds(t.Context(), p.account.Name, p.account.Client); asked || err == nil {
			t.Errorf("asked %t, %v", asked, err)
		}
	})
}
