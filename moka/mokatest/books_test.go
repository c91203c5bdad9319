package mokatest_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"mokabot/moka/mokatest"
)

// TestRefunds follows a task that is refunded through counters, log and books, by
// the rules before and since 2026-08-13.
func TestRefunds(t *testing.T) {
	for _, v := range []mokatest.Version{mokatest.V2026_07, mokatest.V2026_08} {
		s, c := prepared(t, v, "fine")
		task, err := s.Task(c.APIKey, "video", 500_000)
		if err != nil {
			t.Fatal(err)
		}
		task.Refund(500_000)
		usedAgain := int64(500_000)
		if v == mokatest.V2026_08 {
			usedAgain = 0
		}
		s.Update(func(st *mokatest.State) {
			a, k := st.Account(c.UserID), st.Key(c.APIKey)
			if a.Quota != mokatest.StateWallet || a.UsedQuota != mokatest.StateWalletUsed+usedAgain || k.Used != mokatest.StateKeyUsed || k.Remain != mokatest.StateKeyLeft {
				t.Errorf("%s: %+v %+v", v, a, k)
			}
		})
		b := s.Books(c.UserID, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
		if b.Charged != 500_000 || b.Refunded != 500_000 || b.Spent() != 0 || b.ByModel["video"] != 0 || b.ToppedUp != 0 {
			t.Errorf("%s: %+v", v, b)
		}
		_, _, log := call(t, s, "GET", "/api/log/self?p=1&page_size=100&type=6", c.AccessToken, "New-Api-User", "2")
		if !strings.Contains(log, `"quota":500000`) || !strings.Contains(log, `"total":1`) {
			t.Errorf("%s: %s", v, log)
		}
	}
}

// TestARefundAfterAPlansReset gives nothing back: what the plan used does not fall
// below 0. The log names it in full.
func TestARefundAfterAPlansReset(t *testing.T) {
	s, c := prepared(t, mokatest.V2026_07, "fine")
	s.Update(func(st *mokatest.State) {
		st.Account(c.UserID).Plans = []mokatest.Plan{{ID: 4, Total: 1_000_000, EndsAt: time.Now().Add(time.Hour)}}
	})
	task, err := s.Task(c.APIKey, "video", 500_000)
	if err != nil {
		t.Fatal(err)
	}
	s.Update(func(st *mokatest.State) { st.Account(c.UserID).Plans[0].Used = 100_000 })
	task.Refund(500_000)
	b := s.Books(c.UserID, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if b.Refunded != 100_000 || b.Spent() != 400_000 || b.ByModel["video"] != 400_000 {
		t.Errorf("%+v", b)
	}
	_, _, log := call(t, s, "GET", "/api/log/self?p=1&page_size=100&type=6", c.AccessToken, "New-Api-User", "2")
	if !strings.Contains(log, `"quota":500000`) {
		t.Errorf("%s", log)
	}
}

// TestRecordsShrinkAndBooksDoNot: a cleaned log and another name make the log's
// sum smaller; hourly rows and books stay.
func TestRecordsShrinkAndBooksDoNot(t *testing.T) {
	for name, happens := range map[string]func(*mokatest.Server){
		"cleaned": func(s *mokatest.Server) { s.CleanLog(time.Now().Add(time.Hour)) },
		"renamed": func(s *mokatest.Server) { s.Rename(2, "bob") },
	} {
		s, c := prepared(t, mokatest.V2026_08, "fine")
		s.Spend(c.APIKey, "gpt-4o", 300, 40)
		happens(s)
		_, _, stat := call(t, s, "GET", "/api/log/self/stat?start_timestamp=0", c.AccessToken)
		_, _, rows := call(t, s, "GET", "/api/data/self?start_timestamp=0&end_timestamp=1", c.AccessToken)
		b := s.Books(c.UserID, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
		if !strings.Contains(stat, `"quota":0`) || b.Spent() != 300 || b.ByKey["normal"] != 300 || rows == "" {
			t.Errorf("%s: %s, %+v", name, stat, b)
		}
		s.ResetCounters(c.UserID)
		s.Update(func(st *mokatest.State) {
			if a := st.Account(c.UserID); a.UsedQuota != 0 || a.Quota != mokatest.StateWallet-300 {
				t.Errorf("%s: %+v", name, a)
			}
		})
	}
}

// TestRefusals are those of the recordings: a used-up plan that must pay alone.
func TestRefusals(t *testing.T) {
	used := mokatest.Plan{ID: 4, Total: 1_000_000, Used: 1_000_000, EndsAt: time.Now().Add(time.Hour)}
	strict := used
	strict.NoOverflow = true
	for _, c := range []struct {
		preference string
		plan       mokatest.Plan
		code       string
	}{
		{"subscription_only", used, mokatest.CodeWallet},
		{"subscription_first", strict, mokatest.CodeWallet},
		{"subscription_first", used, ""},
		{"wallet_first", strict, ""},
	} {
		s, cred := prepared(t, mokatest.V2026_08, "fine")
		s.Update(func(st *mokatest.State) {
			a := st.Account(cred.UserID)
			a.Quota, a.Preference, a.Plans = 50_000_000, c.preference, []mokatest.Plan{c.plan}
		})
		err := s.Call(cred.APIKey, "gpt-4o", 1000, 1)
		refusal, refused := errors.AsType[*mokatest.Refusal](err)
		if refused != (c.code != "") || refused && (refusal.Code != c.code || refusal.Status != http.StatusForbidden) {
			t.Errorf("%s: %v", c.preference, err)
		}
	}
}
