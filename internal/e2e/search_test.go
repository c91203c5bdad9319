package e2e

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"mokabot/internal/message"
)

// partLength is how much of a secret is too much.
const partLength = 12

// search looks for parts of secrets in any form.
type search struct {
	probes map[int]map[string]string // by length; the value says of what, and how it is spelled
	begins []bool                    // the first three bytes of a probe, hashed

	mu       sync.Mutex
	searched int               // bytes
	found    map[string]string // where and what, with one example
}

func newSearch(secrets map[string]string) *search {
	s := &search{probes: map[int]map[string]string{}, begins: make([]bool, 1<<16), found: map[string]string{}}
	for name, secret := range secrets {
		s.know(name, secret)
	}
	return s
}

// know adds a secret. That must be done before anything is searched.
func (s *search) know(name, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := 0; i+partLength <= len(secret); i++ {
		for form, text := range forms(secret[i : i+partLength]) {
			s.add(text, name+", "+form)
		}
	}
}

func (s *search) add(text, what string) {
	if distinct := len(slices.Compact(slices.Sorted(slices.Values([]byte(text))))); distinct < 4 {
		return // zeros and the like stand everywhere
	}
	if s.probes[len(text)] == nil {
		s.probes[len(text)] = map[string]string{}
	}
	s.probes[len(text)][text] = what
	s.begins[firstBytes(text)] = true
}

func firstBytes(text string) uint16 {
	return uint16(text[0]) ^ uint16(text[1])<<4 ^ uint16(text[2])<<8
}

// forms are the ways in which a part of a secret may be written.
func forms(part string) map[string]string {
	all := map[string]string{
		"as it is": part, "hex": hex.EncodeToString([]byte(part)), "upper hex": strings.ToUpper(hex.EncodeToString([]byte(part))),
		"query-escaped": url.QueryEscape(part), "path-escaped": url.PathEscape(part), "in a URL's user": url.UserPassword("", part).String()[1:],
		"in JSON": strings.Trim(fmt.Sprintf("%q", part), `"`), "disarmed": message.Disarm(part),
	}
	for name, encode := range encodings() {
		if !strings.HasPrefix(name, "base") && !strings.HasPrefix(name, "URL") && name != "in parts" && name != "basic auth" {
			all[name] = encode(part)
		}
	}
	for ahead := range 5 {
		whole := base32.StdEncoding.EncodeToString(append(make([]byte, ahead), part...))
		all[fmt.Sprint("base32 at ", ahead)] = whole[(ahead*8+4)/5 : (ahead+len(part))*8/5]
	}
	for ahead := range 3 {
		all[fmt.Sprint("base64 at ", ahead)] = inner(base64.StdEncoding, part, ahead)
		all[fmt.Sprint("URL base64 at ", ahead)] = inner(base64.URLEncoding, part, ahead)
	}
	return all
}

// inner is what is sure to be seen of a part in the base64 of a text in which
// it stands behind so many bytes.
func inner(e *base64.Encoding, part string, ahead int) string {
	whole := e.EncodeToString(append(make([]byte, ahead), part...))
	from := []int{0, 2, 3}[ahead]
	return whole[from : (ahead+len(part))*8/6]
}

// count is how many different texts are looked for.
func (s *search) count() (n int) {
	for _, probes := range s.probes {
		n += len(probes)
	}
	return n
}

// in looks into a text.
func (s *search) in(where, text string) {
	lengths := slices.Sorted(maps.Keys(s.probes))
	hits := map[string]string{}
	for i := 0; i+partLength <= len(text); i++ {
		if !s.begins[firstBytes(text[i:])] {
			continue
		}
		for _, n := range lengths {
			if i+n > len(text) {
				break
			}
			if what, ok := s.probes[n][text[i:i+n]]; ok {
				hits[where+": "+what] = text[max(0, i-160):min(len(text), i+n+60)]
				i += n - 1
				break
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.searched += len(text)
	maps.Copy(s.found, hits)
}

// report fails the test for everything that was found, and gives the figures.
func (s *search) report(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	const most = 40
	for i, what := range slices.Sorted(maps.Keys(s.found)) {
		if i == most {
			t.Errorf("and %d more", len(s.found)-most)
			break
		}
		t.Errorf("%s: %q", what, s.found[what])
	}
	t.Logf("%d probes, %.1f MB searched, %d leaks", s.count(), float64(s.searched)/1e6, len(s.found))
}

// TestTheSearchFindsWhatItShould keeps the proofs that find nothing honest.
func TestTheSearchFindsWhatItShould(t *testing.T) {
	const secret = "kX9/vQ2+mB7=zR4&tY8w"
	for form, text := range map[string]string{
		"a part": secret[3:16], "all": "x" + secret + "x", "hex": hex.EncodeToString([]byte("Bearer " + secret)),
		"base64": base64.StdEncoding.EncodeToString([]byte("user:" + secret)), "URL base64": base64.RawURLEncoding.EncodeToString([]byte("u" + secret[2:])),
		"a query": url.QueryEscape(secret), "a proxy": "http://u:" + url.UserPassword("", secret).String()[1:] + "@host", "JSON": fmt.Sprintf("%q", secret),
	} {
		s := newSearch(map[string]string{"secret": secret})
		s.in(form, "before "+text+" after")
		if len(s.found) == 0 {
			t.Errorf("%s: %q is not found", form, text)
		}
	}
	s := newSearch(map[string]string{"secret": secret})
	s.in("harmless", "kX9/vQ2+mB7 zR4&tY8w 4b58392f")
	if len(s.found) != 0 {
		t.Errorf("found %v", s.found)
	}
}
