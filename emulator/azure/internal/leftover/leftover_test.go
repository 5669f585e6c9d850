package leftover_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/leftover"
)

// TestMain makes a folder and waits to be killed where a test wants another process.
func TestMain(m *testing.M) {
	if parent := os.Getenv("LEFTOVER_TEST_PARENT"); parent != "" {
		f, err := leftover.Make(parent, "mine-")
		if err != nil {
			panic(err)
		}
		os.Stdout.WriteString(f.Path + "\n")
		_, _ = os.Stdin.Read(make([]byte, 1)) // until it is killed
		return
	}
	os.Exit(m.Run())
}

// The folder of a killed process goes with the next sweep; that of a living one, of this process and all others stay.
func TestSweep(t *testing.T) {
	parent := t.TempDir()
	own, err := leftover.Make(parent, "mine-")
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"mine-without-owner", "yours-1"} {
		if err := os.Mkdir(filepath.Join(parent, other), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(parent, "mine-file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LEFTOVER_TEST_PARENT="+parent)
	stdin, _ := cmd.StdinPipe()
	defer stdin.Close()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 4096)
	n, _ := out.Read(line)
	theirs := strings.TrimSpace(string(line[:n]))
	start := leftover.StartOf(cmd.Process.Pid)

	sweep := func() (swept []string) {
		leftover.Sweep(parent, "mine-", func(path, since string) { swept = append(swept, path+" "+since) })
		return swept
	}
	if got := sweep(); len(got) != 0 {
		t.Errorf("while all live, swept %q", got)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if got := sweep(); len(got) != 1 || got[0] != theirs+" "+start {
		t.Errorf("swept %q, want %s %s", got, theirs, start)
	}
	left, err := os.ReadDir(parent)
	if err != nil || len(left) != 4 {
		t.Errorf("left are %v, %v", left, err)
	}
	if _, err := os.Stat(own.Path); err != nil {
		t.Error(err)
	}
	if err := own.Remove(); err != nil {
		t.Error(err)
	}
}
