package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// inMemory makes a folder in the memory file system, for the files of one test
// binary; "" where TMPDIR says where they go, or where there is too little room.
func inMemory() (dir string) {
	const (
		root   = "/dev/shm"
		room   = 4 << 30 // bytes
		noexec = 0x8     // ST_NOEXEC of statfs(2): tests run what they build
	)
	var fs syscall.Statfs_t
	if os.Getenv("TMPDIR") != "" || syscall.Statfs(root, &fs) != nil || fs.Bavail*uint64(fs.Bsize) < room || fs.Flags&noexec != 0 {
		return ""
	}
	removeLeftovers(root)
	dir, err := os.MkdirTemp(root, fmt.Sprintf(prefix+"%d-", os.Getpid()))
	if err != nil || os.Chmod(dir, 0o711) != nil { // PostgreSQL runs as another user
		return ""
	}
	return dir
}

const prefix = "mokabot-tests-"

// removeLeftovers removes the folders of test binaries that were killed.
func removeLeftovers(root string) {
	dirs, _ := filepath.Glob(filepath.Join(root, prefix+"*")) // the pattern is well-formed
	for _, dir := range dirs {
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(dir), prefix+"%d-", &pid); err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			os.RemoveAll(dir)
		}
	}
}
