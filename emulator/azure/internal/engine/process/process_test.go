package process_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/enginetest"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/process"
)

// bench is a group of an engine whose folder is checked to be empty after Close.
type bench struct {
	group  engine.Group
	engine engine.Engine
	folder string
}

func newBench(t *testing.T, env map[string]string, volumes ...engine.Volume) *bench {
	t.Helper()
	b := &bench{folder: t.TempDir()}
	b.engine = process.New(process.Options{
		LookupEnv: func(k string) (string, bool) { v, ok := env[k]; return v, ok },
		BinFolder: "/pacific/bin", TempFolder: b.folder,
	})
	t.Cleanup(func() {
		if err := b.engine.Close(); err != nil {
			t.Error(err)
		}
		wantEmpty(t, b.folder)
	})
	g, err := b.engine.NewGroup(t.Context(), engine.GroupSpec{Name: "group", Volumes: volumes})
	if err != nil {
		t.Fatal(err)
	}
	b.group = g
	return b
}

// events collects a container's events.
type events []string

func (e *events) add(name, message string) { *e = append(*e, name+": "+message) }

// run runs a container to its end.
func (b *bench) run(t *testing.T, spec engine.ContainerSpec) (code int, log string) {
	t.Helper()
	c, out := b.start(t, spec)
	<-c.Done()
	return c.Exit().Code, out.String()
}

func (b *bench) start(t *testing.T, spec engine.ContainerSpec) (engine.Container, *enginetest.Log) {
	t.Helper()
	if spec.Name == "" {
		spec.Name = "job"
	}
	out := &enginetest.Log{}
	spec.Output = out
	c, err := b.group.Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return c, out
}

func TestNoCommand(t *testing.T) {
	b := newBench(t, nil)
	for _, command := range [][]string{nil, {}, {"/opt/prefect/entrypoint.sh"}} {
		_, err := b.group.Start(t.Context(), engine.ContainerSpec{Name: "job", Image: "some/image:1", Command: command})
		refused, ok := errors.AsType[*engine.StartError](err)
		if !ok || !strings.Contains(refused.Message, "no command") || !strings.Contains(refused.Message, "some/image:1") {
			t.Errorf("%q: got %v, want a *StartError that names the image", command, err)
		}
	}
}

func TestPullLooksNothingUp(t *testing.T) {
	b := newBench(t, nil)
	image, err := b.group.Pull(t.Context(), engine.PullSpec{Image: "no.such.registry.invalid/image"})
	if diff := cmp.Diff(engine.Image{}, image); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestBadSpecs(t *testing.T) {
	b := newBench(t, nil, engine.Volume{Name: "v"})
	for name, spec := range map[string]engine.ContainerSpec{
		"no name":         {},
		"name is a path":  {Name: "../job"},
		"name is dots":    {Name: ".."},
		"no variable":     {Name: "job", Env: []string{"=x"}},
		"no value":        {Name: "job", Env: []string{"A"}},
		"NUL":             {Name: "job", Env: []string{"A=\x00secret"}},
		"same mount path": {Name: "job", Mounts: []engine.Mount{{Volume: "v", Path: "/mnt/x"}, {Volume: "v", Path: "/mnt/x/"}}},
		"mount in mount":  {Name: "job", Mounts: []engine.Mount{{Volume: "v", Path: "/mnt/x"}, {Volume: "v", Path: "/mnt/x/y"}}},
		"mount above":     {Name: "job", Mounts: []engine.Mount{{Volume: "v", Path: "/mnt/x/y"}, {Volume: "v", Path: "/mnt/x"}}},
		"mount climbs":    {Name: "job", Mounts: []engine.Mount{{Volume: "v", Path: "/mnt/x/../y"}}},
		"windows path":    {Name: "job", Mounts: []engine.Mount{{Volume: "v", Path: `/mnt\..\x`}}},
	} {
		spec.Command = command("exit", "0")
		_, err := b.group.Start(t.Context(), spec)
		if refused, ok := errors.AsType[*engine.StartError](err); !ok || strings.Contains(refused.Message, "secret") {
			t.Errorf("%s: got %v, want a *StartError", name, err)
		}
	}
}

func TestBadVolumes(t *testing.T) {
	b := newBench(t, nil)
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, "/x"} {
		_, err := b.engine.NewGroup(t.Context(), engine.GroupSpec{Name: "bad", Volumes: []engine.Volume{
			{Name: "v", Files: map[string][]byte{name: []byte("s3cret")}},
		}})
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("file %q: got %v, want an error without the secret", name, err)
		}
	}
}

func TestVolumesAreInTheScratchFolder(t *testing.T) {
	b := newBench(t, nil, engine.Volume{Name: "secret", Files: map[string][]byte{"key": []byte("s3cret")}})
	var told events
	c, log := b.start(t, engine.ContainerSpec{
		Command: command("graceful"), Event: told.add,
		Mounts: []engine.Mount{{Volume: "secret", Path: "/mnt/secret"}},
	})
	log.Wait(t, "ready")
	if len(told) != 1 || !strings.Contains(told[0], "VolumeInScratchFolder: volume secret is not at /mnt/secret ") || strings.Contains(told[0], "s3cret") {
		t.Errorf("events: %q", told)
	}
	var files []string
	err := filepath.WalkDir(b.folder, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == b.folder || runtime.GOOS == "windows" {
			return err
		}
		info, err := os.Stat(p)
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if info.IsDir() {
			want = 0o700
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %v, want %v", p, got, want)
		}
		files = append(files, filepath.Base(p))
		return nil
	})
	if err != nil || !slices.Contains(files, "key") {
		t.Errorf("%v, files: %q", err, files)
	}
	c.Stop(0)
	<-c.Done()
}

func TestNothingIsMadeBeforeTheFirstGroup(t *testing.T) {
	folder := t.TempDir()
	e := process.New(process.Options{TempFolder: folder})
	wantEmpty(t, folder)
	if e.Name() != "process" {
		t.Errorf("name: got %q", e.Name())
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	e = process.New(process.Options{TempFolder: filepath.Join(folder, "missing")})
	if _, err := e.NewGroup(t.Context(), engine.GroupSpec{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a group without a temporary folder: got %v", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
