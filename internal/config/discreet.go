package config

import "strings"

// discreet is what a problem may show of a text: a credential in
// the wrong place is a credential still.
func discreet(text string) string {
	return anyWord.ReplaceAllStringFunc(text, func(word string) string {
		if secretLike(word) || secretAddress(word) || strings.Contains(word, "${") && !harmlessVariable(word) {
			return "<hidden>"
		}
		return word
	})
}

// shorten is discreet, and not long.
func shorten(text string) string {
	const maxLength = 40
	text = discreet(text)
	if runes := []rune(text); len(runes) > maxLength {
		return string(runes[:maxLength]) + "…"
	}
	return text
}

// secretLike reports whether a word may be a credential: long enough, and of
// letters and digits mixed as no name, number or address mixes them.
func secretLike(word string) bool {
	var upper, lower, digits int
	for _, r := range word {
		switch {
		case r >= 'A' && r <= 'Z':
			upper++
		case r >= 'a' && r <= 'z':
			lower++
		case r >= '0' && r <= '9':
			digits++
		}
	}
	switch {
	case len(word) < 12:
		return false
	case upper > 0 && lower > 0 && digits > 0:
		return true
	case len(word) < 20:
		return false
	}
	const several = 4
	return digits >= several && upper+lower >= several || upper >= several && lower >= several && upper+lower+2 >= len(word)
}

// secretAddress reports whether a word is an address that may carry a
// credential, in front of its host or in its query.
func secretAddress(word string) bool {
	_, after, found := strings.Cut(word, "://")
	return found && strings.ContainsAny(after, "@?#") || strings.Contains(word, ":") && strings.Contains(word, "@")
}

// harmlessVariable reports whether a word is ${NAME} with a name such as
// variables have; anything else between the braces may be a credential.
func harmlessVariable(word string) bool {
	match := variable.FindStringSubmatch(word)
	return match != nil && usualVariable.MatchString(match[1]) && !secretLike(match[1])
}
