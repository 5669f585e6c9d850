package process_test

import (
	"os"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/enginetest"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/process"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv("PROCESS_TEST_EMULATOR"); folder != "" {
		emulator(folder, os.Getenv("PROCESS_TEST_FIFO"))
	}
	enginetest.Main(m)
}

// command is the command line of one of enginetest's programs.
func command(program ...string) []string {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return append([]string{self, enginetest.Marker}, program...)
}

func TestContract(t *testing.T) {
	enginetest.Run(t, enginetest.Target{
		New: func(t *testing.T) engine.Engine {
			folder := t.TempDir()
			// It ends after Close, so it sees what Close leaves.
			t.Cleanup(func() { wantEmpty(t, folder) })
			return process.New(process.Options{LookupEnv: os.LookupEnv, TempFolder: folder})
		},
		Spec: func(p ...string) *engine.ContainerSpec {
			// With the race detector, every program would wait a second before it ends.
			return &engine.ContainerSpec{Command: command(p...), Env: []string{"GORACE=atexit_sleep_ms=0"}}
		},
		ExecCommand: func(p ...string) string { return strings.Join(command(p...), " ") },
		MountPrefix: ".",
		Files:       true,
		Network:     true,
	})
}

func wantEmpty(t *testing.T, folder string) {
	t.Helper()
	left, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		t.Errorf("%s is left behind", f.Name())
	}
}
