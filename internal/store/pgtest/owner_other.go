//go:build !unix

package pgtest

import "os/exec"

const supported = false

func own(string) error     { return nil }
func asOwner(*exec.Cmd)    {}
func detach(cmd *exec.Cmd) {}
