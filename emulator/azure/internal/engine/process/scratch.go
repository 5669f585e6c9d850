package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/leftover"
)

// scratch is the folder of one group: v/N are its own volumes, c/NAME its containers' folders. All that we write goes
// through an os.Root, so that neither a name nor a link that a container left can lead us out of it.
type scratch struct {
	folder  string
	root    *os.Root
	volumes map[string]string // name of the volume: its folder, absolute

	mu      sync.Mutex
	current map[string]string // name of the container: its latest folder below root
	made    int
}

// newScratch makes the folder of a group, with a folder for each volume and its files. It removes the folder again if it
// cannot fill it.
func newScratch(folder string, volumes []engine.Volume) (_ *scratch, err error) {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	s := &scratch{folder: folder, root: root, volumes: map[string]string{}, current: map[string]string{}}
	defer func() {
		if err != nil {
			s.remove()
		}
	}()
	for _, d := range []string{"c", "v"} {
		if err := root.Mkdir(d, 0o700); err != nil {
			return nil, err
		}
	}
	for i, v := range volumes {
		if err := s.addVolume(path.Join("v", strconv.Itoa(i)), v); err != nil {
			return nil, fmt.Errorf("volume %q: %w", v.Name, err)
		}
	}
	return s, nil
}

func (s *scratch) addVolume(dir string, v engine.Volume) error {
	if v.Share != "" {
		s.volumes[v.Name] = v.Share
		return nil
	}
	if err := s.root.Mkdir(dir, 0o700); err != nil {
		return err
	}
	s.volumes[v.Name] = s.absolute(dir)
	if v.Folder != "" {
		if err := os.CopyFS(s.absolute(dir), os.DirFS(v.Folder)); err != nil {
			return err
		}
	}
	for name, content := range v.Files {
		if !plainName(name) {
			return fmt.Errorf("%q is not a file name: give one without a path", name)
		}
		if err := s.root.WriteFile(path.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// plainName reports whether a name stays in the folder it is put in.
func plainName(name string) bool {
	return name != "." && filepath.IsLocal(name) && !strings.ContainsAny(name, `/\`)
}

// container makes the fresh folder of a container that starts, without what an earlier one of its name left, and puts
// its volumes there.
func (s *scratch) container(spec engine.ContainerSpec, refuse func(string, ...any) error) (string, error) {
	if !plainName(spec.Name) {
		return "", refuse("%q is no name for a container: it cannot name a folder", spec.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	dir := path.Join("c", spec.Name)
	if earlier, ok := s.current[spec.Name]; ok {
		// The new folder has another name: a process of the earlier one may still be dying in the old.
		s.made++
		dir = path.Join("c", spec.Name+"."+strconv.Itoa(s.made))
		_ = s.root.RemoveAll(earlier) // if not now, then with the group
	}
	if err := s.root.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	s.current[spec.Name] = dir
	for _, m := range spec.Mounts {
		if err := s.mount(dir, m, refuse); err != nil {
			return "", err
		}
		writable := ""
		if m.ReadOnly {
			writable = " (and can be written to: a process has no read-only mounts)"
		}
		spec.Event("VolumeInScratchFolder", fmt.Sprintf("volume %s is not at %s but in the container's scratch folder: %s%s",
			m.Volume, m.Path, s.absolute(path.Join(dir, m.Path)), writable))
	}
	return s.absolute(dir), nil
}

// mount links a volume into a container's folder.
func (s *scratch) mount(dir string, m engine.Mount, refuse func(string, ...any) error) error {
	volume, ok := s.volumes[m.Volume]
	if !ok {
		return refuse("volume %q is mounted, but the group has no such volume", m.Volume)
	}
	below := strings.TrimPrefix(path.Clean(m.Path), "/")
	if !path.IsAbs(m.Path) || below == "" || !filepath.IsLocal(filepath.FromSlash(below)) ||
		strings.ContainsAny(m.Path, `:\`) || strings.Contains("/"+m.Path+"/", "/../") {
		return refuse("mount path %q is not usable: give an absolute path below /, without .. and without a colon", m.Path)
	}
	link := path.Join(dir, below)
	if err := s.root.MkdirAll(path.Dir(link), 0o700); err != nil {
		return refuse("mount path %s lies in another volume: the process engine cannot do that; mount them side by side", m.Path)
	}
	err := s.root.Symlink(volume, link)
	switch {
	case errors.Is(err, fs.ErrExist):
		return refuse("mount path %s is that of another volume, or above it: the process engine cannot do that; mount them side by side", m.Path)
	case err != nil:
		return refuse("volume %s cannot be linked to %s (on Windows links need the developer mode): %v", m.Volume, m.Path, err)
	}
	return nil
}

func (s *scratch) absolute(dir string) string {
	return filepath.Join(s.folder, filepath.FromSlash(dir))
}

// remove removes the folder, also what a program has made read-only, and while the last killed processes still die.
func (s *scratch) remove() error {
	defer s.root.Close()
	err := leftover.RemoveAll(s.folder)
	for wait := time.Millisecond; err != nil && wait < 2*time.Second; wait *= 2 {
		time.Sleep(wait)
		err = leftover.RemoveAll(s.folder)
	}
	return err
}
