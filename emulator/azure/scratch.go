package azureemulator

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/pacific-aci/pacific/emulator/azure/internal/leftover"
)

// scratch is a server's folder for what is too large for memory and for what containers mount, made when it is first needed. A folder that a killed
// process left is removed by the next [Start].
type scratch struct {
	mu      sync.Mutex
	removed bool
	folder  *leftover.Folder
}

// path is the folder, which only this user can read.
func (s *scratch) path() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.removed {
		return "", fs.ErrClosed
	}
	if s.folder == nil {
		folder, err := leftover.Make("", folderPrefix)
		if err != nil {
			return "", fmt.Errorf("making the emulator's folder for images and files: %w", err)
		}
		s.folder = folder
	}
	return s.folder.Path, nil
}

// remove removes the folder with all that is in it.
func (s *scratch) remove() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removed = true
	if s.folder == nil {
		return nil
	}
	if err := s.folder.Remove(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the emulator's folder for images and files: %w", err)
	}
	s.folder = nil
	return nil
}
