package alert

import (
	"encoding/json"
	"testing"
	"time"

	"mokabot/moka"
)

func TestDecodeOldState(t *testing.T) {
	for name, blob := range map[string]string{
		"nothing stored": "", "null": "null", "empty": "{}",
		"fields of another release": `{"later":1,"incidents":{"balance":{"id":"balance-1","condition":"balance","new":true}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Decode([]byte(blob))
			if err != nil {
				t.Fatal(err)
			}
			f, err := storyFacts(time.Date(2026, 8, 3, 10, 0, 0, 0, time.UTC), []string{"$100"})
			if err != nil {
				t.Fatal(err)
			}
			Step(storyRules(), s, f)
		})
	}
	if s, err := Decode([]byte(`{"incidents":{"later":{"id":"later-1","condition":"later"}}}`)); err != nil || len(s.Open()) != 0 {
		t.Errorf("an incident of an unknown kind is open: %v, %v", s.Open(), err)
	}
	if _, err := Decode([]byte("{")); err == nil {
		t.Error("a cut state was taken")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte(`{"incidents":{"balance":{"id":"balance-1","condition":"balance","level":9,"level_name":"low"}}}`))
	f.Add([]byte(`{"incidents":{"exhausted":{"condition":"exhausted","level":-5}},"pending":[{"condition":"spike"}]}`))
	facts, err := storyFacts(time.Date(2026, 8, 3, 10, 0, 0, 0, time.UTC), []string{"$4", "wallet", "$3"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, blob []byte) {
		s, err := Decode(blob)
		if err != nil {
			return
		}
		for range 3 {
			s, _ = Step(storyRules(), s, facts)
			facts.At = facts.At.Add(time.Minute)
		}
		stored, err := json.Marshal(s)
		if err != nil {
			t.Skip("times that JSON has no form for")
		}
		if _, err := Decode(stored); err != nil {
			t.Fatalf("cannot read back %s: %v", stored, err)
		}
	})
}

func TestScaledStaysAnAmount(t *testing.T) {
	most := moka.Amount(1<<63 - 1)
	for _, c := range []struct {
		a      moka.Amount
		factor float64
		want   moka.Amount
	}{{100, 1.05, 105}, {most, 2, most}, {-most, 2, -most - 1}, {0, 5, 0}} {
		if got := scaled(c.a, c.factor); got != c.want {
			t.Errorf("scaled(%d, %v) = %d, want %d", int64(c.a), c.factor, int64(got), int64(c.want))
		}
	}
}

func BenchmarkStep(b *testing.B) {
	at := time.Date(2026, 8, 3, 10, 0, 0, 0, time.UTC)
	for name, words := range map[string][]string{"fine": {"$100"}, "low": {"$4", "runway", "10h"}} {
		b.Run(name, func(b *testing.B) {
			f, err := storyFacts(at, words)
			if err != nil {
				b.Fatal(err)
			}
			rules, s := storyRules(), State{}
			s, _ = Step(rules, s, f)
			f.At = at.Add(5 * time.Minute)
			s, _ = Step(rules, s, f)
			b.ReportAllocs()
			for b.Loop() {
				Step(rules, s, f)
			}
		})
	}
}

// An outage is as old as the first reading that failed, not as its post.
func TestAnOutageIsAsOldAsItsFirstFailure(t *testing.T) {
	for word, c := range map[string]Condition{"503": Unreachable, "401": Refused} {
		began := time.Date(2026, 8, 3, 10, 0, 0, 0, time.UTC)
		var s State
		for minute := 0; minute <= 20; minute += 5 {
			f, err := storyFacts(began.Add(time.Duration(minute)*time.Minute), []string{word})
			if err != nil {
				t.Fatal(err)
			}
			s, _ = Step(storyRules(), s, f)
		}
		if i, told := s.Incidents[c]; !told || !i.Since.Equal(began) {
			t.Errorf("%s is told %v, since %v, want since %v", c, told, i.Since, began)
		}
	}
}
