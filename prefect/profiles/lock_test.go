package profiles_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect/profiles"
)

// Nobody's change is lost when many change the profiles at once, and no lock stays behind.
func TestProfilesChangedAtOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "profiles.toml")
	const n = 20
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			err := profiles.Update(path, func(p *profiles.File) error { return p.Create(fmt.Sprint("p", i)) })
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	p := must(profiles.Read(path))(t)
	for i := range n {
		if profile, ok := p.Profile(fmt.Sprint("p", i)); !ok || profile.Packaged {
			t.Errorf("profile p%d is lost", i)
		}
	}
	if left := must(os.ReadDir(dir))(t); len(left) != 1 {
		t.Errorf("got %v, want the profiles alone", left)
	}
}

// The lock of a process that was killed is taken away after a while.
func TestProfilesLockedByTheDead(t *testing.T) {
	dir := t.TempDir()
	path, lock := filepath.Join(dir, "profiles.toml"), filepath.Join(dir, ".profiles.toml.lock")
	check(t, os.WriteFile(lock, nil, 0o600))
	old := time.Now().Add(-time.Hour)
	check(t, os.Chtimes(lock, old, old))
	check(t, profiles.Update(path, func(p *profiles.File) error { return p.Create("p") }))
	if _, err := os.Stat(lock); !os.IsNotExist(err) {
		t.Errorf("the lock is still there: %v", err)
	}
}

// What somebody who was killed left half-written may hold a key, and goes with the next write; what is fresh may be at work.
func TestHalfWrittenProfilesAreSwept(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "profiles.toml")
	old, fresh := filepath.Join(dir, ".profiles.toml.123"), filepath.Join(dir, ".profiles.toml.456")
	for _, name := range []string{old, fresh, filepath.Join(dir, ".profiles.toml.bak")} {
		check(t, os.WriteFile(name, []byte("x"), 0o600))
	}
	long := time.Now().Add(-time.Hour)
	check(t, os.Chtimes(old, long, long))
	check(t, os.Chtimes(filepath.Join(dir, ".profiles.toml.bak"), long, long))
	check(t, profiles.Update(path, func(p *profiles.File) error { return p.Create("mine") }))
	var names []string
	for _, entry := range must(os.ReadDir(dir))(t) {
		names = append(names, entry.Name())
	}
	same(t, "files", names, []string{".profiles.toml.456", ".profiles.toml.bak", "profiles.toml"})
}
