package leftover

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// lock holds a file until it is closed or the process ends; it fails where another has it.
func lock(f *os.File) error {
	// A byte behind the text, which others may read.
	at := &windows.Overlapped{Offset: 1 << 20}
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
}

// mine is true: a user's folder for temporary files is that user's alone.
func mine(fs.FileInfo) bool { return true }
