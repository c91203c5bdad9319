package discord

import (
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"mokabot/internal/discord/discordtest"
)

// Attempts are dated by Discord's clock, because the ids of messages go by it: a page of
// somebody in between is dated by another one.
func TestOnlyDiscordSaysWhatTimeItIs(t *testing.T) {
	discords := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const wrong = "Fri, 02 Jan 1970 00:00:00 GMT"
	right := discords.Format(http.TimeFormat)
	for what, c := range map[string]struct {
		status     int
		kind, body string
		own, dated bool
		age        string
	}{
		"an answer":                   {http.StatusOK, "application/json", `{"id":"1","username":"bot"}`, true, true, ""},
		"one of an unusual kind":      {http.StatusOK, "text/plain", `{"id":"1","username":"bot"}`, true, true, ""},
		"an answer without a body":    {http.StatusNoContent, "", "", true, true, ""},
		"a refusal":                   {http.StatusForbidden, "application/json", `{"message":"Missing Access","code":50001}`, true, true, ""},
		"a rate limit":                {http.StatusTooManyRequests, "application/json", `{"message":"You are being rate limited.","retry_after":0.001,"global":false}`, true, true, ""},
		"an overload":                 {http.StatusServiceUnavailable, "application/json", `{"message":"503: Service Unavailable","code":0}`, true, false, ""},
		"an answer out of a cache":    {http.StatusOK, "application/json", `{"id":"1","username":"bot"}`, true, false, "3600"},
		"a proxy's page":              {http.StatusBadGateway, "text/html", "<html>Bad Gateway</html>", false, false, ""},
		"a proxy's refusal":           {http.StatusForbidden, "text/html", "<html>Blocked by policy</html>", false, false, ""},
		"a proxy's limit":             {http.StatusRequestEntityTooLarge, "text/html", "<html>413</html>", false, false, ""},
		"a proxy's page without body": {http.StatusGatewayTimeout, "", "", false, false, ""},
		"a hotel's login page":        {http.StatusOK, "text/html", "<html>Welcome</html>", false, false, ""},
		"a redirect to it":            {http.StatusFound, "text/html", "<html>Found</html>", false, false, ""},
		"Cloudflare's page":           {http.StatusTooManyRequests, "text/html; charset=UTF-8", "<html>Error 1015</html>", false, false, ""},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			date := right
			f := discordtest.New(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", date)
				w.Header().Set("Content-Type", c.kind)
				if c.age != "" {
					w.Header().Set("Age", c.age)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			var heard []time.Time
			dates := func() func(time.Time) { return func(at time.Time) { heard = append(heard, at) } }
			rest := NewREST(testToken, f.Client, slog.New(slog.DiscardHandler), WithDates(dates), WithBackoff(time.Millisecond))
			if !c.dated {
				date = wrong
			}
			before := time.Now()
			_, _ = rest.exchange(t.Context(), ownUser, nil)
			if rest.Reached() != c.own || len(heard) > 0 != c.dated {
				t.Errorf("reached: %t, heard %v", rest.Reached(), heard)
			}
			want := before
			if c.dated {
				want = discords
			}
			if off := rest.Now().Sub(want); off < 0 || off > time.Minute {
				t.Errorf("the time is %s, want that of %s", rest.Now(), want)
			}
		})
	}
}
