package share_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/storage/share"
)

func TestStore(t *testing.T) {
	root := t.TempDir()
	st := share.NewStore(func() (string, error) { return root, nil })
	if entries, _ := os.ReadDir(root); len(entries) != 0 {
		t.Error("a store without shares has a folder")
	}
	first, created, err := st.Create("one", share.Change{})
	if err != nil || !created || first.Quota != share.DefaultQuota || !filepath.IsAbs(first.Folder) {
		t.Fatalf("%+v, %v, %v", first, created, err)
	}
	file := filepath.Join(first.Folder, "file")
	if err := os.WriteFile(file, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, created, err := st.Create("one", share.Change{Quota: 7, Metadata: map[string]string{"a": "b"}})
	if err != nil || created || again.Quota != 7 || again.Folder != first.Folder || again.ETag == first.ETag {
		t.Errorf("changed: %+v, %v, %v", again, created, err)
	}
	if kept, _ := st.Get("one"); kept.Quota != 7 || kept.Metadata["a"] != "b" {
		t.Errorf("kept: %+v", kept)
	}
	if text, _ := os.ReadFile(file); string(text) != "kept" {
		t.Error("a change of the share has lost its files")
	}
	if _, _, err := st.Create("another", share.Change{}); err != nil {
		t.Fatal(err)
	}
	if list := st.List(); len(list) != 2 || list[0].Name != "another" {
		t.Errorf("%+v", list)
	}
	if was, err := st.Delete("one"); !was || err != nil {
		t.Errorf("delete: %v, %v", was, err)
	}
	if was, err := st.Delete("one"); was || err != nil {
		t.Errorf("a second delete: %v, %v", was, err)
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a deleted share's file: %v", err)
	}
	if err := st.Close(); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(root); len(entries) != 0 {
		t.Errorf("left: %v", entries)
	}
	if _, _, err := st.Create("one", share.Change{}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

// Every user of a container may write to a share, and change what another has made there.
func TestEverybodyMayWrite(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	root := t.TempDir()
	st := share.NewStore(func() (string, error) { return root, nil })
	s, _, err := st.Create("one", share.Change{})
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(s.Folder); info.Mode().Perm() != 0o777 {
		t.Errorf("the share's mode is %v", info.Mode())
	}
	if info, _ := os.Stat(filepath.Dir(s.Folder)); info.Mode().Perm() != 0o700 {
		t.Errorf("the mode of what is above is %v", info.Mode())
	}
}

// A folder that a container has closed, as Go's cache of modules is, goes with its share.
func TestClosedFolder(t *testing.T) {
	if os.Getuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("nothing is closed to this user")
	}
	st := share.NewStore(func() (string, error) { return t.TempDir(), nil })
	s, _, err := st.Create("one", share.Change{})
	if err != nil {
		t.Fatal(err)
	}
	closed := filepath.Join(s.Folder, "closed", "inner")
	if err := os.MkdirAll(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(closed, "file"), nil, 0o400); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{closed, filepath.Dir(closed)} {
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := st.Delete("one"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.Folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the share's folder: %v", err)
	}
}

func TestNoFolder(t *testing.T) {
	refused := errors.New("no room")
	st := share.NewStore(func() (string, error) { return "", refused })
	if _, _, err := st.Create("one", share.Change{}); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if len(st.List()) != 0 {
		t.Error("a share without a folder")
	}
}
