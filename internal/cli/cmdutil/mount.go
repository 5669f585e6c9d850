package cmdutil

import (
	"fmt"
	"os"
	"path/filepath"
)

// MountFolder is the folder that --mount names, as an absolute path.
func (a *App) MountFolder(name string) (string, error) {
	if name == "" {
		return "", Usage("--mount is empty: it must be a folder", "--mount . is the folder that you are in")
	}
	folder, err := filepath.Abs(a.Path(name))
	if err != nil {
		return "", fmt.Errorf("--mount %s: %w", name, err)
	}
	switch info, err := os.Stat(folder); {
	case err != nil:
		return "", Usage(fmt.Sprintf("--mount %s: %v", name, err), "")
	case !info.IsDir():
		return "", Usage(fmt.Sprintf("--mount %s: it is not a folder", name), "mount the folder that the file is in")
	}
	return folder, nil
}
