package mokatest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// The log's types.
const (
	logTopUp   = 1
	logConsume = 2
	logManage  = 3
	logSystem  = 4
	logRefund  = 6
)

// logType is the type under which the log holds an entry; 0: not at all.
func (s *Server) logType(e Entry) int {
	switch e.Kind {
	case Charge:
		return logConsume
	case TopUp:
		if e.byOperator {
			return logManage
		}
		return logTopUp
	case Refund:
		if s.version.atLeast(V2026_07) {
			return logRefund
		}
		return logSystem
	}
	return 0
}

// logSelf is the account's log, newest first. Top-ups and system records name
// their amount only in words.
func (s *Server) logSelf(r *http.Request, a *Account) reply {
	q := r.URL.Query()
	start, end := bounds(r)
	wanted, _ := strconv.Atoi(q.Get("type"))
	items := []obj{}
	for _, e := range slices.Backward(s.entries) {
		kind, at := s.logType(e), e.At.Unix()
		switch {
		case e.Account != a.ID || e.cleaned || kind == 0 || wanted != 0 && wanted != kind:
		case start != 0 && at < start || end != 0 && at > end:
		case q.Get("token_name") != "" && q.Get("token_name") != e.Key || q.Get("model_name") != "" && q.Get("model_name") != e.Model:
		default:
			items = append(items, s.logItem(e, kind))
		}
	}
	if s.version == OneAPI {
		page, _ := strconv.Atoi(q.Get("p"))
		return data(part(items, max(page, 0), 10))
	}
	page, _ := strconv.Atoi(q.Get("p"))
	size, _ := strconv.Atoi(cmp.Or(q.Get("page_size"), q.Get("size")))
	if size <= 0 && s.version.atLeast(V2025_12) {
		size = 10
	}
	page, size = max(page, 1), min(size, 100)
	shown := part(items, page-1, size)
	for i := range shown {
		shown[i]["id"] = i + 1 // the position on the page
	}
	return data(obj{"page": page, "page_size": size, "total": len(items), "items": shown})
}

// part is one page, counted from 0.
func part[T any](items []T, page, size int) []T {
	start := min(page*size, len(items))
	return items[start:min(start+size, len(items))]
}

func (s *Server) logItem(e Entry, kind int) obj {
	quota, content := e.Quota, ""
	switch kind {
	case logTopUp:
		quota, content = 0, "通过兑换码充值 "+e.words+"，兑换码ID 7"
	case logManage:
		quota, content = 0, "管理员增加用户额度 "+e.words
	case logSystem:
		quota, content = 0, "异步任务执行失败，补偿 "+e.words
	case logRefund:
		content = "任务失败退款"
	}
	return obj{
		"id": 0, "user_id": e.Account, "created_at": e.At.Unix(), "type": kind, "content": content,
		"username": e.user, "token_name": e.Key, "model_name": e.Model, "quota": quota,
		"prompt_tokens": e.Tokens, "completion_tokens": 0, "use_time": 1, "is_stream": false,
		"channel": 0, "token_id": e.KeyID, "group": "default", "ip": "", "other": "{}",
	}
}

// inWords is an amount as the log's sentences name it (new-api logger.LogQuota);
// before 2025-09 in dollars or raw quota.
func (s *Server) inWords(quota int64) string {
	o := s.state.Options
	usd := float64(quota) / o.QuotaPerUnit
	switch {
	case o.Display == "TOKENS":
		return fmt.Sprintf("%d 点额度", quota)
	case o.Display == "CNY" && s.version.atLeast(V2025_12):
		return fmt.Sprintf("¥%.6f 额度", usd*o.USDExchangeRate)
	case o.Display == "CUSTOM" && s.version.atLeast(V2025_12):
		return fmt.Sprintf("%s%.6f 额度", cmp.Or(o.CustomSymbol, "¤"), usd*cmp.Or(o.CustomRate, 1))
	}
	return fmt.Sprintf("＄%.6f 额度", usd)
}
