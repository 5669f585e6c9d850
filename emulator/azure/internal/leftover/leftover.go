// Package leftover finds what an emulator left behind that was killed: folders, and whatever
// carries the name of its owner. [Make] makes a folder that belongs to this process, [Sweep]
// removes those of processes that are gone; [Owner] and [Dead] do the same for labels.
//
// Nothing that may belong to a living process is ever taken for a leftover: folders are held by
// a lock that only the end of the process releases, and an owner is a process number with its
// start on one machine, in one sandbox.
package leftover

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ownerFile is in every folder; its owner holds a lock on it.
const ownerFile = ".owner"

// Folder belongs to this process until Remove.
type Folder struct {
	// Path is the folder's absolute path.
	Path string
	lock *os.File
}

// Make makes a folder of mode 0700 in parent (empty: the system's folder for temporary files).
func Make(parent, prefix string) (*Folder, error) {
	path, err := os.MkdirTemp(parent, prefix)
	if err != nil {
		return nil, err
	}
	f := &Folder{Path: path}
	// The file gets its name when it is locked: a sweeper in between must not find it free.
	if f.lock, err = os.CreateTemp(path, ownerFile+"-"); err == nil {
		_, err = fmt.Fprintf(f.lock, "%d %s\n", os.Getpid(), StartOf(os.Getpid()))
	}
	if err == nil {
		err = lock(f.lock)
	}
	if err == nil {
		err = os.Rename(f.lock.Name(), filepath.Join(path, ownerFile))
	}
	if err != nil {
		_ = f.Remove()
		return nil, fmt.Errorf("making a folder in %s: %w", filepath.Dir(path), err)
	}
	return f, nil
}

// Remove removes the folder and all that is in it.
func (f *Folder) Remove() error {
	if f.lock != nil {
		f.lock.Close()
	}
	return RemoveAll(f.Path)
}

// RemoveAll is os.RemoveAll, and removes also what a program has closed to its own user: Go's cache of modules, for one, has
// folders that nobody may write to.
func RemoveAll(path string) error {
	err := os.RemoveAll(path)
	if err == nil {
		return nil
	}
	if info, err := os.Lstat(path); err == nil && info.IsDir() {
		_ = os.Chmod(path, 0o700)
	}
	root, openErr := os.OpenRoot(path) // no link that a program left leads out of it
	if openErr != nil {
		return err
	}
	defer root.Close()
	_ = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, _ error) error {
		if d != nil && d.IsDir() {
			// WalkDir comes here before it reads the folder, and a second time if it cannot.
			_ = root.Chmod(name, 0o700)
		}
		return nil
	})
	return os.RemoveAll(path)
}

// Sweep removes the folders in parent (empty: the system's) that [Make] has made with this prefix and whose process is
// gone. Before that clean, if any, gets each path and the start of its process, as [StartOf] tells it. What cannot be
// read or removed is left for another time.
func Sweep(parent, prefix string, clean func(path, since string)) {
	if parent == "" {
		parent = os.TempDir()
	}
	entries, _ := os.ReadDir(parent)
	for _, entry := range entries {
		if entry.IsDir() && strings.HasPrefix(entry.Name(), prefix) {
			sweep(filepath.Join(parent, entry.Name()), clean)
		}
	}
}

func sweep(path string, clean func(path, since string)) {
	if info, err := os.Lstat(path); err != nil || !mine(info) {
		return
	}
	held, err := os.OpenFile(filepath.Join(path, ownerFile), os.O_RDWR, 0)
	if err != nil {
		return // it is being made, or not one of ours
	}
	defer held.Close()
	if lock(held) != nil {
		return // its process lives
	}
	text := make([]byte, 64)
	n, _ := held.Read(text)
	if _, since, ok := strings.Cut(strings.TrimSpace(string(text[:n])), " "); ok && clean != nil {
		clean(path, since)
	}
	held.Close()
	_ = RemoveAll(path)
}

// Owner names this process in a label: host/sandbox/process number/its start.
func Owner() string {
	host, _ := os.Hostname()
	plain := strings.NewReplacer("/", "-")
	return strings.Join([]string{plain.Replace(host), plain.Replace(space()), strconv.Itoa(os.Getpid()), StartOf(os.Getpid())}, "/")
}

// Dead reports whether an owner is certainly gone: a process of this machine and this sandbox that is no more.
func Dead(owner string) bool {
	own, parts := strings.Split(Owner(), "/"), strings.Split(owner, "/")
	if len(parts) != len(own) || parts[0] != own[0] || parts[1] != own[1] {
		return false
	}
	pid, err := strconv.Atoi(parts[2])
	return err == nil && StartOf(pid) != parts[3]
}
