package config

import (
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"mokabot/internal/lang"
)

// LanguageOf is the tag of the language of the file at path, also of one that cannot be
// loaded. Where no file says anything, it is that of the environment.
func LanguageOf(path string, lookup Lookup) string {
	data, err := readFile(path, maxSize)
	if err != nil {
		return Locale(lookup)
	}
	root, _ := document(data)
	return languageIn(root, data, lookup)
}

// languageIn is the language that a text asks for: by its key, or by the line of that key
// when the text is not YAML.
func languageIn(root *yaml.Node, data []byte, lookup Lookup) string {
	if root == nil {
		if match := languageLine.FindSubmatch(data); match != nil {
			return lang.For(string(match[1])).Tag
		}
		return Locale(lookup)
	}
	r := &reader{lookup: lookup, lines: map[string]int{}, known: map[string]bool{}}
	tag, _ := value{r: r}.at(root, "").mapping().get("language").scalar()
	return lang.For(tag).Tag
}

var languageLine = regexp.MustCompile(`(?m)^language:[ \t]*["']?([A-Za-z-]+)`)

// Locale is the tag of the environment's language, for messages. POSIX gives the order of
// the variables.
// https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html
func Locale(lookup Lookup) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if text, _ := lookup(name); text != "" {
			locale, _, _ := strings.Cut(text, ".")
			return lang.For(locale).Tag
		}
	}
	return lang.English().Tag
}
