package message_test

import (
	"strings"
	"testing"

	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/moka"
)

// TestANewPriceIsNeverWrittenLikeTheOld is of prices that differ by less than a cent.
func TestANewPriceIsNeverWrittenLikeTheOld(t *testing.T) {
	known := func(micros int64) moka.Maybe { return moka.Known(moka.Amount(micros)) }
	for _, c := range []struct {
		was, now moka.Price
		want     string
	}{
		{moka.Price{PerCall: known(21_000)}, moka.Price{PerCall: known(24_000)}, "$0.021 a call → $0.024 a call"},
		{moka.Price{PerCall: known(20_000)}, moka.Price{PerCall: known(30_000)}, "$0.02 a call → $0.03 a call"},
		{
			moka.Price{InputPerMTok: known(75_000), OutputPerMTok: known(300_000)},
			moka.Price{InputPerMTok: known(80_000), OutputPerMTok: known(300_000)}, "$0.075 in / $0.30 out → $0.08 in / $0.30 out",
		},
	} {
		m := message.Changes(lang.For("en"), message.ModelChanges{Repriced: []message.Repriced{{Model: "m", Was: c.was, Now: c.now}}})
		if got := lang.PlainSpaces(m.Cards[0].Fields[0].Value); !strings.HasSuffix(got, c.want) {
			t.Errorf("reads %q, want %q", got, c.want)
		}
	}
}
