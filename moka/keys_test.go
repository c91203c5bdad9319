package moka

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func keyJSON(id int, fields string) string {
	return fmt.Sprintf(`{"id":%d,"key":"%s","name":"k%d","created_time":1794813953,"accessed_time":0,"used_quota":500000,%s}`, id, testKey[3:], id, fields)
}

const freeKey = `"status":1,"expired_time":-1,"remain_quota":-5,"unlimited_quota":true`

func keyList(fields string) reply { return reply{body: `{"data":[` + keyJSON(1, fields) + `]}`} }

const goodKey = `"status":1,"expired_time":-1,"remain_quota":1000000,"unlimited_quota":false`

// Trap 15: pages of a bare array count from 0, pages of an object from 1.
func TestKeysAreListedOnceInBothPagingStyles(t *testing.T) {
	for _, total := range []int{0, 1, 9, 10, 15, 99, 100, 101, 250} {
		for _, style := range []string{"array", "object", "one-api"} {
			t.Run(fmt.Sprint(style, " ", total), func(t *testing.T) {
				g := healthy(nil)
				c := dial(t, tripper(func(req *http.Request) (*http.Response, error) {
					if req.URL.Path == keysPath {
						p, _ := strconv.Atoi(req.URL.Query().Get("p"))
						return (&gateway{replies: map[string]reply{keysPath: {body: keyPageJSON(style, p, total)}}}).RoundTrip(req)
					}
					return g.RoundTrip(req)
				}), bothCredentials)
				keys, err := c.Keys(t.Context())
				if err != nil || len(keys) != total {
					t.Fatalf("%d keys, %v", len(keys), err)
				}
				for i, k := range keys {
					if k.ID != int64(i+1) || k.State != KeyOK || k.Remaining != Known(2*Dollar) || k.Used != Dollar {
						t.Fatalf("key %d is %+v", i, k)
					}
				}
			})
		}
	}
}

func keyPageJSON(style string, p, total int) string {
	size := 100
	if style == "one-api" {
		size = 10
	}
	start := p * size
	if style == "object" {
		start = max(p-1, 0) * size
	}
	var items []string
	for i := start; i < min(start+size, total); i++ {
		items = append(items, keyJSON(total-i, goodKey))
	}
	list := "[" + strings.Join(items, ",") + "]"
	if style == "object" {
		return fmt.Sprintf(`{"data":{"page":%d,"page_size":100,"total":%d,"items":%s},"success":true}`, max(p, 1), total, list)
	}
	return `{"data":` + list + `,"success":true}`
}

func TestEndlessKeyListEnds(t *testing.T) {
	n := 0
	g := healthy(nil)
	c := dial(t, tripper(func(req *http.Request) (*http.Response, error) {
		if req.URL.Path != keysPath {
			return g.RoundTrip(req)
		}
		n++
		var items []string
		for i := range 100 {
			items = append(items, keyJSON(n*1000+i, goodKey))
		}
		return (&gateway{replies: map[string]reply{keysPath: {body: `{"data":[` + strings.Join(items, ",") + `]}`}}}).RoundTrip(req)
	}), bothCredentials)
	_, err := c.Keys(t.Context())
	mustKind(t, err, "bad_response")
	if n != keyPages {
		t.Errorf("%d pages", n)
	}
}

func TestKeyStateIsJudgedByMoreThanItsStoredStatus(t *testing.T) {
	now := time.Unix(1795000000, 0)
	for name, c := range map[string]struct {
		fields  string
		state   KeyState
		enable  bool
		remains Maybe
	}{
		"fine":                          {goodKey, KeyOK, false, Known(2 * Dollar)},
		"unlimited, negative (trap 14)": {`"status":1,"expired_time":-1,"remain_quota":-987654,"unlimited_quota":true`, KeyOK, false, Maybe{}},
		"empty, not noticed yet":        {`"status":1,"expired_time":-1,"remain_quota":0,"unlimited_quota":false`, KeyExhausted, false, Known(0)},
		"expired, not noticed yet":      {`"status":1,"expired_time":1794999999,"remain_quota":1000000,"unlimited_quota":false`, KeyExpired, false, Known(2 * Dollar)},
		"disabled":                      {`"status":2,"expired_time":-1,"remain_quota":1000000,"unlimited_quota":false`, KeyDisabled, false, Known(2 * Dollar)},
		"topped up (trap 24)":           {`"status":4,"expired_time":-1,"remain_quota":1000000,"unlimited_quota":false`, KeyDisabled, true, Known(2 * Dollar)},
		"prolonged":                     {`"status":3,"expired_time":1796000000,"remain_quota":1000000,"unlimited_quota":false`, KeyDisabled, true, Known(2 * Dollar)},
	} {
		g := healthy(map[string]reply{keysPath: {body: `{"data":[` + keyJSON(1, c.fields+`,"model_limits_enabled":true,"model_limits":"a,b","allow_ips":null,"group":"vip"`) + `]}`}})
		keys, err := dial(t, g, bothCredentials, WithNow(func() time.Time { return now })).Keys(t.Context())
		if err != nil || len(keys) != 1 {
			t.Fatalf("%s: %v, %v", name, keys, err)
		}
		k := keys[0]
		if k.State != c.state || k.NeedsEnabling != c.enable || k.Remaining != c.remains || !slices.Equal(k.Models, []string{"a", "b"}) || k.Group != "vip" {
			t.Errorf("%s: %+v", name, k)
		}
		if k.Key != "0123…efgh" {
			t.Errorf("%s: key shown as %q", name, k.Key)
		}
	}
}

func TestMaskedKeysStayMasked(t *testing.T) {
	for in, want := range map[string]string{`"norm**********xxxx"`: "norm…xxxx", `"short"`: "…", `null`: "…", `""`: "…", `"sk-0123456789abcdef"`: "0123…cdef"} {
		var m maskedText
		if err := m.UnmarshalJSON([]byte(in)); err != nil || string(m) != want {
			t.Errorf("%s became %q", in, m)
		}
	}
}
