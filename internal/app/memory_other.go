//go:build !linux

package app

// dropProgramPages is for Linux.
func dropProgramPages() error { return nil }
