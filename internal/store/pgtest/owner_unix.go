//go:build unix

package pgtest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

const supported = true

// postgres does not run as root, so that root runs it as Debian's user for it.
const unprivileged = "postgres"

func owner() (uid, gid int, err error) {
	u, err := user.Lookup(unprivileged)
	if err != nil {
		return 0, 0, err
	}
	if uid, err = strconv.Atoi(u.Uid); err != nil {
		return 0, 0, err
	}
	gid, err = strconv.Atoi(u.Gid)
	return uid, gid, err
}

// own gives a folder to the user that the server runs as.
func own(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	uid, gid, err := owner()
	if err != nil {
		return err
	}
	return os.Chown(dir, uid, gid)
}

// asOwner lets a program run as that user, out of the terminal's reach.
func asOwner(cmd *exec.Cmd) {
	detach(cmd)
	if os.Geteuid() != 0 {
		return
	}
	if uid, gid, err := owner(); err == nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
}

// detach keeps a program from ending by the terminal's interrupt before it has
// cleaned up.
func detach(cmd *exec.Cmd) {
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}
