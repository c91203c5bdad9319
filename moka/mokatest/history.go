package mokatest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// longest is the longest span of /api/data/self, in seconds.
const maxSpan = 2_592_000

// bounds are the call's timestamps; what is missing or no number counts as 0.
func bounds(r *http.Request) (start, end int64) {
	q := r.URL.Query()
	start, _ = strconv.ParseInt(q.Get("start_timestamp"), 10, 64)
	end, _ = strconv.ParseInt(q.Get("end_timestamp"), 10, 64)
	return start, end
}

// hourly is what a model was used in an hour.
type hourly struct {
	hour                 int64
	model                string
	tokens, count, quota int64
}

// dataSelf is use by model and hour. Where it is not recorded the answer is
// the same as for no use.
func (s *Server) dataSelf(r *http.Request, a *Account) reply {
	start, end := bounds(r)
	if end-start > maxSpan {
		return failed(http.StatusOK, "时间跨度不能超过 1 个月")
	}
	rows := []obj{}
	for i, h := range s.hours(a.ID, start, end) {
		row := obj{
			"id": i + 1, "user_id": a.ID, "username": a.Username, "model_name": h.model,
			"created_at": h.hour, "token_used": h.tokens, "count": h.count, "quota": h.quota,
		}
		if s.version.atLeast(V2026_07) {
			row["id"], row["use_group"], row["token_id"], row["channel_id"], row["node_name"] = 0, "", 0, 0, ""
		}
		rows = append(rows, row)
	}
	return data(rows)
}

// hours sums up the records between two times, both included: in the order
// they came in, or lately by model.
func (s *Server) hours(account, start, end int64) []hourly {
	seen := s.now().Add(-s.state.Options.DataLag)
	rows := []hourly{}
	type slot struct {
		hour  int64
		model string
	}
	places := map[slot]int{}
	for _, one := range s.entries {
		hour := one.At.UTC().Truncate(time.Hour).Unix()
		if one.Account != account || one.Kind != Charge || !one.exported || one.At.After(seen) || hour < start || hour > end {
			continue
		}
		i, ok := places[slot{hour, one.Model}]
		if !ok {
			i = len(rows)
			places[slot{hour, one.Model}] = i
			rows = append(rows, hourly{hour: hour, model: one.Model})
		}
		rows[i].tokens += one.Tokens
		rows[i].quota += one.Quota
		rows[i].count++
	}
	if s.version.atLeast(V2026_07) {
		slices.SortStableFunc(rows, func(a, b hourly) int { return cmp.Or(cmp.Compare(a.model, b.model), cmp.Compare(a.hour, b.hour)) })
	}
	return rows
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
	seen := s.now().Add(-s.state.Options.DataLag)
	type slot struct {
		key         int64
		name, model string
	}
	sums, order := map[slot]*hourly{}, []slot{}
	for _, one := range s.entries {
		hour := one.At.UTC().Truncate(time.Hour).Unix()
		if one.Account != a.ID || one.Kind != Charge || !one.exported || one.At.After(seen) || hour < start || hour > end {
			continue
		}
		at := slot{one.KeyID, one.Key, one.Model}
		if sums[at] == nil {
			sums[at], order = &hourly{}, append(order, at)
		}
		sum := sums[at]
		sum.tokens, sum.quota, sum.count = sum.tokens+one.Tokens, sum.quota+one.Quota, sum.count+1
	}
	slices.SortStableFunc(order, func(x, y slot) int { return cmp.Compare(sums[y].quota, sums[x].quota) })
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
