package config

import "strings"

// didYouMean is "; did you mean X?" when one of the known words is near.
func didYouMean(word string, known []string) string {
	best := Closest(word, known)
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// Closest returns the known word that a mistyped one was probably meant to be,
// or "" when none is near.
func Closest(word string, known []string) string {
	best, least := "", 1+max(1, len(word)/3)
	for _, candidate := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance is how many letters must be added, removed or changed to make b of a.
func distance(a, b string) int {
	const longest = 64 // nothing that long is a slip of a known word
	if len(a) > longest || len(b) > longest {
		return longest
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
