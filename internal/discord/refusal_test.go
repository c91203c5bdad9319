package discord

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"mokabot/internal/lang"
	"mokabot/internal/lang/langtest"
	"mokabot/internal/message"
)

func TestEveryDeliveryWordIsSaid(t *testing.T) {
	for _, w := range lang.All() {
		tag, all := w.Tag, langtest.Mark(w)
		var b strings.Builder
		for code := range remedies {
			b.WriteString(Refusal(w, code))
		}
		b.WriteString(Refusal(w, 99999))
		full := message.Message{Files: []message.File{{Name: "a"}}}
		for e := extentFull; e <= extentBare; e++ {
			b.WriteString(reduce(w, full, e).Text)
		}
		status, err := json.Marshal(message.Status(w, message.Health{
			Letters:  []message.DeadLetter{{Count: 2}},
			Unpinged: []message.Unpinged{{Channel: "1"}, {Channel: "2", Names: []string{"<@&3>"}}},
		}, time.Time{}))
		if err != nil {
			t.Fatal(err)
		}
		b.Write(status)
		for _, path := range all {
			if strings.HasPrefix(path, "Delivery.") && !langtest.Said(b.String(), path) {
				t.Errorf("%s: nobody says %s", tag, path)
			}
		}
	}
}

func TestWhatHelpsAgainstARefusal(t *testing.T) {
	for _, c := range []struct {
		status, code int
		want         remedy
	}{
		{500, 0, remedyTime}, {503, 0, remedyTime}, {429, 0, remedyTime}, {408, 0, remedyTime}, {403, 40333, remedyTime},
		{400, 40006, remedyTime}, {404, 0, remedyTime}, {409, 0, remedyTime}, {403, 0, remedyTime}, {429, 20028, remedyTime},
		{403, 50001, remedyHuman}, {403, 50013, remedyHuman}, {404, 10003, remedyHuman}, {400, 50083, remedyHuman}, {400, 50008, remedyHuman},
		{400, 50035, remedyPayload}, {400, 50006, remedyPayload}, {400, 200000, remedyPayload}, {400, 240000, remedyPayload},
		{413, 40005, remedyFile}, {400, 50045, remedyFile},
		{400, 999999, remedyUnknown}, {403, 31337, remedyUnknown},
	} {
		err := answeredRefusal(c.status, c.code)
		if got := remedyOf(err); got != c.want {
			t.Errorf("status %d, code %d: remedy %d, want %d", c.status, c.code, got, c.want)
		}
		if known := c.status >= 400 && c.status < 500; known && certainlyRefused(err) != true {
			t.Errorf("status %d, code %d is said to have arrived, maybe", c.status, c.code)
		}
	}
}

// answeredRefusal is an answer in Discord's own words, read as one of its answers is.
func answeredRefusal(status, code int) *Error {
	return answerError("send message", status, []byte(fmt.Sprintf(`{"message":"no","code":%d}`, code)))
}
