//go:build unix

package process

import (
	"os"
	"os/exec"
	"syscall"
)

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// tree is a child and what it starts: its process group, which has the child's number.
type tree struct{ pid int }

func newTree(p *os.Process) tree { return tree{p.Pid} }

// prepare gives the child a session of its own, and so a process group, and no terminal that is ours.
func prepare(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	dieWithUs(cmd.SysProcAttr)
}

// terminate sends SIGTERM. It is false where that cannot be done.
func (t tree) terminate() bool { return syscall.Kill(-t.pid, syscall.SIGTERM) == nil }

func (t tree) kill() { _ = syscall.Kill(-t.pid, syscall.SIGKILL) }

func (tree) close() {}

// exitCode is the exit code as a shell and ACI tell it: 128 + the number for a signal.
func exitCode(state *os.ProcessState) int {
	if state == nil {
		return 255
	}
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return state.ExitCode()
}
