// Package link finds the file that is to be replaced where a path may lead over symbolic links.
package link

import (
	"fmt"
	"os"
	"path/filepath"
)

// maxLinks ends symbolic links that lead in a circle.
const maxLinks = 40

// Target is the file that a path leads to. Unlike with [filepath.EvalSymlinks], nothing need be there: neither the file nor
// the folders on the way to it. A rename to the path itself would put a file in the place of the link.
func Target(path string) (string, error) {
	at := path
	for range maxLinks {
		// A relative link counts from the folder where it really is.
		if folder, err := filepath.EvalSymlinks(filepath.Dir(at)); err == nil {
			at = filepath.Join(folder, filepath.Base(at))
		}
		to, err := os.Readlink(at)
		if err != nil { // it is no link, or nothing is there
			return at, nil
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(at), to)
		}
		at = to
	}
	return "", fmt.Errorf("%s: too many symbolic links", path)
}
