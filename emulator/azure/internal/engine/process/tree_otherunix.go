//go:build unix && !linux

package process

import (
	"os"
	"os/exec"
	"syscall"
)

// dieWithUs does nothing: only Linux can tie a child's life to ours. The watchdog ends it.
func dieWithUs(*syscall.SysProcAttr) {}

// reap waits for a child's end, then calls last: for what is left of the child's process group.
func reap(cmd *exec.Cmd, last func()) *os.ProcessState {
	_ = cmd.Wait() // its error is the exit code again
	last()
	return cmd.ProcessState
}

// killStrays does nothing: a process that has left its container's process group cannot be found here.
func killStrays(_, _ string) {}
