//go:build linux

package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a program that is measured while it runs.
type process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	log  string // the file that it writes to
	done chan struct{}

	mu          sync.Mutex
	port        string // of the emulator, in hexadecimal digits
	peakSockets int
	cpu         float64 // at the last look, in seconds
}

// startProcess starts a program, which ends with the test. Its output goes to a file, whose end is shown if the test fails.
func startProcess(t *testing.T, name string, env []string, path string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: name, log: filepath.Join(t.TempDir(), "log"), done: make(chan struct{})}
	out, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command(path, args...)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it starts ends with it
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = out.Close()
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	t.Cleanup(func() {
		p.end(syscall.SIGTERM, 20*time.Second)
		if text, err := os.ReadFile(p.log); t.Failed() && err == nil {
			t.Logf("%s, the end of its output:\n%s", name, text[max(0, len(text)-4000):])
		}
	})
	return p
}

// end asks the process to end, and kills it and what it started if it has not within a time.
func (p *process) end(signal syscall.Signal, within time.Duration) {
	p.sample()
	_ = p.cmd.Process.Signal(signal)
	select {
	case <-p.done:
	case <-time.After(within):
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// proc reads a file of the process from /proc; empty when it has ended.
func (p *process) proc(file string) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, file))
	if err != nil {
		return ""
	}
	return string(text)
}

// memory is the resident memory, in MB; 0 when the process has ended.
func (p *process) memory() float64 { return p.status("VmRSS") / 1024 }

// own is the resident memory without the pages of files, which the kernel can drop and read again, in MB.
func (p *process) own() float64 { return p.status("RssAnon") / 1024 }

func (p *process) status(name string) float64 {
	for line := range strings.Lines(p.proc("status")) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			v, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return v
		}
	}
	return 0
}

// seconds is the processor time of the process so far.
func (p *process) seconds() float64 {
	p.sample()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cpu
}

// sample notes what grows, or has a peak.
func (p *process) sample() {
	const ticks = 100 // a second, on every Linux that Go runs on
	stat := p.proc("stat")
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:]) // from the third on: the second may have spaces
	sockets := p.sockets()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(fields) > 12 {
		user, _ := strconv.ParseFloat(fields[11], 64)
		system, _ := strconv.ParseFloat(fields[12], 64)
		p.cpu = (user + system) / ticks
	}
	p.peakSockets = max(p.peakSockets, sockets)
}

// sockets counts the open connections to the emulator.
func (p *process) sockets() int {
	if p.port == "" {
		return 0
	}
	toEmulator := map[string]bool{}
	for line := range strings.Lines(p.proc("net/tcp")) {
		const established = "01"
		if f := strings.Fields(line); len(f) > 9 && f[3] == established && strings.HasSuffix(f[2], ":"+p.port) {
			toEmulator["socket:["+f[9]+"]"] = true
		}
	}
	folder := fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid)
	files, _ := os.ReadDir(folder)
	n := 0
	for _, file := range files {
		if target, _ := os.Readlink(filepath.Join(folder, file.Name())); toEmulator[target] {
			n++
		}
	}
	return n
}

// describe is the state of the process in words.
func (p *process) describe() string {
	files, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	return fmt.Sprintf("%.1f MB, of which %.1f its own, %.0f threads, %d files, %d connections to Azure, %.1f s of processor time",
		p.memory(), p.own(), p.status("Threads"), len(files), p.sockets(), p.seconds())
}

// load is the load of the machine in the last minutes.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}
