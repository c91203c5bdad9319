package config

// discreet is what a problem may show of a text: a credential that stands in
// the wrong place is a credential still.
func discreet(text string) string {
	return words.ReplaceAllStringFunc(text, func(word string) string {
		if secretLike(word) {
			return "<hidden>"
		}
		return word
	})
}

// shorten is discreet, and not long.
func shorten(text string) string {
	const most = 40
	text = discreet(text)
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// secretLike tells whether a word may be a credential: long enough, and of
// letters and digits mixed as no name, number or address mixes them.
func secretLike(word string) bool {
	const short, long, some = 12, 20, 4
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
	mixed := upper > 0 && lower > 0 && digits > 0
	return len(word) >= short && mixed || len(word) >= long && digits >= some && upper+lower >= some
}
