package mokatest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// maxSpan is the longest span of /api/data/self, in seconds.
const maxSpan = 2_592_000

// bounds are the call's timestamps; what is missing or no number counts as 0.
func bounds(r *http.Request) (start, end int64) {
	q := r.URL.Query()
	start, _ = strconv.ParseInt(q.Get("start_timestamp"), 10, 64)
	end, _ = strconv.ParseInt(q.Get("end_timestamp"), 10, 64)
	return start, end
}

// use is what was used in some hours.
type use struct{ tokens, count, quota int64 }

// recorded sums up the records between two times, both included, by the row that an entry
// belongs to, in the order they came in.
func recorded[R comparable](s *Server, account, start, end int64, rowOf func(e Entry, hour int64) R) ([]R, map[R]*use) {
	seen := s.now().Add(-s.state.Options.DataLag)
	rows, sums := []R{}, map[R]*use{}
	for _, e := range s.entries {
		hour := e.At.UTC().Truncate(time.Hour).Unix()
		if e.Account != account || e.Kind != Charge || !e.exported || e.At.After(seen) || hour < start || hour > end {
			continue
		}
		row := rowOf(e, hour)
		if sums[row] == nil {
			rows, sums[row] = append(rows, row), &use{}
		}
		sum := sums[row]
		sum.tokens, sum.quota, sum.count = sum.tokens+e.Tokens, sum.quota+e.Quota, sum.count+1
	}
	return rows, sums
}

// dataSelf is use by model and hour. Where it is not recorded the answer is
// the same as for no use.
func (s *Server) dataSelf(r *http.Request, a *Account) reply {
	start, end := bounds(r)
	if end-start > maxSpan {
		return failed(http.StatusOK, "时间跨度不能超过 1 个月")
	}
	type modelHour struct {
		model string
		hour  int64
	}
	hours, sums := recorded(s, a.ID, start, end, func(e Entry, hour int64) modelHour { return modelHour{e.Model, hour} })
	if s.version.atLeast(V2026_07) { // by model, and no longer in the order they came in
		slices.SortStableFunc(hours, func(a, b modelHour) int { return cmp.Or(cmp.Compare(a.model, b.model), cmp.Compare(a.hour, b.hour)) })
	}
	rows := []obj{}
	for i, h := range hours {
		sum := sums[h]
		row := obj{
			"id": i + 1, "user_id": a.ID, "username": a.Username, "model_name": h.model,
			"created_at": h.hour, "token_used": sum.tokens, "count": sum.count, "quota": sum.quota,
		}
		if s.version.atLeast(V2026_07) {
			row["id"], row["use_group"], row["token_id"], row["channel_id"], row["node_name"] = 0, "", 0, 0, ""
		}
		rows = append(rows, row)
	}
	return data(rows)
}

// flowSelf is use by key and model, of the hours that dataSelf has. A key has the
// name that it had then; both timestamps are required.
func (s *Server) flowSelf(r *http.Request, a *Account) reply {
	start, end := bounds(r)
	if start == 0 || end == 0 {
		return failed(http.StatusOK, "参数错误")
	}
	if end-start > maxSpan {
		return failed(http.StatusOK, "时间跨度不能超过 1 个月")
	}
	type keyModel struct {
		key         int64
		name, model string
	}
	order, sums := recorded(s, a.ID, start, end, func(e Entry, _ int64) keyModel { return keyModel{e.KeyID, e.Key, e.Model} })
	slices.SortStableFunc(order, func(x, y keyModel) int { return cmp.Compare(sums[y].quota, sums[x].quota) })
	rows := []obj{}
	for _, at := range order {
		sum := sums[at]
		rows = append(rows, obj{
			"token_id": at.key, "token_name": at.name, "use_group": "default", "model_name": at.model,
			"token_used": sum.tokens, "count": sum.count, "quota": sum.quota,
		})
	}
	return data(rows)
}

// stat is what the log says was spent, up to the second, under the account's
// name of today; refunds are not subtracted. The ancestor logged
// nothing by default.
func (s *Server) stat(r *http.Request, a *Account) reply {
	if s.version == OneAPI {
		return data(obj{"quota": 0})
	}
	start, end := bounds(r)
	q := r.URL.Query()
	var quota, calls, tokens int64
	for _, one := range s.entries {
		if one.Account != a.ID || one.Kind != Charge || one.cleaned || one.user != a.Username {
			continue
		}
		if q.Get("token_name") != "" && q.Get("token_name") != one.Key || q.Get("model_name") != "" && q.Get("model_name") != one.Model {
			continue
		}
		if s.now().Sub(one.At) <= time.Minute {
			calls, tokens = calls+1, tokens+one.Tokens
		}
		if at := one.At.Unix(); at >= start && (end == 0 || at <= end) {
			quota += one.Quota
		}
	}
	return data(obj{"quota": quota, "rpm": calls, "tpm": tokens})
}

// plans are the account's subscriptions.
func (s *Server) plans(_ *http.Request, a *Account) reply {
	active, all := []obj{}, []obj{}
	for _, p := range a.Plans {
		status := cmp.Or(p.Status, "active")
		overflow := !p.NoOverflow
		began := s.started.Unix()
		one := obj{"subscription": obj{
			"id": p.ID, "user_id": a.ID, "plan_id": 1, "amount_total": p.Total, "amount_used": p.Used,
			"start_time": began, "end_time": seconds(p.EndsAt, 0), "status": status, "source": "admin",
			"last_reset_time": seconds(p.LastReset, 0), "next_reset_time": seconds(p.ResetsAt, 0), "upgrade_group": "", "prev_user_group": "",
			"downgrade_group": "", "allow_wallet_overflow": overflow, "created_at": began, "updated_at": began,
		}}
		all = append(all, one)
		if s.active(p) {
			active = append(active, one)
		}
	}
	return data(obj{"billing_preference": a.preference(), "subscriptions": active, "all_subscriptions": all})
}
