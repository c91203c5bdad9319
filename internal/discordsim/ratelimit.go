package discordsim

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// rateWindow counts the requests of one route and channel.
type rateWindow struct {
	used int
	ends time.Time
}

// limit counts a request and sets the headers that tell of it. The caller
// holds mu.
func (c *call) limit() *problem {
	limit := c.s.settings.rateLimit
	if limit == 0 || strings.Contains(c.pattern, "{token}") {
		return nil
	}
	key := c.pattern + " " + c.r.PathValue("channel") + c.r.PathValue("guild")
	w := c.s.windows[key]
	if w == nil || !time.Now().Before(w.ends) {
		w = &rateWindow{ends: time.Now().Add(c.s.settings.rateWindow)}
		c.s.windows[key] = w
	}
	w.used++
	bucket := fnv.New64a()
	_, _ = bucket.Write([]byte(c.pattern))
	wait := time.Until(w.ends).Seconds()
	h := c.w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, limit-w.used)))
	h.Set("X-RateLimit-Reset", fmt.Sprintf("%.3f", float64(w.ends.UnixMilli())/1000))
	h.Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", wait))
	h.Set("X-RateLimit-Bucket", fmt.Sprintf("%x", bucket.Sum64()))
	if w.used <= limit {
		return nil
	}
	h.Set("X-RateLimit-Scope", "user")
	h.Set("Retry-After", fmt.Sprintf("%.3f", wait))
	return &problem{status: http.StatusTooManyRequests, message: "You are being rate limited.", wait: wait}
}
