//go:build !linux

package docker

import (
	"os"
	"runtime"
	"syscall"
)

// startOf is "alive" for a process that exists and empty for one that does not: a later process with the same number
// cannot be told from it here, and what the earlier one has left then stays until that one ends too.
func startOf(pid int) string {
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
