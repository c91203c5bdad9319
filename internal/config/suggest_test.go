package config

import "testing"

func TestClosest(t *testing.T) {
	known := []string{"balance", "budget", "completion", "schedule", "check"}
	for word, want := range map[string]string{
		"balence": "balance", "chekc": "check", "sched": "schedule", "Comp": "completion", "bal": "balance",
		"b": "", "zz": "", "zzzzz": "", "ba": "",
	} {
		if got := Closest(word, known); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}
