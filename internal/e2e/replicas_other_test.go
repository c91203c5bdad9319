//go:build !unix

package e2e

import "syscall"

// Without these signals a process is not stopped. PostgreSQL is not started
// there either.
const halt, goOn = syscall.Signal(0), syscall.Signal(0)
