//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package leftover

import (
	"io/fs"
	"os"
	"syscall"
)

// lock holds a file until it is closed or the process ends; it fails where another has it.
func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// mine reports whether a folder is this user's own.
func mine(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
