//go:build !linux

package leftover

import (
	"os"
	"runtime"
	"syscall"
)

// space is empty: process numbers mean the same everywhere on this system.
func space() string { return "" }

// StartOf is "alive" for a process that exists and empty for one that does not: a later process with the same number
// cannot be told from it here, and what the earlier one has left then stays until that one ends too.
func StartOf(pid int) string {
	p, err := os.FindProcess(pid)
	if err != nil {
		return ""
	}
	defer p.Release()
	if runtime.GOOS != "windows" && p.Signal(syscall.Signal(0)) != nil {
		return ""
	}
	return "alive"
}
