// Package lang holds every word that the program says to people, one struct a
// language. Text that takes arguments is a func, so the compiler checks the
// arguments and each language keeps its own word order. A third language is
// one more file and one more line in [All].
package lang

import "strings"

// All are the languages, the default first.
func All() []*Words { return []*Words{English(), Chinese()} }

// Once are the words of a program that ends with its answer: nothing is tried again by itself.
func (w *Words) Once() *Words {
	once := *w
	once.Failure.Timeout, once.Failure.Unavailable, once.Failure.RateLimited = w.Arguments.Timeout, w.Arguments.Unavailable, w.Arguments.RateLimited
	return &once
}

// For returns the words for a language tag or a locale of Discord or POSIX: "zh-TW",
// "zh-CN" and "zh_CN" are Chinese, anything unknown is English.
func For(tag string) *Words {
	base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	for _, w := range All() {
		own, _, _ := strings.Cut(strings.ToLower(w.Tag), "-")
		if own == base {
			return w
		}
	}
	return English()
}
