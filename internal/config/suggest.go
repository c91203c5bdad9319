package config

import (
	"slices"
	"strings"
)

// Closest returns the known word that is most similar to a mistyped one, else the
// first that it abbreviates, or "" if no word is similar enough.
func Closest(word string, known []string) string {
	best, minDistance := "", 1+max(1, len(word)/3)
	for _, candidate := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate)); d < minDistance {
			best, minDistance = candidate, d
		}
	}
	if best == "" && len(word) >= 3 {
		if i := slices.IndexFunc(known, func(k string) bool { return strings.HasPrefix(k, strings.ToLower(word)) }); i >= 0 {
			return known[i]
		}
	}
	return best
}

// distance is how many letters must be added, removed, changed or swapped with
// the next one to turn a into b.
func distance(a, b string) int {
	const maxWord = 64 // nothing that long is a slip of a known word
	if len(a) > maxWord || len(b) > maxWord {
		return maxWord
	}
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, row[j]+1, last[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
