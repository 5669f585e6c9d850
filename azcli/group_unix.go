//go:build unix

package azcli

import (
	"os"
	"os/exec"
	"syscall"
)

// group is a command and all that it started: its process group, which has the command's number.
type group struct{ pid int }

// prepare gives the command a process group of its own.
func prepare(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func newGroup(p *os.Process) group { return group{p.Pid} }

func (g group) terminate() { _ = syscall.Kill(-g.pid, syscall.SIGTERM) }

func (g group) kill() { _ = syscall.Kill(-g.pid, syscall.SIGKILL) }

func (group) close() {}
