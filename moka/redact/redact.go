// Package redact removes secrets from texts, however another program may
// have changed them on the way.
package redact

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Redactor finds secrets in foreign texts, however a program
// may have changed them on the way: in parts, in other case, with separators
// between the letters, escaped for an address, HTML or JSON, or in hex, base32
// or base64. It is safe for concurrent use.
type Redactor struct {
	mark string
	// How many bytes give a secret away: as they are, and once case and
	// separators are gone, when words of a language may look like a part.
	exactSize, foldedSize int

	mu      sync.RWMutex
	known   map[string]bool
	pending []string // known secrets whose parts are not in the sets yet
	exact   parts
	folded  parts
	short   []string // spellings shorter than exactSize
}

// Sizes of the parts that are taken for a secret's.
const (
	partSize   = 8
	foldedSize = 12
	wholeSize  = 16
	minSize    = 3 // a shorter secret is none: it is part of any text
)

// New returns a Redactor that replaces parts of secrets by mark. It is
// for texts that come from outside: parts are short.
func New(mark string, secrets ...string) *Redactor {
	r := &Redactor{mark: mark, exactSize: partSize, foldedSize: foldedSize}
	r.Add(secrets...)
	return r
}

// ForOutput returns a Redactor for all that a program prints, its own figures included:
// only long parts, which no figure or name resembles by chance, are replaced.
func ForOutput(mark string, secrets ...string) *Redactor {
	r := &Redactor{mark: mark, exactSize: wholeSize, foldedSize: wholeSize}
	r.Add(secrets...)
	return r
}

// Text is [Redactor.Redact] for secrets that are needed once.
func Text(text, mark string, secrets ...string) string {
	return New(mark, secrets...).Redact(text)
}

// Add makes more secrets known. Their spellings are computed when they are first needed.
func (r *Redactor) Add(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[string]bool{}
	}
	for _, secret := range secrets {
		if len(secret) >= minSize && !r.known[secret] {
			r.known[secret] = true
			r.pending = append(r.pending, secret)
		}
	}
}

// Prepare computes now what the next call of [Redactor.Redact] would wait for.
func (r *Redactor) Prepare() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pending) == 0 {
		return
	}
	for _, secret := range r.pending {
		for _, form := range spellings(secret) {
			if len(form) < r.exactSize && !slices.Contains(r.short, form) {
				r.short = append(r.short, form)
			}
			r.exact.add(form, r.exactSize)
		}
		for _, form := range foldedSpellings(secret) {
			r.folded.add(form, r.foldedSize)
		}
	}
	r.exact.seal()
	r.folded.seal()
	r.pending = nil
}

// prepared holds the lock for reading once nothing is pending.
func (r *Redactor) prepared() {
	for r.mu.RLock(); len(r.pending) > 0; r.mu.RLock() {
		r.mu.RUnlock()
		r.Prepare()
	}
}

// A long text is searched in blocks, because a search takes many times the memory of
// what it searches. Blocks overlap, so that a secret with escapes and separators up to
// that size is whole in one of them.
const (
	blockSize    = 32 << 10
	blockOverlap = 8 << 10
)

// Redact puts the mark in the place of every part of a secret.
func (r *Redactor) Redact(text string) string {
	if r == nil || text == "" {
		return text
	}
	r.prepared()
	defer r.mu.RUnlock()
	if len(r.known) == 0 {
		return text
	}
	var found []span
	for from := 0; ; from += blockSize - blockOverlap {
		end := min(len(text), from+blockSize)
		for _, part := range r.search(text[from:end]) {
			found = append(found, span{from + part.from, from + part.to})
		}
		if end == len(text) {
			return replaceSpans(text, r.mark, found)
		}
	}
}

// search returns where parts of secrets are in a block. The lock is held.
func (r *Redactor) search(text string) (found []span) {
	const layers = 3 // of escapes within escapes
	v := identity(text)
	for range layers {
		exact := v.find(&r.exact, r.exactSize)
		for _, form := range r.short {
			found = v.findAll(found, form)
		}
		folded := v.fold()
		found = append(found, v.origin(exact)...)
		found = append(found, folded.origin(folded.beyond(folded.find(&r.folded, r.foldedSize), v.origin(exact)))...)
		next, changed := v.unescape()
		if !changed {
			break
		}
		v = next
	}
	return found
}

// span is a stretch of the original text.
type span struct{ from, to int }

func replaceSpans(text, mark string, found []span) string {
	if len(found) == 0 {
		return text
	}
	slices.SortFunc(found, func(a, b span) int { return a.from - b.from })
	var clean strings.Builder
	kept := 0 // up to where text is dealt with
	for i := 0; i < len(found); {
		from, to := found[i].from, found[i].to
		for i++; i < len(found) && found[i].from < to; i++ {
			to = max(to, found[i].to)
		}
		clean.WriteString(text[kept:from])
		clean.WriteString(mark)
		kept = to
	}
	clean.WriteString(text[kept:])
	return clean.String()
}

// view is a text after some escapes were undone, and where each of its bytes
// came from.
type view struct {
	text []byte
	at   []span
}

func identity(text string) view {
	v := view{[]byte(text), make([]span, len(text))}
	for i := range v.at {
		v.at[i] = span{i, i + 1}
	}
	return v
}

func (v *view) add(c byte, at span) {
	v.text, v.at = append(v.text, c), append(v.at, at)
}

// find returns the runs of parts, by their places in the view.
func (v view) find(secret *parts, size int) (runs []span) {
	known := func(i int) bool { return i >= 0 && i+size <= len(v.text) && secret.has(v.text[i:i+size]) }
	for i := 0; i+size <= len(v.text); i++ {
		if !known(i) || allDigits(v.text[i:i+size]) {
			continue
		}
		first, last := i, i
		for known(first - 1) {
			first--
		}
		for known(last + 1) {
			last++
		}
		runs = append(runs, span{first, last + size})
		i = last + size - 1
	}
	return runs
}

// origin turns places in the view into those in the original text.
func (v view) origin(runs []span) []span {
	places := make([]span, len(runs))
	for i, run := range runs {
		places[i] = span{v.at[run.from].from, v.at[run.to-1].to}
	}
	return places
}

// findAll adds every place of a form.
func (v view) findAll(found []span, form string) []span {
	text := string(v.text)
	for from := 0; ; {
		i := strings.Index(text[from:], form)
		if i < 0 {
			return found
		}
		from += i
		found = append(found, span{v.at[from].from, v.at[from+len(form)-1].to})
		from += len(form)
	}
}

// beyond keeps the runs with more than a few letters outside what was found already:
// the first letters of an innocent word may go on like the secret before it.
func (v view) beyond(runs, found []span) (kept []span) {
	const few = 3
	for _, run := range runs {
		letters := 0
		for _, at := range v.at[run.from:run.to] {
			if !slices.ContainsFunc(found, func(f span) bool { return f.from <= at.from && at.to <= f.to }) {
				letters++
			}
		}
		if letters > few {
			kept = append(kept, run)
		}
	}
	return kept
}

// fold leaves the letters and digits of ASCII, in lower case, those of full
// width included.
func (v view) fold() view {
	folded := view{make([]byte, 0, len(v.text)), make([]span, 0, len(v.text))}
	for i := 0; i < len(v.text); i++ {
		c, at := v.text[i], v.at[i]
		if c == 0xEF && i+2 < len(v.text) && (v.text[i+1] == 0xBC || v.text[i+1] == 0xBD) { // U+FF01 to U+FF5E
			wide := rune(c&0x0F)<<12 | rune(v.text[i+1]&0x3F)<<6 | rune(v.text[i+2]&0x3F)
			if wide >= 0xFF01 && wide <= 0xFF5E {
				c, at = byte(wide-0xFF01+'!'), span{at.from, v.at[i+2].to}
				i += 2
			}
		}
		switch {
		case c >= 'A' && c <= 'Z':
			folded.add(c-'A'+'a', at)
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			folded.add(c, at)
		}
	}
	return folded
}

// unescape undoes one layer of escapes: percent, HTML, and those of JSON and
// other languages.
func (v view) unescape() (plain view, changed bool) {
	if !strings.ContainsAny(string(v.text), `%&\=`) {
		return v, false
	}
	plain = view{make([]byte, 0, len(v.text)), make([]span, 0, len(v.text))}
	for i := 0; i < len(v.text); {
		c, length := escaped(v.text[i:])
		plain.add(c, span{v.at[i].from, v.at[i+length-1].to})
		changed = changed || length > 1
		i += length
	}
	return plain, changed
}

// escaped is the byte that text begins with and how long it is written. What
// stands for another character than one of ASCII comes out as a space.
func escaped(text []byte) (c byte, length int) {
	number := func(digits []byte, base int) (byte, bool) {
		n, err := strconv.ParseUint(string(digits), base, 32)
		if err != nil {
			return 0, false
		}
		if n > '~' {
			return ' ', true
		}
		return byte(n), true
	}
	switch {
	case (text[0] == '%' || text[0] == '=') && len(text) >= 3: // =XX is quoted-printable
		if c, ok := number(text[1:3], 16); ok {
			return c, 3
		}
	case text[0] == '\\' && len(text) >= 6 && text[1] == 'u':
		if c, ok := number(text[2:6], 16); ok {
			return c, 6
		}
	case text[0] == '\\' && len(text) >= 4 && text[1] == 'x':
		if c, ok := number(text[2:4], 16); ok {
			return c, 4
		}
	case text[0] == '\\' && len(text) >= 2 && strings.IndexByte(`nrtbfv`, text[1]) >= 0:
		return ' ', 2
	case text[0] == '\\' && len(text) >= 2 && strings.IndexByte(`"'\/`, text[1]) >= 0:
		return text[1], 2
	case text[0] == '&':
		const maxDigits = 12
		end := slices.Index(text[:min(len(text), maxDigits)], ';')
		if end < 2 {
			break
		}
		if plain := html.UnescapeString(string(text[:end+1])); len(plain) == 1 {
			return plain[0], end + 1
		} else if plain != string(text[:end+1]) {
			return ' ', end + 1
		}
	}
	return text[0], 1
}

// foldedSpellings are those of the secret in any case, without separators.
func foldedSpellings(secret string) []string {
	var all []string
	for _, cased := range []string{secret, strings.ToLower(secret), strings.ToUpper(secret)} {
		for _, form := range spellings(cased) {
			all = append(all, string(identity(form).fold().text))
		}
	}
	return distinct(all)
}

// distinct sorts the forms and drops those that are there twice.
func distinct(forms []string) []string {
	slices.Sort(forms)
	return slices.Compact(forms)
}

// spellings are the ways in which a secret may be written. In base64 and base32
// a text looks different by where in a group of bytes it begins.
func spellings(secret string) []string {
	if secret == "" {
		return nil
	}
	low := hex.EncodeToString([]byte(secret))
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), url.UserPassword("", secret).String()[1:], low, strings.ToUpper(low)}
	// Of the characters at either end some bits belong to the neighbours.
	for ahead, unsure := range []int{0, 2, 3} {
		padded := append(make([]byte, ahead), secret...)
		sure := len(padded) * 4 / 3
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if sure-unsure >= partSize {
				all = append(all, e.EncodeToString(padded)[unsure:sure])
			}
		}
	}
	for ahead, unsure := range []int{0, 2, 4, 5, 7} {
		padded := append(make([]byte, ahead), secret...)
		sure := len(padded) * 8 / 5
		if sure-unsure >= partSize {
			text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(padded)[unsure:sure]
			all = append(all, text, strings.ToLower(text))
		}
	}
	return distinct(all)
}
