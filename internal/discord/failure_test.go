package discord

import (
	"testing"

	"mokabot/internal/lang"
)

func TestFailuresOfDiscordAreSentences(t *testing.T) {
	w := lang.English()
	for _, c := range []struct {
		err  error
		want string
	}{
		{&Error{Kind: KindUnauthorized}, w.Failure.DiscordToken},
		{&Error{Kind: KindTransient}, w.Failure.DiscordDown},
		{ErrUnknownChannel, w.Failure.NoChannel("5")},
		{ErrNotText, w.Failure.NotText("5")},
		{ErrNoAccess, w.Failure.NoAccess("5")},
	} {
		if got := ChannelFailure(w, "5", c.err); got != c.want {
			t.Errorf("%v: %s", c.err, got)
		}
	}
}
