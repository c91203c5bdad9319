package mokatest_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"mokabot/internal/proof"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// TestReadingsOverTLS reads over real sockets, with HTTP/2 as gateways behind a
// proxy speak it, and with HTTP/1.1. Broken answers break there too.
func TestReadingsOverTLS(t *testing.T) {
	proof.NotShort(t)
	for proto, http2 := range map[string]bool{"HTTP/2.0": true, "HTTP/1.1": false} {
		s, cred := prepared(t, mokatest.V2026_08, "fine")
		var spoken atomic.Value
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			spoken.Store(r.Proto)
			s.ServeHTTP(w, r)
		}))
		server.EnableHTTP2 = http2
		server.StartTLS()
		t.Cleanup(server.Close)
		client, err := moka.New(server.URL, moka.Credentials{AccessToken: cred.AccessToken, UserID: cred.UserID}, moka.WithHTTPClient(server.Client()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Notice(t.Context()); err != nil || spoken.Load() != proto {
			t.Errorf("%s: %v, spoken %s", proto, err, spoken.Load())
		}
		if r := client.Read(t.Context()); !r.OK() || r.Wallet.Raw.Quota != mokatest.StateWallet {
			t.Errorf("%s: %v", proto, r.Err())
		}
		s.Fault(mokatest.Fault{Path: "/api/user/self", Cut: true})
		if r := client.Read(t.Context()); r.OK() || r.Wallet.Remaining.Known() {
			t.Errorf("%s: an answer that was cut off was read: %s", proto, r.Wallet.Remaining)
		}
	}
}
