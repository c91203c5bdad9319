package account

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"mokabot/internal/config"
)

// telling is a gateway whose status has the given fields, and that answers
// nothing else.
type telling string

func (fields telling) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody, Header: http.Header{"Content-Type": {"application/json"}}, Request: r}
	if r.URL.Path == "/api/status" {
		answer.StatusCode = http.StatusOK
		answer.Body = io.NopCloser(strings.NewReader(`{"success":true,"data":{"quota_per_unit":500000,"enable_data_export":true,` + string(fields) + `}}`))
	}
	return answer, nil
}

func TestWhereTheButtonsOfAnAlertLead(t *testing.T) {
	const linked = `"top_up_link":"https://pay.example/topup","server_address":"https://console.example"`
	for _, c := range []struct {
		what         string
		base         string
		configured   string
		status       telling // "": not read yet
		reloaded     string  // base_url of the next configuration; "": there is none
		want, before string  // before: ahead of the first reading
	}{
		{"the configured page first", "https://moka.example", "https://mine.example", linked, "", "https://mine.example", "https://mine.example"},
		{"then the gateway's top-up page", "https://moka.example", "", linked, "", "https://pay.example/topup", "https://moka.example"},
		{"then the gateway's address, where it is known by", "https://moka.example/v1", "", `"server_address":"https://other.example"`, "", "https://moka.example", "https://moka.example"},
		{"a page that is not https is none", "https://moka.example", "", `"top_up_link":"http://pay.example"`, "", "https://moka.example", "https://moka.example"},
		{"nor one on this machine", "https://moka.example", "", `"top_up_link":"https://localhost/topup"`, "", "https://moka.example", "https://moka.example"},
		{"nor one that carries a credential", "https://moka.example", "", `"top_up_link":"https://pay.example/?key=sk-one-and-only"`, "", "https://moka.example", "https://moka.example"},
		{"a gateway on this machine is known by what it says of itself", "http://127.0.0.1:3000", "", `"server_address":"https://console.example"`, "", "https://console.example", ""},
		{"or by nothing", "http://127.0.0.1:3000", "", `"server_address":"http://localhost:3000"`, "", "", ""},
		{"a reload forgets no page", "https://moka.example", "", linked, "https://moka.example/v1", "https://pay.example/topup", "https://moka.example"},
		{"but those of another gateway", "https://moka.example", "", linked, "https://new.example", "https://new.example", "https://moka.example"},
	} {
		t.Run(c.what, func(t *testing.T) {
			open := func(base string) *Book {
				b, err := New(&config.Config{Accounts: []config.Account{
					{Name: "team", BaseURL: base, ConsoleURL: c.configured, APIKey: config.NewSecret("sk-one-and-only")},
				}}, WithTransport(c.status))
				if err != nil {
					t.Fatal(err)
				}
				return b
			}
			b := open(c.base)
			if got := b.All()[0].Page(); got != c.before {
				t.Errorf("before the first reading: %q, want %q", got, c.before)
			}
			Read(t.Context(), b.All())
			if c.reloaded != "" {
				next := open(c.reloaded)
				next.CarryOver(b)
				b = next
			}
			if got := b.All()[0].Page(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
