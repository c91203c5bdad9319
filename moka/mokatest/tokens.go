package mokatest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// tokens is the account's list of keys, newest first: an array paged from 0
// until 2025-07, then an object paged from 1.
func (s *Server) tokens(r *http.Request, a *Account) reply {
	if s.state.Options.DatabaseDown {
		return failed(http.StatusOK, "SQL logic error: no such table: tokens (1)")
	}
	own := slices.DeleteFunc(slices.Clone(s.state.Keys), func(k *Key) bool { return k.AccountID != a.ID })
	slices.SortFunc(own, func(k, l *Key) int { return cmp.Compare(l.ID, k.ID) })
	if s.member.isHub() {
		return s.hubTokens(r, own)
	}
	page, size := s.paging(r)
	if !s.version.atLeast(V2025_12) {
		return data(s.items(part(own, page, size)))
	}
	page = max(page, 1)
	return data(obj{"page": page, "page_size": size, "total": len(own), "items": s.items(part(own, page-1, size))})
}

// hubTokens is the page's own shape: data in data, counted from 1.
func (s *Server) hubTokens(r *http.Request, own []*Key) reply {
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	size, _ := strconv.Atoi(r.URL.Query().Get("size"))
	page = max(page, 1)
	if size <= 0 {
		size = 10
	}
	if size > 100 {
		return failed(http.StatusOK, fmt.Sprintf("size 参数不能超过 %d", 100))
	}
	return data(obj{"page": page, "size": size, "total_count": len(own), "data": s.items(part(own, page-1, size))})
}

// paging reads the page's number and size. The ancestor's size is fixed.
func (s *Server) paging(r *http.Request) (page, size int) {
	const usual, most = 10, 100
	q := r.URL.Query()
	page, _ = strconv.Atoi(q.Get("p"))
	requested := q.Get("size")
	if s.version.atLeast(V2025_12) {
		requested = cmp.Or(q.Get("page_size"), q.Get("ps"), requested)
	}
	size, _ = strconv.Atoi(requested)
	if size <= 0 || s.version == OneAPI {
		size = usual
	}
	return max(page, 0), min(size, most)
}

func (s *Server) items(keys []*Key) []obj {
	list := []obj{}
	for _, k := range keys {
		list = append(list, s.item(k))
	}
	return list
}

// item is a key as the list shows it: in clear until 2026-03.
func (s *Server) item(k *Key) obj {
	text := strings.TrimPrefix(k.Key, "sk-")
	o := obj{
		"id": k.ID, "user_id": k.AccountID, "key": text, "status": k.Status, "name": k.Name,
		"created_time": k.created.Unix(), "accessed_time": k.accessed.Unix(), "expired_time": seconds(k.ExpiresAt, -1),
		"remain_quota": k.Remain, "unlimited_quota": k.Unlimited, "used_quota": k.Used,
	}
	if s.member.isHub() {
		o["group"], o["backup_group"] = k.Group, ""
		o["setting"] = obj{
			"heartbeat": obj{"enabled": false, "timeout_seconds": 0},
			"limits": obj{
				"limit_model_setting": obj{"enabled": len(k.Models) > 0, "models": k.Models},
				"limits_ip_setting":   obj{"enabled": false, "whitelist": nil},
			},
		}
		return o
	}
	if s.version == OneAPI {
		o["subnet"], o["models"] = k.AllowIPs, nil
		if len(k.Models) > 0 {
			o["models"] = strings.Join(k.Models, ",")
		}
		return o
	}
	o["model_limits_enabled"], o["model_limits"] = len(k.Models) > 0, strings.Join(k.Models, ",")
	o["allow_ips"], o["group"], o["DeletedAt"] = k.AllowIPs, k.Group, nil
	if s.version.atLeast(V2025_12) {
		o["cross_group_retry"] = false
	}
	if s.version.atLeast(V2026_08) {
		o["auto_groups"] = nil
	}
	if s.version.atLeast(V2026_07) && len(text) >= 8 {
		o["key"] = text[:4] + "**********" + text[len(text)-4:]
	}
	return o
}
