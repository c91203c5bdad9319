package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"mokabot/internal/lang"
)

// words phrase problems, and a phrase is one of them with its figures.
type (
	words  = lang.ConfigWords
	phrase = func(*words) string
)

// Problem is one thing that is wrong with a configuration. It names a value by
// its place and never repeats a secret.
type Problem struct {
	File string // as given to Load; empty when the environment was read
	Line int    // 1-based; 0 when it is about the whole file
	Path string // such as "accounts[0].alerts.levels[1].below"; empty for the whole file

	say   phrase // what is wrong and what to do
	cause error
}

// Error is the problem in English, as [Problem.In] writes it.
func (p Problem) Error() string { return p.in(english()) }

// In reads "FILE:LINE: PATH: TEXT" in a language, without the parts that are not known.
func (p Problem) In(w *lang.Words) string { return p.in(&w.Config) }

func (p Problem) in(w *words) string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			b.WriteString(":" + strconv.Itoa(p.Line))
		}
		b.WriteString(": ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.say(w))
	return b.String()
}

// Unwrap is the operating system's error when a file could not be read, so
// that errors.Is(err, fs.ErrNotExist) can be asked of a Load.
func (p Problem) Unwrap() error { return p.cause }

// Problems is everything that is wrong with a configuration, sorted by line.
// It is never empty when it is returned as an error.
type Problems struct {
	List     []Problem
	Language string // the configuration's, as [LanguageOf] finds it
}

// Error has one problem on each line, in English.
func (p *Problems) Error() string { return p.In(lang.English()) }

// In has one problem on each line, in a language.
func (p *Problems) In(w *lang.Words) string {
	lines := make([]string, len(p.List))
	for i, problem := range p.List {
		lines[i] = problem.In(w)
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives every single problem to errors.Is and errors.As.
func (p *Problems) Unwrap() []error {
	errs := make([]error, len(p.List))
	for i, problem := range p.List {
		errs[i] = problem
	}
	return errs
}

// orNil is p as an error, sorted, or nil when nothing is wrong.
func (p *Problems) orNil() error {
	if len(p.List) == 0 {
		return nil
	}
	slices.SortStableFunc(p.List, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return p
}

func english() *words { return &lang.English().Config }
