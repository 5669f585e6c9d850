package process_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/process"
)

// A process that has left its session holds the output of a container that has ended: it is found and ended too.
func TestDaemonsEndWithTheContainer(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("no setsid on this machine")
	}
	b := newBench(t, nil)
	fifo := newFIFO(t)
	c, log := b.start(t, sh("exec 3>"+fifo.name+"; setsid sh -c 'echo daemon; sleep 1000' & read x <"+fifo.name))
	log.Wait(t, "daemon")
	c.Stop(0)
	<-c.Done()
	fifo.waitForClose(t) // which the daemon would hold open without the search
}

// What a user runs is never taken for a container's, whatever environment or folder it has: here a program of another
// session, whose leader and parent are no container's, with a container's HOME, TMPDIR and working folder.
func TestUsersOwnProgramsAreLeftAlone(t *testing.T) {
	b := newBench(t, nil)
	_, log := b.start(t, sh("echo $HOME; exec sleep 1000"))
	log.Wait(t, "\n")
	folder := strings.TrimSpace(log.String())
	// The shell has an ordinary environment; what it starts has the container's.
	shell := exec.Command("sh", "-c", `cd "$0" && { HOME=$0 TMPDIR=$0 cat <&3 & wait; }`, folder)
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	shell.ExtraFiles = []*os.File{r}
	out, err := shell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	echo := func(word string) string {
		if _, err := io.WriteString(w, word); err != nil {
			return err.Error()
		}
		got := make([]byte, len(word))
		_, _ = io.ReadFull(out, got)
		return string(got)
	}
	if got := echo("before"); got != "before" {
		t.Fatalf("cat says %q", got)
	}
	if err := b.group.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := echo("after"); got != "after" {
		t.Errorf("the user's program was killed: %q", got)
	}
	w.Close()
	_ = shell.Wait()
}

// An emulator that was killed together with its watchdog leaves processes and folders: the next one ends and removes
// them, and nothing of an emulator that lives.
func TestNextEmulatorCleansUp(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("no setsid on this machine")
	}
	dead, alive, folder := newFIFO(t), newFIFO(t), t.TempDir()
	killed, living := startEmulator(t, folder, dead.name), startEmulator(t, folder, alive.name)
	defer living.Wait()
	defer living.Process.Kill()
	killWatchdogOf(t, killed.Process.Pid)
	_ = killed.Process.Kill()
	_ = killed.Wait()
	process.Sweep(folder)
	dead.waitForClose(t)
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("left are %v, %v: want the living emulator's folder", left, err)
	}
	if n, err := syscall.Read(int(alive.r.Fd()), make([]byte, 1)); n == 0 && err == nil {
		t.Error("the living emulator's processes are gone")
	}
}

// killWatchdogOf kills the shell that would clean up after a process.
func killWatchdogOf(t *testing.T, parent int) {
	t.Helper()
	children, err := exec.Command("ps", "-o", "pid=,args=", "--ppid", fmt.Sprint(parent)).Output()
	if err != nil {
		t.Skip("no ps that knows --ppid")
	}
	for line := range strings.Lines(string(children)) {
		if strings.Contains(line, "pacific-watchdog") {
			var pid int
			fmt.Sscan(line, &pid)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// The thread that asked for a container may end before it: Linux then kills the children that it has started.
func TestContainersOutliveTheThreadThatAskedForThem(t *testing.T) {
	b := newBench(t, nil)
	const n = 4 // one of the threads may be the process's first, which never ends
	started := make(chan engine.Container)
	for i := range n {
		spec := sh("sleep 1000")
		spec.Name = fmt.Sprint("job-", i)
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			c, _ := b.start(t, spec)
			started <- c
		}()
	}
	var all []engine.Container
	for range n {
		all = append(all, <-started)
	}
	// The threads end at some time soon. Had they started the containers, most would not last for all of these.
	for range 25 {
		for _, c := range all {
			if code, err := c.Exec(t.Context(), engine.ExecSpec{Command: "true"}); code != 0 || err != nil {
				t.Fatalf("exec: %d, %v", code, err)
			}
		}
	}
	for _, c := range all {
		c.Stop(0)
		<-c.Done()
	}
}
