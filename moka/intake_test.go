package moka

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// The oldest answer may always grow, so that one comes to its end; the others share what
// there is besides.
func TestLargeAnswersShareTheirMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIntake()
		oldest, second, third := &portion{of: i}, &portion{of: i}, &portion{of: i}
		grown := make(chan *portion, 1)
		grow := func(p *portion, size int) {
			t.Helper()
			go func() {
				if err := p.grow(t.Context(), size); err == nil {
					grown <- p
				}
			}()
			synctest.Wait()
		}
		expect := func(want *portion) {
			t.Helper()
			select {
			case got := <-grown:
				if got != want {
					t.Errorf("another answer grew")
				}
			default:
				if want != nil {
					t.Errorf("the answer waits")
				}
			}
		}
		grow(oldest, 3*intakeBytes)
		expect(oldest)
		grow(second, intakeBytes)
		expect(second)
		grow(third, smallAnswer)
		expect(third) // needs no leave
		grow(third, 2*smallAnswer)
		expect(nil)
		oldest.release()
		synctest.Wait()
		expect(third) // the second answer is the oldest now
		grow(second, 3*intakeBytes)
		expect(second)
	})
}

// stall is a body that begins and then waits until its request ends.
type stall struct {
	begin io.Reader
	req   *http.Request
}

func (s stall) Read(p []byte) (int, error) {
	if n, _ := s.begin.Read(p); n > 0 {
		return n, nil
	}
	<-s.req.Context().Done()
	return 0, s.req.Context().Err()
}

// Each gateway that holds a large answer back delays another's by two seconds at most, and
// takes no memory from it after that.
func TestAnswersHeldBackDelayOthersLittle(t *testing.T) {
	large := `{"object":"list","data":[` + strings.TrimSuffix(strings.Repeat(`{"id":"`+strings.Repeat("a", 100)+`","x":"`+strings.Repeat("b", 4000)+`"},`, 500), ",") + `]}`
	hostile := tripper(func(req *http.Request) (*http.Response, error) {
		body := stall{strings.NewReader(large[:len(large)-10]), req}
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: req, Body: io.NopCloser(body)}, nil
	})
	for _, gateways := range []int{1, 2, 4} {
		synctest.Test(t, func(t *testing.T) {
			limiter := NewLimiter(1000, 0)
			results := make(chan error, gateways)
			for n := range gateways {
				c, err := New(fmt.Sprintf("https://hostile%d.example", n), bothCredentials, WithHTTPClient(&http.Client{Transport: hostile}), WithLimiter(limiter))
				if err != nil {
					t.Fatal(err)
				}
				go func() { _, err := c.Models(t.Context()); results <- err }()
				synctest.Wait()
			}
			c := dial(t, healthy(map[string]reply{modelsPath: {body: large}}), bothCredentials, WithLimiter(limiter))
			start := time.Now()
			if _, err := c.Models(t.Context()); err != nil {
				t.Errorf("beside %d gateways: an honest answer failed: %v", gateways, err)
			}
			if took := time.Since(start); took > time.Duration(gateways)*intakePatience {
				t.Errorf("beside %d gateways: an honest answer took %s", gateways, took)
			}
			for range gateways {
				mustKind(t, <-results, "unavailable/timeout")
			}
		})
	}
}

// What is dropped of an answer means nothing.
func TestBlanksBetweenValuesMeanNothing(t *testing.T) {
	for _, text := range []string{
		" {\n\t\"a b\" : [ 1 , 2.5e3 , true , null , \"  x \\\" y  \" ] , \"c\" : { } }\r\n ", `{"a":1}`, `[ "" , "" , [ ] ]`,
		"\xef\xbb\xbf {\"a\": \"\\\\\" }", `{"a": 1 2}`, `{"a": tr ue}`, `{"a" "b"}`, `{"a":"" ""}`, "  \n <html> a  b </html>", "  ", `{"a":1}  {"b":2}`,
	} {
		for name, from := range map[string]io.Reader{"whole": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text))} {
			got, err := readBounded(from, usualBounds, func(int) error { return nil })
			if err != nil {
				t.Errorf("%q %s: %v", text, name, err)
			}
			var before, after any
			errBefore, errAfter := json.Unmarshal([]byte(text), &before), json.Unmarshal(got, &after)
			if (errBefore == nil) != (errAfter == nil) || !reflect.DeepEqual(before, after) {
				t.Errorf("%q %s became %q: %v, %v", text, name, got, errBefore, errAfter)
			}
		}
	}
	got, err := readBounded(&endless{part: " ", rest: "{", size: 4 << 20}, bounds{bytes: 1 << 20, values: 9, items: 9, depth: 9, text: 9}, func(size int) error {
		t.Errorf("blanks want %d bytes", size)
		return nil
	})
	if !errors.Is(err, errBeyond) {
		t.Errorf("endless blanks: %d bytes, %v", len(got), err)
	}
}
