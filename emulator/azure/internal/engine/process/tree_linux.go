package process

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// dieWithUs has the kernel kill the child when we are killed. See starter for the thread.
func dieWithUs(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

// reap waits for a child's end and calls last before the system forgets the child: until then its process group is
// certainly the child's.
func reap(cmd *exec.Cmd, last func()) *os.ProcessState {
	for {
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			break
		}
	}
	last()
	_ = cmd.Wait() // its error is the exit code again
	return cmd.ProcessState
}
