package message_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mokabot/internal/chart"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/story"
	"mokabot/moka"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMain leaves out the pictures: package chart has golden ones.
func TestMain(m *testing.M) {
	story.Draw = func(chart.Series) ([]byte, error) { return []byte("a picture"), nil }
	os.Exit(m.Run())
}

func TestMessagesReadAsTheyDid(t *testing.T) {
	for _, w := range lang.All() {
		for _, s := range story.All(w) {
			t.Run(w.Tag+"/"+s.Name, func(t *testing.T) {
				for i := range s.Message.Files {
					s.Message.Files[i].Data = nil
				}
				raw, err := json.MarshalIndent(s.Message, "", "  ")
				if err != nil {
					t.Fatal(err)
				}
				golden(t, w.Tag+"-"+s.Name+".golden", fmt.Sprintf("%s\n---\n%s\n", s.Message, raw))
			})
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is now\n%s", file, got)
	}
}

var (
	kinds = []moka.Kind{moka.Unauthorized, moka.Banned, moka.Forbidden, moka.RateLimited, moka.Unavailable, moka.BadResponse, moka.Unsupported}
	hints = []moka.Hint{moka.HintWebPage, moka.HintRedirect, moka.HintUserID, moka.HintAccessToken, moka.HintAPIKey, moka.HintNotFound,
		moka.HintAddress, moka.HintTimeout, moka.HintNoAddress, moka.HintTLS, moka.HintProxy, moka.HintTooLarge, moka.HintAmbiguous, moka.HintCommands}
)

func TestEveryFailureHasItsSentenceAndItsCure(t *testing.T) {
	for _, w := range lang.All() {
		seen := map[string]bool{w.Failure.Unexpected: true}
		say := func(e *moka.Error) {
			text := message.Failure(w, fmt.Errorf("reading: %w", e))
			if seen[text] {
				t.Errorf("%s: %v has no sentence of its own: %s", w.Tag, e, text)
			}
			seen[text] = true
		}
		for _, k := range kinds {
			say(&moka.Error{Kind: k})
		}
		for _, h := range hints {
			say(&moka.Error{Kind: moka.Unavailable, Hint: h})
		}
		if message.Failure(w, errors.New("else")) != w.Failure.Unexpected {
			t.Error("another error is not unexpected")
		}
	}
}

func TestWordsFromOutsideAreHarmless(t *testing.T) {
	for _, c := range []struct{ from, want string }{
		{"@everyone", "@\u200beveryone"},
		{"<@123> **bold** [a](https://x.y)", "\\<@\u200b123\\> \\*\\*bold\\*\\* \\[a\\]\\(https:\u200b//x.y\\)"},
		{"right\u202eto\u0007left\nnew", "righttoleft new"},
	} {
		if got := message.Disarm(c.from); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.from, got, c.want)
		}
	}
	if got := message.Plain(message.Disarm("a_b@c [d]")); got != "a_b@c [d]" {
		t.Errorf("on a terminal: %q", got)
	}
}

// Whoever reads a terminal reads times of their own zone, which it names.
func TestATerminalShowsTimesOfTheReadersZone(t *testing.T) {
	at := time.Date(2026, 11, 18, 18, 0, 0, 0, time.UTC)
	m := message.Message{Text: "since " + message.Moment(at), Cards: []message.Card{{Title: "t", Fields: []message.Field{{Name: "n", Value: message.Relative(at)}}}}}
	for zone, want := range map[string]string{
		"UTC": "2026-11-18 18:00 UTC", "Asia/Shanghai": "2026-11-19 02:00 +08:00", "America/New_York": "2026-11-18 13:00 -05:00", "Asia/Kolkata": "2026-11-18 23:30 +05:30",
	} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.In(loc); strings.Count(got, want) != 2 {
			t.Errorf("%s: %s", zone, got)
		}
	}
}
