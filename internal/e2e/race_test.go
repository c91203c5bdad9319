//go:build race

package e2e

// raced tells whether the race detector looks on.
const raced = true
