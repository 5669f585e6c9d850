package docker

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/leftover"
)

func TestDead(t *testing.T) {
	host, pid, start := parts(self())
	other := strconv.Itoa(os.Getppid())
	machine, _, _ := strings.Cut(host, "/")
	for _, tt := range []struct {
		name, owner string
		want        bool
	}{
		{"we", self(), false},
		{"a living process", host + "/" + other + "/" + leftover.StartOf(os.Getppid()), false},
		{"a process that never was", host + "/999999999/1", true},
		{"our number, of an earlier process", host + "/" + pid + "/" + start + "0", true},
		{"another machine's", "other-" + host + "/999999999/1", false},
		{"another sandbox's", machine + "/pid:[1]/999999999/1", false},
		{"no owner", "", false},
		{"no number", host + "/x/1", false},
		{"too short", host + "/999999999", false},
		{"too long", host + "/999999999/1/1", false},
	} {
		if got := dead(tt.owner); got != tt.want {
			t.Errorf("%s (%s): got %v, want %v", tt.name, tt.owner, got, tt.want)
		}
	}
}

func parts(owner string) (host, pid, start string) {
	p := strings.Split(owner, "/")
	return p[0] + "/" + p[1], p[2], p[3]
}

func TestEnvironmentOnce(t *testing.T) {
	got, err := environment(engine.ContainerSpec{Env: []string{"A=1", "B=2", "A=3=4", "C="}})
	if want := []string{"A=3=4", "B=2", "C="}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	for _, bad := range []string{"", "A", "=1", "A=\x00s3cret"} {
		_, err := environment(engine.ContainerSpec{Env: []string{bad}})
		if _, ok := errors.AsType[*engine.StartError](err); !ok || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: got %v, want a *StartError without the value", bad, err)
		}
	}
}

func TestUsablePath(t *testing.T) {
	for p, want := range map[string]bool{
		"/mnt/x": true, "/mnt/x/": true, "/..x/y": true, "": false, "/": false, "//": false, "mnt": false, "./mnt": false,
		"/mnt/../etc": false, "/mnt/..": false, "/..": false, "/a:b": false, `/a\b`: false, "/a\x00": false,
	} {
		if got := usablePath(p); got != want {
			t.Errorf("%q: got %v, want %v", p, got, want)
		}
	}
}

func TestStartFailure(t *testing.T) {
	for message, want := range map[string]int{
		`OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "/no": stat /no: no such file or directory: unknown`: 127,
		`exec: "no": executable file not found in $PATH`:                                                                127,
		`starting container process caused: exec: "/etc": permission denied`:                                            126,
		`runc: exec format error`:                                                                                       126,
		`driver failed programming external connectivity: port is already allocated`:                                    0,
		`error while mounting volume: no such file or directory`:                                                        0,
		`OCI runtime exec failed: cgroup trouble`:                                                                       0,
		`runc: runc create failed: unable to start container process: exec: "/dir": is a directory: unknown: OCI error`: 126,
	} {
		if got := startFailure(message); got != want {
			t.Errorf("%s: got %d, want %d", message, got, want)
		}
	}
}

// The pause program is machine code that nothing else checks: run it, and see it in its system call.
func TestPauseProgram(t *testing.T) {
	if _, err := pauseProgram("s390x"); err == nil {
		t.Error("there is a pause program for an architecture without one")
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the program is for Linux, and its system call is looked for by amd64's number")
	}
	program, err := pauseProgram(runtime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/pause"
	if err := os.WriteFile(file, program, 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := os.StartProcess(file, []string{"pause"}, &os.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Wait()
	defer p.Kill()
	for {
		call, err := os.ReadFile("/proc/" + strconv.Itoa(p.Pid) + "/syscall")
		if err != nil {
			t.Fatalf("the program is gone: %v", err)
		}
		if strings.HasPrefix(string(call), "34 ") { // pause
			return
		}
		if t.Context().Err() != nil {
			t.Fatalf("the program is in system call %s", call)
		}
	}
}

func TestPauseImage(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		image, err := pauseImage(arch)
		if err != nil {
			t.Fatal(err)
		}
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if config.OS != "linux" || config.Architecture != arch || len(config.Config.Entrypoint) != 1 {
			t.Errorf("%s: got %+v", arch, config)
		}
	}
}
