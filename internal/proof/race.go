//go:build race

package proof

// Raced reports whether the race detector looks on.
const Raced = true
