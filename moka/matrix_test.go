package moka_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"mokabot/internal/proof"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// matrix is what a first reading must conclude, by situation and member of the
// family: A is 2025-04, B 2025-12, C 2026-07, D 2026-08, O one-api. The traps
// are numbered as in the notes on the family's API.
//
// want is the key's state, whose figures its part shows (∞: no limit of its
// own), and what can be spent. The errors are kind/hint.
//
// The database of A and O that is down cannot be told from wrong credentials
// in one reading: alerts wait for several.
var matrix = []struct{ state, traps, members, want, keyErr, walletErr string }{
	{"fine", "8, 26", "ABCDO", "ok key $5.00", "-", "-"},
	{"unlimited", "7", "ABCDO", "ok key∞ $10.00", "-", "-"},
	{"nearly exhausted", "27", "ABCDO", "ok key $0.000002", "-", "-"},
	{"limited to models", "", "ABCDO", "ok key $5.00", "-", "-"},
	{"exhausted, stored", "2, 3, 18", "ABCDO", "exhausted key $0.00", "-", "-"},
	{"exhausted, first request", "2, 3", "ABCDO", "exhausted key $0.00", "-", "-"},
	{"exhausted, overspent", "2, 14", "ABO", "exhausted key $0.00", "-", "-"},
	{"exhausted, overspent", "2, 14", "CD", "exhausted key -$0.0024", "-", "-"},
	{"exhausted, topped up, not enabled", "24", "ABO", "exhausted key $0.00", "-", "-"},
	{"exhausted, topped up, not enabled", "24", "CD", "disabled key $0.00", "-", "-"},
	{"expires later", "", "ABCDO", "ok key $5.00", "-", "-"},
	{"expired, stored", "3", "ABO", "expired unknown $0.00", "unauthorized/api_key", "-"},
	{"expired, stored", "3", "CD", "expired key $0.00", "-", "-"},
	{"expired, first request", "3", "ABO", "expired unknown $0.00", "unauthorized/api_key", "-"},
	{"expired, first request", "3", "CD", "expired key $0.00", "-", "-"},
	{"disabled", "3", "ABCDO", "disabled unknown $0.00", "unauthorized/api_key", "-"},
	{"unknown", "3, 22", "ABCDO", "refused unknown ?", "unauthorized/api_key", "-"},
	{"address not allowed", "", "ACD", "ok key $5.00", "-", "-"},
	{"address not allowed", "", "BO", "refused unknown ?", "forbidden/address", "-"},
	{"group not allowed", "", "ACDO", "ok key $5.00", "-", "-"},
	{"group not allowed", "", "B", "refused unknown ?", "forbidden", "-"},
	{"owner banned", "5, 30", "ABCDO", "refused unknown ?", "banned", "banned"},
	{"owner deleted", "30", "ABCDO", "none unknown ?", "unavailable", "unauthorized/access_token"},
	{"wallet smaller than key", "11", "ABCDO", "ok key $2.00", "-", "-"},
	{"wallet empty", "11", "ABCDO", "ok key $0.00", "-", "-"},
	{"wallet overdrawn", "14", "ABCDO", "ok key -$0.003", "-", "-"},
	{"wallet beyond 2^53", "27", "ABCDO", "ok key $5.00", "-", "-"},
	{"wallet empty, plan", "12", "ABO", "ok key $0.00", "-", "-"},
	{"wallet empty, plan", "12", "CD", "ok key $2.00", "-", "-"},
	{"wallet empty, unlimited plan", "12", "ABO", "ok key $0.00", "-", "-"},
	{"wallet empty, unlimited plan", "12", "CD", "ok key $5.00", "-", "-"},
	{"wallet empty, plan over", "12", "ABCDO", "ok key $0.00", "-", "-"},
	{"unlimited key, wallet empty", "7, 11", "ABCDO", "ok key∞ $0.00", "-", "-"},
	{"call under way", "13", "ABCDO", "ok key $4.86", "-", "-"},
	{"CNY", "9", "ABCDO", "ok key $5.00", "-", "-"},
	{"CUSTOM", "9", "ABCDO", "ok key $5.00", "-", "-"},
	{"raw units", "9", "ABCDO", "ok key $5.00", "-", "-"},
	{"raw units, unlimited", "7, 9", "ABCDO", "ok key∞ $10.00", "-", "-"},
	{"raw units, limit of a hundred million", "7, 9", "AO", "ok key∞ $10.00", "-", "-"},
	{"raw units, limit of a hundred million", "7, 9", "BCD", "ok key $10.00", "-", "-"},
	{"CNY, unlimited", "7, 9", "ABCDO", "ok key∞ $10.00", "-", "-"},
	{"five million units a dollar", "9", "ABCDO", "ok key $0.50", "-", "-"},
	{"account view", "10", "ABCDO", "ok account $5.00", "-", "-"},
	{"account view, unlimited key", "10", "ABCDO", "ok account $10.00", "-", "-"},
	{"account view, CNY", "9, 10", "ABCDO", "ok account $5.00", "-", "-"},
	{"account view, wallet empty", "10, 11", "ABCDO", "ok account $0.00", "-", "-"},
	{"refusals not stored", "2", "ABCDO", "exhausted key $0.00", "-", "-"},
	{"key only", "10", "ABCD", "ok unknown $5.00", "-", "-"},
	{"key only", "37", "O", "ok unknown ?", "bad_response/ambiguous", "-"},
	{"key only, unlimited", "7", "ABCDO", "ok key∞ ?", "-", "-"},
	{"key only, exhausted", "2", "ABCDO", "exhausted key $0.00", "-", "-"},
	{"key only, disabled", "3", "ABCDO", "disabled unknown $0.00", "unauthorized/api_key", "-"},
	{"key only, wallet empty", "11", "ABCD", "ok unknown $5.00", "-", "-"},
	{"key only, wallet empty", "37", "O", "ok unknown ?", "bad_response/ambiguous", "-"},
	{"access token only", "", "ABCDO", "none none $10.00", "-", "-"},
	{"wrong access token", "5", "ABCDO", "ok unknown ?", "-", "unauthorized/access_token"},
	{"wrong user id", "23", "ABC", "ok unknown ?", "-", "unauthorized/user_id"},
	{"wrong user id", "23", "DO", "ok key $5.00", "-", "-"},
	{"access token as key", "25", "ABCDO", "refused unknown ?", "unauthorized/api_key", "-"},
	{"key as access token", "5", "ABCDO", "ok unknown ?", "-", "unauthorized/access_token"},
	{"key with a channel", "25", "ABCDO", "refused unknown ?", "forbidden", "-"},
	{"database down", "4, 5", "AO", "refused unknown ?", "unauthorized/api_key", "unauthorized/access_token"},
	{"database down", "4, 5", "B", "none unknown ?", "unavailable", "unauthorized/access_token"},
	{"database down", "4, 5", "CD", "none unknown ?", "unavailable", "unavailable"},
	{"billing row missing", "6", "ABCDO", "none unknown ?", "unavailable", "-"},
	{"web page", "1", "ABCDO", "none unknown ?", "bad_response/web_page", "bad_response/web_page"},
	{"web page for billing", "1", "ABCDO", "none unknown ?", "bad_response/web_page", "-"},
	{"rate limited", "19", "ABCDO", "none unknown ?", "rate_limited", "rate_limited"},
	{"rate limited, with a time", "19", "ABCDO", "none unknown ?", "rate_limited", "rate_limited"},
	{"proxy's bad gateway", "", "ABCDO", "none unknown ?", "unavailable", "unavailable"},
	{"bad gateway once", "", "ABCDO", "ok key $5.00", "-", "-"},
	{"empty answer", "", "ABCDO", "none unknown ?", "bad_response", "bad_response"},
	{"cut off", "", "ABCDO", "none unknown ?", "unavailable", "unavailable"},
	{"broken gzip", "", "ABCDO", "none unknown ?", "bad_response", "bad_response"},
	{"no answer", "", "ABCDO", "none unknown ?", "unavailable/timeout", "unavailable/timeout"},
	{"slow", "", "ABCDO", "ok key $5.00", "-", "-"},
	{"sent elsewhere", "29", "ABCDO", "none unknown ?", "bad_response/redirect", "bad_response/redirect"},
	{"status without fields", "", "ABCDO", "ok unknown ?", "bad_response", "bad_response"},
	{"status unavailable", "", "ABCDO", "ok unknown ?", "unavailable", "unavailable"},
}

var members = map[rune]mokatest.Version{
	'A': mokatest.V2025_04, 'B': mokatest.V2025_12, 'C': mokatest.V2026_07, 'D': mokatest.V2026_08, 'O': mokatest.OneAPI,
}

// TestMatrix reads once in every situation with every member.
func TestMatrix(t *testing.T) {
	proof.NotShort(t)
	setups := map[string]func(*mokatest.Server) mokatest.Credentials{}
	for _, state := range mokatest.States() {
		setups[state.Name] = state.Setup
	}
	seen := map[string]bool{}
	for _, row := range matrix {
		setup := setups[row.state]
		if setup == nil {
			t.Fatalf("no such state: %s", row.state)
		}
		for _, letter := range row.members {
			version := members[letter]
			cell := row.state + "/" + version.String()
			if seen[cell] {
				t.Errorf("%s is in the table twice", cell)
			}
			seen[cell] = true
			t.Run(title(row.state, row.traps)+"/"+version.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					got := firstReading(t, version, setup)
					if want := fmt.Sprintf("%s [key: %s] [wallet: %s]", row.want, row.keyErr, row.walletErr); got != want {
						t.Errorf("got  %s\nwant %s", got, want)
					}
				})
			})
		}
	}
	if all := len(setups) * len(mokatest.Versions()); len(seen) != all {
		t.Errorf("the table has %d cells of %d", len(seen), all)
	}
	t.Logf("%d cells: %d states, %d members", len(seen), len(setups), len(mokatest.Versions()))
}

// title names the traps that a situation covers.
func title(state, traps string) string {
	if traps == "" {
		return state
	}
	return "trap " + strings.ReplaceAll(traps, ", ", ", trap ") + ": " + state
}

// firstReading is the verdict of a client that knows nothing yet.
func firstReading(t *testing.T, v mokatest.Version, setup func(*mokatest.Server) mokatest.Credentials) string {
	server := mokatest.New(v)
	client, err := moka.New("https://gateway.test", moka.Credentials(setup(server)), moka.WithHTTPClient(server.Client()))
	if err != nil {
		t.Fatal(err)
	}
	r := client.Read(t.Context())
	state, scope := "none", "none"
	if k := r.Key; k != nil {
		state, scope = string(k.State), string(k.Scope)
		if state == "" {
			state = "none"
		}
		if k.Unlimited {
			scope += "∞"
		}
	}
	return fmt.Sprintf("%s %s %s [key: %s] [wallet: %s]", state, scope, r.Spendable(), failure(r.KeyErr), failure(r.WalletErr))
}

func failure(e *moka.Error) string {
	switch {
	case e == nil:
		return "-"
	case e.Hint != "":
		return string(e.Kind) + "/" + string(e.Hint)
	}
	return string(e.Kind)
}
