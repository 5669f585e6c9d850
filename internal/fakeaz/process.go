package fakeaz

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pacific-aci/pacific/azcli"
)

// The environment of an az that a runner starts: its program, and where the Az answers that it runs for.
const (
	program = "FAKE_AZ"
	address = "FAKE_AZ_ADDRESS"
)

// Main builds the az of [Runner], runs the tests and returns their exit code. TestMain of a package with a Runner is no
// more than os.Exit(fakeaz.Main(m)).
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "fakeaz")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "az.exe") // any other system takes that name, too
	build := exec.Command("go", "build", "-o", path, "github.com/pacific-aci/pacific/internal/fakeaz/az")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the fake az: %v\n%s", err, out)
		return 1
	}
	os.Setenv(program, path)
	return m.Run()
}

// Runner is a runner whose az is the one that [Main] built. run answers for it: [Az.Run], or something around that. A
// command whose process is gone when run returns has ended without output.
func Runner(t testing.TB, run func(argv []string) Output) *azcli.Runner {
	t.Helper()
	path := os.Getenv(program)
	if path == "" {
		t.Fatal("TestMain does not call fakeaz.Main")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				var argv []string
				if json.NewDecoder(conn).Decode(&argv) == nil {
					_ = json.NewEncoder(conn).Encode(run(argv))
				}
			}()
		}
	}()
	return &azcli.Runner{Path: path, Env: append(os.Environ(), address+"="+listener.Addr().String())}
}
