//go:build unix

package e2e

import "syscall"

const halt, goOn = syscall.SIGSTOP, syscall.SIGCONT
