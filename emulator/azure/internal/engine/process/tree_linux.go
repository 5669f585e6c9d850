package process

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
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

// killStrays kills the processes that have left their container's process group (daemons do): they are known by the
// scratch folder in the environment that they were started with.
func killStrays(folder string) {
	proc, err := os.Open("/proc")
	if err != nil {
		return
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	for _, name := range names {
		environ := "/proc/" + name + "/environ"
		pid, err := strconv.Atoi(name)
		if err != nil || !startedIn(environ, folder) {
			continue
		}
		// The handle is taken before the second look, so that it cannot be a later process with the same number.
		if p, err := os.FindProcess(pid); err == nil {
			if startedIn(environ, folder) {
				_ = p.Kill()
			}
			_ = p.Release()
		}
	}
}

// startedIn says whether a process has a variable that names the folder or one below it.
func startedIn(environ, folder string) bool {
	env, err := os.ReadFile(environ)
	return err == nil && (bytes.Contains(env, []byte("="+folder+"/")) || bytes.Contains(env, []byte("="+folder+"\x00")))
}
