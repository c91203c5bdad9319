package schedule

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
)

func watched(t testing.TB) (*Watch, *account.Account) {
	t.Helper()
	rules := alert.Rules{ChannelID: "1", Levels: []alert.Level{{Name: "low", Below: moka.Known(20 * moka.Dollar)}}}
	book, err := account.New(&config.Config{Accounts: []config.Account{{Name: "team", BaseURL: "http://127.0.0.1:1", APIKey: config.NewSecret("sk-x"), Alerts: rules}}})
	if err != nil {
		t.Fatal(err)
	}
	return &Watch{Book: book, Words: lang.English(), Log: slog.New(slog.DiscardHandler)}, book.All()[0]
}

func lowReading(at time.Time) alert.Facts {
	return alert.Facts{At: at, Reading: moka.Reading{At: at, Key: &moka.Key{
		State: moka.KeyOK, Scope: moka.ScopeKey, Remaining: moka.Known(4 * moka.Dollar), Used: moka.Known(6 * moka.Dollar), Total: moka.Known(10 * moka.Dollar),
	}}}
}

// FuzzMemory: whatever another program left in the rows of an account's memory,
// the account is watched on, and what is stored after a step can be read. Money
// that is low is told of sooner or later.
func FuzzMemory(f *testing.F) {
	f.Add([]byte(`{`), []byte(`{"incidents":`), false)
	f.Add([]byte(`[]`), []byte(`"x"`), false)
	f.Add([]byte(`{"at":"2026-08-03T10:00:00Z","used":-9223372036854775808,"total":9223372036854775807}`), []byte(`{"recheck":"9999-12-31T23:59:59Z"}`), false)
	f.Add([]byte(nil), []byte(`{"failing":"9999-12-31T23:59:59-23:59","incidents":{"balance":{"condition":"balance","level":7,"since":"0001-01-01T00:00:00Z"}}}`), true)
	w, a := watched(f)
	f.Fuzz(func(t *testing.T, spent, state []byte, fails bool) {
		at := time.Date(2026, 8, 3, 10, 0, 0, 0, time.UTC)
		for range 3 {
			facts := lowReading(at)
			if fails {
				facts.Reading.KeyErr = &moka.Error{Kind: moka.Unavailable}
			}
			p, _, err := w.step(a, facts, extras{}, spend.Log{}, spent, state)
			if err != nil {
				t.Fatalf("the account is watched no more: %v", err)
			}
			for _, o := range p.Out {
				var m message.Message
				if err := json.Unmarshal(o.Payload, &m); err != nil || len(m.Cards) == 0 {
					t.Errorf("%s cannot be posted: %v", o.Payload, err)
				}
			}
			if p.Sample.Delta.Spent < 0 || p.Sample.Delta.TopUp < 0 {
				t.Errorf("delta %+v", p.Sample.Delta)
			}
			var again spend.State
			if err := json.Unmarshal(p.Spend, &again); err != nil {
				t.Fatal(err)
			}
			if _, err := alert.Decode(p.Alert); err != nil {
				t.Fatal(err)
			}
			spent, state, at = p.Spend, p.Alert, at.Add(time.Minute)
		}
	})
}

func TestADamagedMemoryOfAlarmsWarnsAgain(t *testing.T) {
	w, a := watched(t)
	at := time.Date(2026, 8, 3, 10, 0, 0, 0, time.UTC)
	state := json.RawMessage(`{"incidents":{"bal`)
	told := 0
	for range 3 {
		p, _, err := w.step(a, lowReading(at), extras{}, spend.Log{}, nil, state)
		if err != nil {
			t.Fatal(err)
		}
		told += len(p.Out)
		state, at = p.Alert, at.Add(time.Minute)
	}
	if told != 1 {
		t.Errorf("told %d times that the money is low", told)
	}
}

// D13: While the disk is full no reading is stored. What came in is told once all the
// same.
func TestMoneyThatCameInWhileTheDiskIsFullCountsOnce(t *testing.T) {
	w, a := watched(t)
	at := time.Date(2026, 8, 3, 10, 0, 0, 0, time.UTC)
	reading := func(left float64) alert.Facts {
		at = at.Add(time.Minute)
		f := lowReading(at)
		f.Reading.Key.Remaining = moka.Known(moka.Amount(left * float64(moka.Dollar)))
		f.Reading.Key.Total = f.Reading.Key.Remaining.Plus(f.Reading.Key.Used)
		return f
	}
	var spent, state json.RawMessage
	poll := func(f alert.Facts, full bool) []store.Outgoing {
		p, _, err := w.step(a, f, extras{}, spend.Log{}, spent, state)
		if err != nil {
			t.Fatal(err)
		}
		if spent = p.Spend; full {
			spent = p.Owing
		}
		state = p.Alert
		return p.Out
	}
	poll(reading(4), false) // told that it is low
	poll(reading(8), true)
	poll(reading(8), true)
	poll(reading(8), true)
	out := poll(reading(45), true)
	var m message.Message
	if err := json.Unmarshal(out[0].Payload, &m); err != nil {
		t.Fatal(err)
	}
	if text := m.String(); !strings.Contains(text, "$41.00") {
		t.Errorf("the end says\n%s\nwant $41.00 topped up", text)
	}
	poll(reading(4), true)
	is, err := alert.Decode(state)
	if err != nil || is.Incidents[alert.Balance].TopUp != 0 {
		t.Errorf("the next incident begins with %s, %v", is.Incidents[alert.Balance].TopUp, err)
	}
}

func TestTheLogSaysWhatHelpsAgainstAFullDisk(t *testing.T) {
	var log strings.Builder
	w := &Watch{Log: slog.New(slog.NewTextHandler(&log, nil)), Words: lang.English()}
	for _, full := range []bool{false, true, true, false, false} {
		w.logRoom(full)
	}
	text := log.String()
	if strings.Count(text, "\n") != 2 || !strings.Contains(text, "level=ERROR msg=\"the disk is full; make room") || !strings.Contains(text, "level=INFO msg=\"there is room") {
		t.Errorf("the log says\n%s", text)
	}
}
