package cli

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// ReleasePages unmaps the pages of this program's file, for Env.ReleasePages. The kernel still caches them: what is used again is
// mapped again, without a read from the disk as long as memory is not short. Nobody is told of a failure, which costs memory only.
//
// Much of a program runs at its start alone, and the kernel maps 64 KB around each page that is touched. Without this they stay
// mapped, and count as the process's, until memory is short.
func ReleasePages() {
	smaps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer smaps.Close()
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	for _, m := range filePages(smaps, program) {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, m.start, m.end-m.start, syscall.MADV_DONTNEED)
	}
}

// mapping is a range of addresses.
type mapping struct{ start, end uintptr }

// filePages are the mappings of a file whose pages are all as the file has them, by the text of /proc/PID/smaps. Others, such as
// those that a dynamic linker has relocated or a debugger changed, would lose their changes.
func filePages(smaps io.Reader, file string) (found []mapping) {
	var m mapping
	ours := false
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) < 2:
		case !strings.HasSuffix(fields[0], ":"): // the first line of a mapping
			var err error
			m, err = parseMapping(fields[0])
			ours = err == nil && strings.HasSuffix(lines.Text(), " "+file) && !strings.Contains(fields[1], "w")
		case ours && fields[0] == "Anonymous:" && fields[1] == "0":
			found = append(found, m)
		}
	}
	return found
}

// parseMapping parses a range of addresses such as 00400000-0143b000.
func parseMapping(text string) (mapping, error) {
	start, end, _ := strings.Cut(text, "-")
	from, err := strconv.ParseUint(start, 16, strconv.IntSize)
	if err != nil {
		return mapping{}, err
	}
	to, err := strconv.ParseUint(end, 16, strconv.IntSize)
	return mapping{uintptr(from), uintptr(to)}, err
}
