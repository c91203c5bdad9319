package discordtest

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// commandName is what a name must look like, and in lower case besides.
// https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-naming
var commandName = regexp.MustCompile(`^[-_'\p{L}\p{N}]{1,32}$`)

func named(name string, localised map[string]string) bool {
	for _, n := range append(values(localised), name) {
		if !commandName.MatchString(n) || strings.ToLower(n) != n {
			return false
		}
	}
	return true
}

func about(text string, localised map[string]string) bool {
	for _, t := range append(values(localised), text) {
		if n := utf8.RuneCountInString(t); n < 1 || n > 100 {
			return false
		}
	}
	return true
}

func values(m map[string]string) []string {
	var list []string
	for _, v := range m {
		list = append(list, v)
	}
	return list
}
