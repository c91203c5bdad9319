// Package e2e tests the whole program: built once, and run between a simulated
// Discord and a fake gateway.
package e2e
