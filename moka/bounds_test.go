package moka

import (
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"mokabot/internal/proof"
)

// endless repeats a part after a beginning, up to size bytes.
type endless struct {
	part string
	rest string // of the beginning, then of the part
	size int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.size <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && e.size > 0 {
		if e.rest == "" {
			e.rest = e.part
		}
		copied := copy(p[n:min(len(p), n+e.size)], e.rest)
		e.rest = e.rest[copied:]
		n, e.size = n+copied, e.size-copied
	}
	return n, nil
}

// bombs are answers that a few kilobytes of gzip can hold.
var bombs = map[string]struct{ begin, part string }{
	"empty objects":      {`{"success":true,"data":[`, `{},`},
	"empty lists":        {`{"success":true,"data":[`, `[],`},
	"nulls":              {`{"data":[null`, `,null`},
	"paged objects":      {`{"success":true,"data":{"total":9,"items":[`, `{},`},
	"plans":              {`{"success":true,"data":{"subscriptions":[`, `{"subscription":{}},`},
	"lists of texts":     {`{"data":[{"model_name":"a","enable_groups":[`, `"",`},
	"many keys":          {`{"group_ratio":{`, `"":1,`},
	"many unknown keys":  {`{`, `"a":0,`},
	"nesting":            {`{"data":`, `[`},
	"nesting of objects": {`{"data":`, `{"data":`},
	"one text":           {`{"data":"`, `a`},
	"one escaped text":   {`{"data":"`, `\u0000`},
	"one key":            {`{"`, `a`},
	"one number":         {`{"data":`, `9`},
	"a long fraction":    {`{"hard_limit_usd":0.`, `0`},
	"spaces":             {`{`, ` `},
	"spaces before":      {` `, ` `},
	"commas":             {`{"data":[`, `,`},
	"an error's text":    {`{"success":false,"message":"`, `令`},
	"lists twice":        {`{`, `"data":[{},{},{},{},{}],`},
	"a page":             {`<!doctype html>`, `<p>`},
}

// reads calls every endpoint.
var reads = map[string]func(c *Client, t *testing.T) error{
	"reading": func(c *Client, t *testing.T) error {
		r := c.Read(t.Context())
		if r.KeyErr == nil {
			return nil
		}
		return r.KeyErr
	},
	"models": func(c *Client, t *testing.T) error { _, err := c.Models(t.Context()); return err },
	"prices": func(c *Client, t *testing.T) error { _, err := c.Prices(t.Context()); return err },
	"keys":   func(c *Client, t *testing.T) error { _, err := c.Keys(t.Context()); return err },
	"plans":  func(c *Client, t *testing.T) error { _, err := c.Plans(t.Context()); return err },
	"notice": func(c *Client, t *testing.T) error { _, err := c.Notice(t.Context()); return err },
	"usage": func(c *Client, t *testing.T) error {
		_, err := c.Usage(t.Context(), monthAgo, monthAgo.AddDate(0, 0, 30))
		return err
	},
	"the log": func(c *Client, t *testing.T) error {
		_, err := c.SpentLog(t.Context(), monthAgo, monthAgo.AddDate(0, 0, 1))
		return err
	},
	"status": func(c *Client, t *testing.T) error { _, err := c.Status(t.Context()); return err },
}

var monthAgo = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

// A hostile answer uses little memory and is never read as figures.
func TestHostileAnswersAreBoundedInMemory(t *testing.T) {
	proof.NotShort(t)
	const (
		unpacked = 48 << 20
		allowed  = 40 << 20 // allocated in all, which is more than is alive at once
	)
	every, n := proof.Size(5, 2, 1), 0 // in another order each time
	for bomb, what := range bombs {
		for name, read := range reads {
			if n++; n%every != 0 {
				continue
			}
			fine := healthy(nil)
			c := dial(t, tripper(func(req *http.Request) (*http.Response, error) {
				if req.URL.Path == statusPath && name != "status" {
					return fine.RoundTrip(req)
				}
				return &http.Response{
					StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
					Body: io.NopCloser(&endless{part: what.part, rest: what.begin, size: unpacked}),
				}, nil
			}), bothCredentials)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := read(c, t)
			runtime.ReadMemStats(&after)
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Kind != BadResponse {
				t.Errorf("%s, %s: %v", name, bomb, err)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > allowed {
				t.Errorf("%s, %s: %d MB allocated", name, bomb, got>>20)
			}
		}
	}
}

// The bounds have room for what large gateways really answer.
func TestLargeHonestAnswersFit(t *testing.T) {
	for op, c := range map[string]struct {
		begin, part, end string
		count            int
	}{
		"models":    {`{"object":"list","data":[`, `{"id":"anthropic/claude-sonnet-4-5-20250929","object":"model","created":1626777600,"owned_by":"custom","supported_endpoint_types":["openai","anthropic"]}`, `]}`, 15_000},
		"pricing":   {`{"data":[`, `{"model_name":"anthropic/claude-sonnet-4-5-20250929","quota_type":0,"model_ratio":1.5,"model_price":0,"owner_by":"","completion_ratio":5,"enable_groups":["default","vip","svip"],"supported_endpoint_types":["openai"]}`, `],"group_ratio":{"default":1}}`, 10_000},
		"data/self": {`{"success":true,"data":[`, `{"id":0,"user_id":2,"username":"someone","model_name":"gpt-4o-mini-2024-07-18","created_at":1764399600,"token_used":123456,"count":12,"quota":345678}`, `]}`, 30_000},
		"token":     {`{"success":true,"data":{"items":[`, `{"id":1,"user_id":2,"key":"abcd**********wxyz","status":1,"name":"production","created_time":1764399600,"accessed_time":1764399600,"expired_time":-1,"remain_quota":500000,"unlimited_quota":false,"model_limits_enabled":false,"model_limits":"","allow_ips":"","used_quota":0,"group":"","cross_group_retry":false,"DeletedAt":null}`, `]}}`, 1_000},
	} {
		body := c.begin + strings.TrimSuffix(strings.Repeat(c.part+",", c.count), ",") + c.end
		got, err := readBounded(iotest.HalfReader(strings.NewReader(body)), boundsOf(op), func(int) error { return nil })
		if err != nil || string(got) != body {
			t.Errorf("%s: %d of %d bytes, %v", op, len(got), len(body), err)
		}
	}
}

// A text is counted alike in whatever parts it arrives.
func TestBoundsHoldAcrossParts(t *testing.T) {
	b := bounds{bytes: 1000, values: 8, items: 3, depth: 3, text: 5}
	for text, fits := range map[string]bool{
		`{"a":[1,2,3]}`: true, `{"a":[1,2,3,4]}`: false, `[[[]]]`: true, `[[[[]]]]`: false, `["12345"]`: true, `["123456"]`: false,
		`["\"\\\"a"]`: false, `["\"\\"]`: true, `["[[[[",",,,,"]`: true, "\xef\xbb\xbf [[[[]]]]": false, `{"a":1,"b":2,"c":3}`: true,
		`{"a":1,"b":2,"c":3,"d":4}`: false, `[[1,2,3],[4,5,6]]`: false, `<[[[[[[[[`: true, ``: true,
	} {
		for name, from := range map[string]io.Reader{"whole": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text))} {
			_, err := readBounded(from, b, func(int) error { return nil })
			if (err == nil) != fits {
				t.Errorf("%s %s: %v", text, name, err)
			}
		}
	}
}
