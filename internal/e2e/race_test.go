//go:build race

package e2e

// raced reports whether the race detector looks on.
const raced = true
