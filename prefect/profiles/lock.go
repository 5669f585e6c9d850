package profiles

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	// staleLock is when the lock of somebody who was killed is taken away: a change of the profiles takes milliseconds.
	staleLock = 5 * time.Second
	lockPause = 5 * time.Millisecond
)

// lockProfiles keeps other processes of ours from changing the file between reading and writing it, and waits for them.
// Prefect's own command line knows no lock; against it, [File.Save] compares. Where no lock can be made, as in a
// folder that is missing or may only be read, there is none: writing will say so better, and reading needs none.
func lockProfiles(path string) (unlock func()) {
	lock := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".lock")
	for {
		f, err := os.OpenFile(lock, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			_ = f.Close() // nothing was written
			return func() { _ = os.Remove(lock) }
		}
		if !errors.Is(err, fs.ErrExist) {
			return func() {}
		}
		if held, err := os.Lstat(lock); err == nil && time.Since(held.ModTime()) > staleLock {
			if os.Remove(lock) != nil {
				return func() {} // a folder of that name, or somebody else's: it must not stop us for ever
			}
			continue
		}
		time.Sleep(lockPause)
	}
}
