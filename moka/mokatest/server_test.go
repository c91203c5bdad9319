package mokatest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/moka/mokatest"
)

// TestAddresses asks at right and wrong addresses.
func TestAddresses(t *testing.T) {
	rows := []struct {
		method, path string
		status       int
		kind, more   string // content type, Location
	}{
		{"GET", "/v1/nope", 404, "application/json", ""},
		{"GET", "/v1/v1/models", 404, "application/json", ""},
		{"GET", "/v1/dashboard/billing/credit_grants", 404, "application/json", ""},
		{"GET", "/dashboard/billing/credit_grants", 200, "text/html", ""},
		{"GET", "/", 200, "text/html", ""},
		{"GET", "/models", 200, "text/html", ""},
		{"GET", "/V1/models", 200, "text/html", ""},
		{"GET", "/gateway/v1/models", 200, "text/html", ""},
		{"GET", "//v1/models", 200, "text/html", ""},
		{"GET", "/v1/models/", 301, "text/html", "/v1/models"},
		{"GET", "/v1/", 301, "text/html", "/v1"},
		{"GET", "/api/token?p=1&size=3", 301, "text/html", "/api/token/?p=1&size=3"},
		{"GET", "/api/user/self/", 301, "text/html", "/api/user/self"},
		{"HEAD", "/api/status", 404, "application/json", ""},
		{"HEAD", "/v1/models", 404, "application/json", ""},
		{"HEAD", "/dashboard/billing/usage", 404, "application/json", ""},
		{"HEAD", "/nope", 200, "text/html", ""},
		{"POST", "/v1/models", 404, "application/json", ""},
		{"OPTIONS", "/v1/models", 204, "", ""},
	}
	for _, v := range mokatest.Versions() {
		s := mokatest.New(v)
		for _, row := range rows {
			status, head, body := call(t, s, row.method, row.path, "")
			if status != row.status || !strings.HasPrefix(head.Get("Content-Type"), row.kind) || head.Get("Location") != row.more {
				t.Errorf("%s %s %s: %d %v %s", v, row.method, row.path, status, head, body)
			}
			if row.method == "HEAD" && body != "" {
				t.Errorf("%s %s: HEAD has a body", v, row.path)
			}
			if status == 404 && head.Get("Cache-Control") != "max-age=604800" {
				t.Errorf("%s %s: a 404 without Cache-Control", v, row.path)
			}
		}
	}
}

// TestSocket serves the same over a socket, cuts included.
func TestSocket(t *testing.T) {
	s, c := prepared(t, mokatest.V2026_08, "fine")
	web := httptest.NewServer(s)
	defer web.Close()
	get := func() (string, error) {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL+"/v1/dashboard/billing/usage", nil)
		req.Header.Set("Authorization", "Bearer "+c.APIKey)
		resp, err := web.Client().Do(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), err
	}
	if body, err := get(); err != nil || body != `{"object":"list","total_usage":24.691399999999998}` {
		t.Errorf("%q %v", body, err)
	}
	s.Fault(mokatest.Fault{Cut: true, Times: 1})
	if body, err := get(); err == nil {
		t.Errorf("a cut answer came whole: %q", body)
	}
	s.Fault(mokatest.Fault{BrokenGzip: true, Times: 1})
	if body, err := get(); err == nil {
		t.Errorf("a broken answer unpacked: %q", body)
	}
	if _, err := get(); err != nil {
		t.Error(err)
	}
}

// TestFaults checks what each fault does, and that it ends.
func TestFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mokatest.New(mokatest.V2026_07)
		s.Fault(mokatest.Fault{Path: "/api/notice", WebPage: true})
		s.Fault(mokatest.Fault{Path: "/api/status", Times: 2, Status: 503, Body: []byte("{}"), Header: http.Header{"retry-after": {"7"}}})
		for range 2 {
			if status, head, body := call(t, s, "GET", "/api/status", ""); status != 503 || body != "{}" || head.Get("Retry-After") != "7" {
				t.Errorf("%d %v %s", status, head, body)
			}
		}
		if status, _, _ := call(t, s, "GET", "/api/status", ""); status != 200 {
			t.Error("the fault did not end:", status)
		}
		if _, head, _ := call(t, s, "GET", "/api/notice", ""); head.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Error("no web page:", head)
		}
		s.Clear()
		s.Fault(mokatest.Fault{Delay: time.Hour, Times: 1})
		start := time.Now()
		if status, _, _ := call(t, s, "GET", "/api/notice", ""); status != 200 || time.Since(start) != time.Hour {
			t.Error(status, time.Since(start))
		}
		s.Fault(mokatest.Fault{Hang: true})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://gateway.test/api/status", nil)
		if _, err := s.Client().Do(req); !errors.Is(err, context.DeadlineExceeded) {
			t.Error("hung call:", err)
		}
		seen := s.Requests()
		if last := seen[len(seen)-1]; last.Path != "/api/status" || last.Status != 0 || last.Method != "GET" {
			t.Errorf("%+v", last)
		}
	})
}

// TestMoney follows a spending through every place it shows in.
func TestMoney(t *testing.T) {
	for _, v := range mokatest.Versions() {
		s, c := prepared(t, v, "fine")
		end := s.Begin(c.APIKey, 1000)
		s.Update(func(st *mokatest.State) {
			a, k := st.Account(c.UserID), st.Key(c.APIKey)
			total := mokatest.StateKeyLeft + mokatest.StateKeyUsed
			if a.Quota != mokatest.StateWallet-1000 || a.UsedQuota != mokatest.StateWalletUsed || k.Remain+k.Used != total {
				t.Errorf("%s under way: %+v %+v", v, a, k)
			}
		})
		end()
		end()
		s.Spend(c.APIKey, "gpt-4o", 300, 40)
		s.Spend("sk-nobody", "gpt-4o", 300, 40)
		s.TopUp(c.UserID, 500)
		s.Update(func(st *mokatest.State) {
			a, k := st.Account(c.UserID), st.Key(c.APIKey)
			if a.Quota != mokatest.StateWallet+200 || a.UsedQuota != mokatest.StateWalletUsed+300 || a.Requests != 43 || k.Remain != mokatest.StateKeyLeft-300 {
				t.Errorf("%s: %+v %+v", v, a, k)
			}
		})
		now := time.Now().Unix()
		span := fmt.Sprintf("?start_timestamp=%d&end_timestamp=%d", now-86400, now)
		id := fmt.Sprint(c.UserID)
		_, _, rows := call(t, s, "GET", "/api/data/self"+span, c.AccessToken, "New-Api-User", id)
		if has := strings.Contains(rows, `"quota":300,`); has != (v != mokatest.OneAPI) {
			t.Errorf("%s: %s", v, rows)
		}
		_, _, stat := call(t, s, "GET", "/api/log/self/stat"+span, c.AccessToken, "New-Api-User", id)
		if has := strings.Contains(stat, `"quota":300`); has != (v != mokatest.OneAPI) {
			t.Errorf("%s: %s", v, stat)
		}
	}
}

// TestPlanFirst spends from a plan with room before the wallet.
func TestPlanFirst(t *testing.T) {
	s, c := prepared(t, mokatest.V2026_08, "wallet empty, plan")
	s.Spend(c.APIKey, "gpt-4o", 400, 10)
	_, _, body := call(t, s, "GET", "/api/subscription/self", c.AccessToken)
	if !strings.Contains(body, `"amount_used":9000400`) {
		t.Error(body)
	}
	if status, _, _ := call(t, mokatest.New(mokatest.V2025_12), "GET", "/api/subscription/self", c.AccessToken); status != 404 {
		t.Error("plans in 2025:", status)
	}
}

// TestKeyPages reads all pages in both styles.
func TestKeyPages(t *testing.T) {
	for _, v := range mokatest.Versions() {
		s, c := prepared(t, v, "fine")
		for i := range 12 {
			s.AddKey(c.UserID, mokatest.Key{Key: fmt.Sprintf("sk-further%06d", i)})
		}
		page := func(p int) int {
			_, _, body := call(t, s, "GET", fmt.Sprintf("/api/token/?p=%d&size=10&page_size=10", p), c.AccessToken, "New-Api-User", "2")
			var bare struct{ Data []json.RawMessage }
			if json.Unmarshal([]byte(body), &bare) == nil {
				return len(bare.Data)
			}
			var paged struct {
				Data struct {
					Total int
					Items []json.RawMessage
				}
			}
			if err := json.Unmarshal([]byte(body), &paged); err != nil || paged.Data.Total != 13 {
				t.Fatal(v, err, body)
			}
			return len(paged.Data.Items)
		}
		want := []int{10, 3, 0}
		if v != mokatest.V2025_04 && v != mokatest.OneAPI {
			want = []int{10, 10, 3}
		}
		if got := []int{page(0), page(1), page(2)}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", v, got, want)
		}
	}
}

// TestManyAtOnce is for the race detector.
func TestManyAtOnce(t *testing.T) {
	s, c := prepared(t, mokatest.V2026_08, "fine")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 20 {
				call(t, s, "GET", "/v1/dashboard/billing/usage", "Bearer "+c.APIKey)
				s.Spend(c.APIKey, "gpt-4o", int64(i), 1)
				s.Begin(c.APIKey, 5)()
				s.Requests()
			}
		})
	}
	all.Wait()
}
