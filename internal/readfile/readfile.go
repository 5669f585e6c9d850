// Package readfile reads the files in which people and other programs keep settings: whatever stands in the place of such a
// file, reading it ends, and takes little memory.
package readfile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Max is how much a settings file may have. The largest that are known, of docker with many registries, have some
// hundred kilobytes.
const Max = 16 << 20

// Read reads a whole file. A pipe or a socket is an error: reading one waits, perhaps for ever, and no signal ends it. So is
// what has more than [Max] bytes, such as /dev/zero.
func Read(path string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0 {
		return nil, fmt.Errorf("%s is a pipe: give a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, Max+1))
	if err != nil {
		return nil, err
	}
	if len(text) > Max {
		return nil, fmt.Errorf("%s has more than %d MB: give a file of settings", path, Max>>20)
	}
	return text, nil
}
