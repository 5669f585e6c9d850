package docker

import (
	"testing"

	"github.com/moby/moby/api/types/mount"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

func TestWorkFolder(t *testing.T) {
	g := &group{engine: &Engine{options: Options{WorkFolder: "/home/me/project"}}}
	made, err := g.creation(engine.ContainerSpec{Name: "job", Command: []string{"ls"}}, "alpine:3")
	if err != nil {
		t.Fatal(err)
	}
	want := mount.Mount{Type: mount.TypeBind, Source: "/home/me/project", Target: "/mnt/pacific"}
	if len(made.HostConfig.Mounts) != 1 || made.HostConfig.Mounts[0] != want || made.Config.WorkingDir != "/mnt/pacific" {
		t.Errorf("mounts %+v in %q, want %+v", made.HostConfig.Mounts, made.Config.WorkingDir, want)
	}
	g = &group{engine: &Engine{}}
	if made, err = g.creation(engine.ContainerSpec{Name: "job", Command: []string{"ls"}}, "alpine:3"); err != nil {
		t.Fatal(err)
	}
	if len(made.HostConfig.Mounts) != 0 || made.Config.WorkingDir != "" {
		t.Errorf("without a folder: mounts %+v in %q", made.HostConfig.Mounts, made.Config.WorkingDir)
	}
}
