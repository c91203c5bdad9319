package moka

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// usageServer answers /api/data/self as a gateway does: both bounds included,
// 30 days at most, several rows an hour, in no order.
func usageServer(t *testing.T, first, last int64) (c *Client, calls *atomic.Int64) {
	t.Helper()
	calls = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asJSON(w)
		if r.URL.Path == statusPath {
			io.WriteString(w, statusUSD)
			return
		}
		calls.Add(1)
		from, _ := strconv.ParseInt(r.URL.Query().Get("start_timestamp"), 10, 64)
		to, _ := strconv.ParseInt(r.URL.Query().Get("end_timestamp"), 10, 64)
		if to-from > 2592000 {
			io.WriteString(w, `{"message":"时间跨度不能超过 1 个月","success":false}`)
			return
		}
		var rows []string
		for at := last - last%3600; at >= first; at -= 3600 {
			if at >= from && at <= to {
				rows = append(rows, fmt.Sprintf(`{"id":0,"model_name":"b","created_at":%d,"token_used":10,"count":1,"quota":500000},{"id":0,"model_name":"a","created_at":%d,"token_used":10,"count":1,"quota":250000},{"id":0,"model_name":"a","created_at":%d,"token_used":1,"count":1,"quota":250000}`, at, at, at))
			}
		}
		io.WriteString(w, `{"data":[`+strings.Join(rows, ",")+`],"success":true}`)
	}))
	t.Cleanup(s.Close)
	c, err := New(s.URL, bothCredentials)
	if err != nil {
		t.Fatal(err)
	}
	return c, calls
}

// Trap 17: windows of 30 days, rows in any order, ids that are none.
func TestUsageIsStitchedWithoutGapsOrDoubles(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, span := range map[string]time.Duration{
		"an hour": time.Hour, "a day": 24 * time.Hour, "30 days": 720 * time.Hour, "30 days and an hour": 721 * time.Hour, "a year": 8760 * time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			c, calls := usageServer(t, start.Add(-24*time.Hour).Unix(), start.Add(span+24*time.Hour).Unix())
			rows, err := c.Usage(t.Context(), start, start.Add(span))
			if err != nil {
				t.Fatal(err)
			}
			hours := int(span / time.Hour)
			if len(rows) != 2*hours || calls.Load() != int64((hours+719)/720) {
				t.Fatalf("%d rows in %d calls", len(rows), calls.Load())
			}
			for i, row := range rows {
				want := UsageRow{start.Add(time.Duration(i/2) * time.Hour), "a", Dollar, 500_000, 2, 11}
				if i%2 == 1 {
					want = UsageRow{want.Hour, "b", Dollar, 500_000, 1, 10}
				}
				if row != want {
					t.Fatalf("row %d is %+v, want %+v", i, row, want)
				}
			}
		})
	}
	c, calls := usageServer(t, 0, 0)
	if rows, err := c.Usage(t.Context(), start, start); len(rows) != 0 || err != nil || calls.Load() != 0 {
		t.Errorf("an empty period: %v, %v, %d calls", rows, err, calls.Load())
	}
}

func TestUsageThatIsNotRecordedIsNotZero(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		edits map[string]reply
		want  string
	}{
		"switched off (trap 17)": {map[string]reply{statusPath: {body: `{"data":{"quota_per_unit":500000,"enable_data_export":false}}`}, dataPath: {body: `{"data":[]}`}}, "not_supported"},
		"one-api":                {map[string]reply{statusPath: {body: statusOne}}, "not_supported"},
		"not there":              {nil, "not_supported/not_found"},
		"database trouble":       {map[string]reply{dataPath: saidNo(200, "SQL logic error: no such table: quota_data (1)", "")}, "unavailable"},
		"no unit":                {map[string]reply{statusPath: {status: 500}}, "unavailable"},
		"overflow":               {map[string]reply{dataPath: {body: fmt.Sprintf(`{"data":[{"model_name":"a","created_at":%d,"quota":9223372036854775807},{"model_name":"a","created_at":%d,"quota":1}]}`, now.Unix()-60, now.Unix()-60)}}, "bad_response"},
		"no quota":               {map[string]reply{dataPath: {body: `{"data":[{"model_name":"a","created_at":1}]}`}}, "bad_response"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dial(t, healthy(c.edits), bothCredentials).Usage(t.Context(), now.Add(-time.Hour), now)
			mustKind(t, err, c.want)
		})
	}
}

// Trap 16: sums come from the stat endpoint, never from log pages, whose ids are none.
func TestSpentByTheLogIsHalfOpen(t *testing.T) {
	g := healthy(map[string]reply{statPath: {body: `{"data":{"quota":13155,"rpm":0,"tpm":0},"success":true}`}})
	from := time.Unix(1795341600, 0)
	spent, err := dial(t, g, bothCredentials).SpentLog(t.Context(), from, from.Add(time.Hour))
	if err != nil || spent != 26310 {
		t.Errorf("%v, %v", spent, err)
	}
	at := slices.IndexFunc(g.seen, func(r *http.Request) bool { return r.URL.Path == statPath })
	if at < 0 {
		t.Fatal("the log was not asked")
	}
	query := g.seen[at].URL.Query()
	if query.Get("start_timestamp") != "1795341600" || query.Get("end_timestamp") != "1795345199" {
		t.Errorf("asked %v", query)
	}
}
