package app

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
)

// dropProgramPages drops the pages of the program's file from the process. Starting
// touches nearly all of them, running few; those are mapped again, from the file or from
// the system's cache, when they are needed.
func dropProgramPages() error {
	parts, err := ownParts()
	if err != nil {
		return err
	}
	for _, p := range parts {
		if _, _, failed := syscall.Syscall(syscall.SYS_MADVISE, p.begin, p.size, syscall.MADV_DONTNEED); failed != 0 {
			return failed
		}
	}
	return nil
}

// ownParts are the parts of this program's file. They stay what they are.
var ownParts = sync.OnceValues(func() (parts []part, err error) {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return nil, err
	}
	defer maps.Close()
	return programParts(maps, program)
})

// part is a stretch of memory.
type part struct{ begin, size uintptr }

// programParts reads /proc/self/smaps: the parts of the program's file that are
// in memory as they are in the file. Writable parts are left out, and so are parts
// that were written to before they became read-only: a linker that relocates the
// program does that, and dropping the pages would lose its work.
// https://man7.org/linux/man-pages/man5/proc_pid_smaps.5.html
func programParts(smaps io.Reader, program string) (parts []part, err error) {
	var at part
	ours := false
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		if p, name, writable, ok := mapping(lines.Text()); ok {
			at, ours = p, name == program && !writable
		} else if written, found := strings.CutPrefix(lines.Text(), "Anonymous:"); found && ours && strings.TrimSpace(written) == "0 kB" {
			parts = append(parts, at)
		}
	}
	return parts, lines.Err()
}

// mapping reads the line that begins the description of a part: where it is,
// which file it shows, and whether it can be written to.
func mapping(line string) (p part, file string, writable, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 5 {
		return p, "", false, false
	}
	var end uintptr
	if n, err := fmt.Sscanf(fields[0], "%x-%x", &p.begin, &end); n != 2 || err != nil || end <= p.begin {
		return p, "", false, false
	}
	p.size = end - p.begin
	return p, strings.Join(fields[5:], " "), strings.Contains(fields[1], "w"), true
}
