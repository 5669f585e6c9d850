//go:build unix

package process_test

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/enginetest"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/process"
)

// sh is a container that runs a shell script.
func sh(script string) engine.ContainerSpec {
	return engine.ContainerSpec{Name: "job", Command: []string{"/bin/sh", "-c", script}}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("PACIFIC_TEST_LEAK", "must not be seen")
	for _, tt := range []struct {
		name string
		ours map[string]string
		own  []string
		want string
	}{
		{"defaults", nil, nil, "HOME=W LANG=C.UTF-8 PATH=/pacific/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TMPDIR=W"},
		{"ours", map[string]string{"PATH": "/usr/bin:/bin", "LANG": "de_DE.UTF-8", "AZURE_CLIENT_SECRET": "s", "HOME": "/root"}, nil,
			"HOME=W LANG=de_DE.UTF-8 PATH=/pacific/bin:/usr/bin:/bin TMPDIR=W"},
		{"our folder is there already", map[string]string{"PATH": "/pacific/bin:/usr/bin:/pacific/bin/:/bin::/pacific/bin"}, nil,
			"HOME=W LANG=C.UTF-8 PATH=/pacific/bin:/usr/bin:/bin: TMPDIR=W"},
		{"its own on top", map[string]string{"PATH": "/bin"}, []string{"HOME=/home", "A=1", "PATH=/usr/bin", "A=2"}, "A=2 HOME=/home LANG=C.UTF-8 PATH=/usr/bin TMPDIR=W"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, tt.ours)
			code, log := b.run(t, engine.ContainerSpec{Command: []string{"env"}, Env: tt.own})
			lines := strings.Fields(log)
			slices.Sort(lines)
			_, folder, _ := strings.Cut(lines[len(lines)-1], "=") // TMPDIR
			got := strings.ReplaceAll(strings.Join(lines, " "), folder, "W")
			if code != 0 || !strings.HasPrefix(folder, b.folder) {
				t.Errorf("code %d, folder %s", code, folder)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("environment (-want +got):\n%s", diff)
			}
		})
	}
}

// A process sees this machine's files, so it is told of the authorities where they are.
func TestAuthorities(t *testing.T) {
	b := newBench(t, nil)
	spec := sh(`echo "$SSL_CERT_FILE $CURL_CA_BUNDLE"`)
	spec.CAFile, spec.Env = "/some/bundle.pem", []string{"CURL_CA_BUNDLE=/own.pem"}
	if code, log := b.run(t, spec); code != 0 || log != "/some/bundle.pem /own.pem\n" {
		t.Errorf("got %d %q", code, log)
	}
}

func TestPrograms(t *testing.T) {
	bin := t.TempDir()
	for name, f := range map[string]struct {
		mode os.FileMode
		text string
	}{
		"good":        {0o755, "#!/bin/sh\necho good\n"},
		"unreadable":  {0o644, "#!/bin/sh\n"},
		"interpreter": {0o755, "#!/no/such/interpreter\n"},
		"crlf":        {0o755, "#!/bin/sh\r\necho never\r\n"},
		"relative":    {0o755, "#!no/such/interpreter -x\n"},
		"nested":      {0o755, "#!" + bin + "/interpreter\n"},
		"garbage":     {0o755, "\x7fnot a program"},
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(f.text), f.mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		program string
		code    int
		log     string
	}{
		{"good", 0, "good"},
		{bin + "/good", 0, "good"},
		{"./good", 127, "./good: not found on this machine"},
		{"missing", 127, "missing: not found on this machine"},
		{"", 127, "not found"},
		{"/no/such/program", 127, "/no/such/program: not found on this machine"},
		{"unreadable", 126, "unreadable: cannot be run"},
		{bin + "/unreadable", 126, "cannot be run"},
		{bin, 126, "cannot be run"},
		{"interpreter", 127, `pacific: interpreter: cannot be run on this machine: its first line, "#!/no/such/interpreter", names the interpreter /no/such/interpreter, which is not there` + "\n"},
		{bin + "/interpreter", 127, "names the interpreter /no/such/interpreter, which is not there"},
		{"relative", 127, "names the interpreter no/such/interpreter, which is not there"},
		{"crlf", 127, `pacific: crlf: cannot be run on this machine: its first line, "#!/bin/sh\r", ends in a carriage return`},
		{"nested", 127, "the first line of its interpreter " + bin + `/interpreter, "#!/no/such/interpreter", names the interpreter /no/such/interpreter`},
		{"garbage", 126, "garbage: cannot be run"},
	} {
		t.Run(tt.program, func(t *testing.T) {
			b := newBench(t, map[string]string{"PATH": bin})
			code, log := b.run(t, engine.ContainerSpec{Command: []string{tt.program}})
			if code != tt.code || !strings.Contains(log, tt.log) {
				t.Errorf("got %d %q, want %d %q", code, log, tt.code, tt.log)
			}
		})
	}
}

// A program that was built for another system, such as one with musl, is there too.
func TestProgramWithoutItsLoader(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems do not read ELF files")
	}
	own, err := elf.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	const loader = "/no/such/loader.so.1\x00"
	header := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(own.Machine), Version: 1, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1}
	copy(header.Ident[:], elf.ELFMAG+string([]byte{byte(own.Class), byte(own.Data), byte(own.Version)}))
	var program bytes.Buffer
	for _, part := range []any{header, elf.Prog64{Type: uint32(elf.PT_INTERP), Flags: 4, Off: 120, Filesz: uint64(len(loader)), Memsz: uint64(len(loader))}, []byte(loader)} {
		if err := binary.Write(&program, own.ByteOrder, part); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "foreign")
	if err := os.WriteFile(path, program.Bytes(), 0o755); err != nil {
		t.Fatal(err)
	}
	code, log := newBench(t, nil).run(t, engine.ContainerSpec{Command: []string{path}})
	if want := "it is a program for another system: its loader /no/such/loader.so.1 is not there"; code != 127 || !strings.Contains(log, want) {
		t.Errorf("got %d %q, want 127 and %q", code, log, want)
	}
}

func TestEntrypointIsLeftOut(t *testing.T) {
	if _, err := os.Stat("/opt/prefect/entrypoint.sh"); err == nil {
		t.Skip("this machine has the script")
	}
	b := newBench(t, nil)
	var told events
	spec := sh("echo ran")
	spec.Command = append([]string{"/opt/prefect/entrypoint.sh"}, spec.Command...)
	spec.Event = told.add
	code, log := b.run(t, spec)
	if code != 0 || log != "ran\n" {
		t.Errorf("got %d %q", code, log)
	}
	if len(told) != 1 || !strings.HasPrefix(told[0], "EntrypointLeftOut: /opt/prefect/entrypoint.sh") {
		t.Errorf("events: %q", told)
	}
}

func TestSignals(t *testing.T) {
	b := newBench(t, nil)
	for script, want := range map[string]int{"kill -TERM $$": 143, "kill -KILL $$": 137, "kill -SEGV $$": 139, "exit 300": 44} {
		if code, _ := b.run(t, sh(script)); code != want {
			t.Errorf("%s: got %d, want %d", script, code, want)
		}
	}
	// The whole process group gets it, not only the first process.
	c, log := b.start(t, sh(`trap : TERM; sh -c 'trap "echo child; exit 0" TERM; echo ready; while :; do sleep 0.01; done' & wait; wait; exit 6`))
	log.Wait(t, "ready")
	c.Stop(enginetest.Long)
	<-c.Done()
	if got := log.String(); !strings.Contains(got, "child\n") || c.Exit().Code != 6 {
		t.Errorf("got %d %q, want 6 and the child's last word", c.Exit().Code, got)
	}
}

// A container ends with its first process, and takes the others with it.
func TestBackgroundProcessesEndWithTheContainer(t *testing.T) {
	b := newBench(t, nil)
	fifo := newFIFO(t)
	script := "exec 3>" + fifo.name + "; sleep 1000 & echo done"
	if code, log := b.run(t, sh(script)); code != 0 || log != "done\n" {
		t.Errorf("got %d %q", code, log)
	}
	fifo.waitForClose(t)
}

func TestRemoveKillsGrandchildren(t *testing.T) {
	b := newBench(t, nil)
	fifo := newFIFO(t)
	_, log := b.start(t, sh("exec 3>"+fifo.name+"; sh -c 'sleep 1000 & echo ready; sleep 1000'; echo never"))
	log.Wait(t, "ready")
	if err := b.group.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	fifo.waitForClose(t)
}

func TestReadOnlyFoldersAreRemoved(t *testing.T) {
	b := newBench(t, nil)
	if code, log := b.run(t, sh("mkdir -p a/b/c && touch a/b/c/f && chmod 0 a/b/c a/b && chmod 500 a && ln -s / root")); code != 0 {
		t.Fatal(code, log)
	}
	if err := b.group.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// An exec that asks for no size has pipes. One that asks has a terminal: TestTerminal.
func TestExecWithoutATerminal(t *testing.T) {
	b := newBench(t, nil)
	c, log := b.start(t, sh("echo ready; exec sleep 1000"))
	log.Wait(t, "ready")
	out := &enginetest.Log{}
	code, err := c.Exec(t.Context(), engine.ExecSpec{Command: "/bin/sh", Output: out,
		Stdin: strings.NewReader("tty; echo $HOME >&2; pwd; exit 9\n")})
	lines := strings.Fields(strings.ReplaceAll(out.String(), "not a tty", "none"))
	if code != 9 || err != nil || len(lines) != 3 || lines[0] != "none" || lines[1] != lines[2] {
		t.Errorf("got %d, %v, %q", code, err, lines)
	}
	if code, err := c.Exec(t.Context(), engine.ExecSpec{Command: " "}); code != 127 || err != nil {
		t.Errorf("blank command: got %d, %v", code, err)
	}
}

// fifo is a named pipe whose closing tells that all processes that held it are gone.
type fifo struct {
	name string
	r    *os.File
	keep *os.File
}

func newFIFO(t *testing.T) *fifo {
	t.Helper()
	f := &fifo{name: filepath.Join(t.TempDir(), "fifo")}
	if err := syscall.Mkfifo(f.name, 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if f.r, err = os.OpenFile(f.name, os.O_RDONLY|syscall.O_NONBLOCK, 0); err != nil {
		t.Fatal(err)
	}
	// A writer of our own, until the others are there.
	if f.keep, err = os.OpenFile(f.name, os.O_WRONLY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.r.Close(); f.keep.Close() })
	return f
}

// waitForClose waits until no process holds the pipe.
func (f *fifo) waitForClose(t *testing.T) {
	t.Helper()
	f.keep.Close()
	if text, err := io.ReadAll(f.r); err != nil || len(text) > 0 {
		t.Errorf("reading the pipe: %q, %v", text, err)
	}
}

// A killed emulator takes along its containers, what they started, and its folders.
func TestKilledEmulator(t *testing.T) {
	fifo, folder := newFIFO(t), t.TempDir()
	cmd := startEmulator(t, folder, fifo.name)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	fifo.waitForClose(t)
	// The watchdog removes the folder last: its end is the last thing to wait for.
	for {
		left, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
		if t.Context().Err() != nil {
			t.Fatalf("%s is left", left[0].Name())
		}
	}
}

// startEmulator starts the process below, and waits until its container runs.
func startEmulator(t *testing.T, folder, fifo string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PROCESS_TEST_EMULATOR="+folder, "PROCESS_TEST_FIFO="+fifo)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// emulator is the process that TestKilledEmulator kills.
func emulator(folder, fifo string) {
	e := process.New(process.Options{TempFolder: folder, LookupEnv: os.LookupEnv})
	g, err := e.NewGroup(context.Background(), engine.GroupSpec{Name: "group"})
	if err == nil {
		daemon := "" // outside of Linux nobody finds one
		if runtime.GOOS == "linux" {
			daemon = "setsid sleep 1000 & "
		}
		spec := sh("exec 3>" + fifo + "; " + daemon + "sh -c 'sleep 1000 & echo ready; sleep 1000'; echo never")
		spec.Output = os.Stdout
		_, err = g.Start(context.Background(), spec)
	}
	if err != nil {
		panic(err)
	}
	select {}
}
