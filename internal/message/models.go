package message

import (
	"fmt"
	"slices"
	"strings"

	"mokabot/internal/lang"
	"mokabot/moka"
)

// ModelList is a question for models and its answer.
type ModelList struct {
	Account string
	Search  string
	Models  []moka.PricedModel // all of the key's models that match, sorted by id
	Priced  bool               // prices could be read
	Page    int                // from 0
	New     map[string]bool    // models that were not there a while ago, by id; nil: not watched
}

// modelsOnPage keeps a page well below an embed's 4096 characters.
const modelsOnPage = 25

// Models shows one page of a model list, with all ids as a file on the first.
func Models(w *lang.Words, l ModelList) Message {
	pages := max(1, (len(l.Models)+modelsOnPage-1)/modelsOnPage)
	page := min(max(0, l.Page), pages-1)
	shown := l.Models[page*modelsOnPage : min(len(l.Models), (page+1)*modelsOnPage)]
	card := Card{Title: modelsTitle(w, l), Tone: ToneInfo, Text: modelsText(w, l, shown), Footer: modelsFooter(w, l, page, pages)}
	m := Message{Cards: []Card{card}}
	if pages > 1 {
		m.Buttons = pageButtons(w, l, page, pages)
	}
	if len(l.Models) > 0 {
		m.Files = []File{{Name: "model_ids.txt", Type: "text/plain", Data: IDs(l.Models)}}
	}
	return m
}

// IDs are the models' ids as model_ids.txt holds them: one a line.
func IDs(models []moka.PricedModel) []byte {
	var b strings.Builder
	for _, m := range models {
		b.WriteString(m.ID + "\n")
	}
	return []byte(b.String())
}

// Matching keeps the models whose id contains the search, in any case; those
// that start with it come first.
func Matching(models []moka.PricedModel, search string) []moka.PricedModel {
	search = strings.ToLower(strings.TrimSpace(search))
	found := slices.DeleteFunc(slices.Clone(models), func(m moka.PricedModel) bool {
		return !strings.Contains(strings.ToLower(m.ID), search)
	})
	slices.SortStableFunc(found, func(a, b moka.PricedModel) int { return rank(a.ID, search) - rank(b.ID, search) })
	return found
}

func rank(id, search string) int {
	if _, name := vendor(id); strings.HasPrefix(strings.ToLower(name), search) || strings.HasPrefix(strings.ToLower(id), search) {
		return 0
	}
	return 1
}

func modelsTitle(w *lang.Words, l ModelList) string {
	if l.Search != "" {
		return w.Models.Found(l.Account, Disarm(l.Search), len(l.Models))
	}
	return w.Models.Title(l.Account, len(l.Models))
}

func modelsText(w *lang.Words, l ModelList, shown []moka.PricedModel) string {
	if len(shown) == 0 && l.Search != "" {
		return w.Models.None(Disarm(l.Search))
	}
	if len(shown) == 0 {
		return w.Models.Empty
	}
	var b strings.Builder
	last := "\x00"
	for _, m := range shown {
		prefix, name := vendor(m.ID)
		if l.Search != "" {
			prefix, name = "", m.ID // best match first, so no groups
		}
		if prefix != last && l.Search == "" {
			fmt.Fprintf(&b, "**%s**\n", heading(w, prefix))
			last = prefix
		}
		tag := ""
		if l.New[m.ID] {
			tag = "**" + w.Models.New + "** "
		}
		b.WriteString(strings.TrimSuffix("`"+inCode(name)+"` "+tag+price(w, m.Price), " ") + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func heading(w *lang.Words, prefix string) string {
	if prefix == "" {
		return w.Models.Other
	}
	return Disarm(prefix) + "/"
}

// vendor splits "anthropic/claude-sonnet-4-6" into its two parts.
func vendor(id string) (prefix, name string) {
	if prefix, name, found := strings.Cut(id, "/"); found && name != "" {
		return prefix, name
	}
	return "", id
}

// inCode changes a name so that it cannot end the code span around it.
func inCode(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '`' || r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, name)
}

func price(w *lang.Words, p moka.Price) string { return priceIn(w, p, moka.Maybe.String) }

// priceIn is a price with its amounts written by amount, empty without a price.
func priceIn(w *lang.Words, p moka.Price, amount func(moka.Maybe) string) string {
	if p.PerCall.Known() {
		return w.Models.PerCall(amount(p.PerCall))
	}
	if p.InputPerMTok.Known() || p.OutputPerMTok.Known() {
		return w.Models.PerMTok(amount(p.InputPerMTok), amount(p.OutputPerMTok))
	}
	return ""
}

func modelsFooter(w *lang.Words, l ModelList, page, pages int) string {
	if len(l.Models) == 0 {
		return ""
	}
	var parts []string
	if pages > 1 {
		parts = append(parts, w.Models.Page(page+1, pages))
	}
	if l.Priced {
		parts = append(parts, w.Models.Prices)
	} else {
		parts = append(parts, w.Models.NoPrices)
	}
	return strings.Join(append(parts, w.Models.Attached), " · ")
}

// pageButtons carry the search and the page, so they work after a restart. Discord's
// layout leaves them out where the search is too long for it.
func pageButtons(w *lang.Words, l ModelList, page, pages int) []Button {
	return turnButtons(w, page, pages, func(to int) string {
		return fmt.Sprintf("models:%s:%d:%s", l.Account, to, l.Search)
	})
}

func turnButtons(w *lang.Words, page, pages int, action func(to int) string) []Button {
	return []Button{
		{Label: w.Button.Previous, Action: action(page - 1), Disabled: page == 0},
		{Label: w.Button.Next, Action: action(page + 1), Disabled: page == pages-1},
	}
}

// ModelTable is a whole model list for a terminal, grouped by vendor prefix.
func ModelTable(w *lang.Words, l ModelList) string {
	var b strings.Builder
	b.WriteString(Plain(modelsTitle(w, l)) + "\n")
	if len(l.Models) == 0 {
		return b.String() + "  " + Plain(modelsText(w, l, nil)) + "\n"
	}
	width := 0
	for _, m := range l.Models {
		width = max(width, len(m.ID))
	}
	last := "\x00"
	for _, m := range l.Models {
		if prefix, _ := vendor(m.ID); prefix != last {
			b.WriteString(Plain(heading(w, prefix)) + "\n")
			last = prefix
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("  %-*s  %s", width, inCode(m.ID), Plain(price(w, m.Price))), " ") + "\n")
	}
	if !l.Priced {
		b.WriteString(w.Models.NoPrices + "\n")
	}
	return b.String()
}
