package cli

import (
	"os"
	"syscall"
)

// UseTempFolder has the process keep its temporary files in memory where the disk takes none: in an image without a /tmp, and
// in a container whose disk is read-only. TMPDIR, if it is set, stays as it is.
func UseTempFolder() {
	const disk, memory = "/tmp", "/dev/shm"
	if os.Getenv("TMPDIR") == "" && !takesFiles(disk) && takesFiles(memory) {
		_ = os.Setenv("TMPDIR", memory) // neither text has anything that Setenv refuses
	}
}

// takesFiles reports whether this process may make files in a folder.
func takesFiles(folder string) bool {
	const writeAndSearch = 2 | 1 // W_OK and X_OK of access(2), which also tells of a disk that is read-only
	info, err := os.Stat(folder)
	return err == nil && info.IsDir() && syscall.Access(folder, writeAndSearch) == nil
}
