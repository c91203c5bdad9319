package message

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"mokabot/internal/lang"
	"mokabot/moka"
)

// KeyList is an account's API keys.
type KeyList struct {
	Account string
	Keys    []moka.APIKeyInfo
	Page    int // from 0
	Now     time.Time
}

const (
	keysOnPage = 15
	// expiresSoon is how long before its end a key asks for attention.
	expiresSoon = 7 * 24 * time.Hour
	// unusedFor is how long a key must be unused for its line to say so.
	unusedFor = 14 * 24 * time.Hour
)

// Keys shows one page of an account's keys: those that need attention first.
func Keys(w *lang.Words, l KeyList) Message {
	sorted := slices.Clone(l.Keys)
	slices.SortStableFunc(sorted, func(a, b moka.APIKeyInfo) int {
		return cmp.Or(keyRank(a, l.Now)-keyRank(b, l.Now), cmp.Compare(keyLeft(a), keyLeft(b)))
	})
	pages := max(1, (len(sorted)+keysOnPage-1)/keysOnPage)
	page := min(max(0, l.Page), pages-1)
	card := Card{Title: w.Keys.Title(l.Account, len(sorted)), Tone: keysTone(sorted, l.Now), At: l.Now, Text: w.Keys.None}
	var lines []string
	for _, k := range sorted[page*keysOnPage : min(len(sorted), (page+1)*keysOnPage)] {
		twin := func(other moka.APIKeyInfo) bool { return other.Name == k.Name && other.ID != k.ID }
		lines = append(lines, keyLine(w, k, l.Now, slices.ContainsFunc(sorted, twin)))
	}
	if len(lines) > 0 {
		card.Text = strings.Join(lines, "\n")
	}
	m := Message{}
	if pages > 1 {
		card.Footer = w.Keys.Page(page+1, pages)
		m.Buttons = turnButtons(w, page, pages, func(n int) string { return fmt.Sprintf("keys:%s:%d", l.Account, n) })
	}
	m.Cards = []Card{card}
	return m
}

// The ranks of keys, the most pressing first.
const (
	rankBroken = iota // used up, expired, or waiting to be enabled
	rankSoon          // will be
	rankFine
	rankOff // disabled
)

func keyRank(k moka.APIKeyInfo, now time.Time) int {
	switch {
	case k.NeedsEnabling, k.State == moka.KeyExhausted, k.State == moka.KeyExpired:
		return rankBroken
	case k.State == moka.KeyDisabled:
		return rankOff
	case !k.ExpiresAt.IsZero() && k.ExpiresAt.Before(now.Add(expiresSoon)):
		return rankSoon
	}
	return rankFine
}

// keyLeft orders keys by what is left; those without a limit come last.
func keyLeft(k moka.APIKeyInfo) moka.Amount {
	left, ok := k.Remaining.Get()
	if !ok {
		return 1 << 62
	}
	return left
}

func keysTone(sorted []moka.APIKeyInfo, now time.Time) Tone {
	if len(sorted) == 0 {
		return ToneMuted
	}
	return map[int]Tone{rankBroken: ToneCritical, rankSoon: ToneWarn, rankFine: ToneGood, rankOff: ToneMuted}[keyRank(sorted[0], now)]
}

// keyLine shows one key in one line of a phone: its name, what is wrong with it, and
// its figures. It omits what is the same for most keys.
func keyLine(w *lang.Words, k moka.APIKeyInfo, now time.Time, twin bool) string {
	nameless := strings.TrimSpace(k.Name) == ""
	name := "**" + Disarm(k.Name) + "**"
	if nameless {
		name = w.Usage.Nameless
	}
	if twin || nameless {
		name += " `" + inCode(k.Key) + "`"
	}
	parts := []string{strings.TrimSpace(name + " " + keyMoney(w, k))}
	switch {
	case k.NeedsEnabling:
		parts = append(parts, w.Keys.NeedsEnabling)
	case k.State == moka.KeyExpired && !k.ExpiresAt.IsZero():
		parts = append(parts, w.Keys.States[string(k.State)]+" "+Relative(k.ExpiresAt))
	case k.State != moka.KeyOK:
		parts = append(parts, w.Keys.States[string(k.State)])
	case !k.ExpiresAt.IsZero():
		parts = append(parts, w.Keys.Expires(Relative(k.ExpiresAt)))
	}
	switch {
	case k.Used > 0:
		parts = append(parts, w.Keys.Used(k.Used))
	case k.AccessedAt.IsZero():
		parts = append(parts, w.Keys.NeverUsed)
	}
	if !k.AccessedAt.IsZero() && k.AccessedAt.Before(now.Add(-unusedFor)) {
		parts = append(parts, w.Keys.Unused(Relative(k.AccessedAt)))
	}
	if len(k.Models) > 0 {
		parts = append(parts, w.Keys.LimitedTo(len(k.Models)))
	}
	return strings.Join(parts, " · ")
}

// keyMoney is what a key may still spend.
func keyMoney(w *lang.Words, k moka.APIKeyInfo) string {
	if left, ok := k.Remaining.Get(); ok {
		return w.Keys.Left(left)
	}
	if k.Unlimited {
		return w.Keys.NoLimit
	}
	return ""
}
