package azcli

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// group is a command and all that it started: a job object. job is 0 where none could be made; then only the command
// itself is ended.
type group struct {
	process *os.Process
	job     windows.Handle
}

// killedCode is the exit code of a command that was ended.
const killedCode = 1

// prepare makes the command the first of a group that Ctrl-Break can be sent to.
func prepare(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

func newGroup(p *os.Process) group {
	g := group{process: p}
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return g
	}
	const rights = windows.PROCESS_SET_QUOTA | windows.PROCESS_TERMINATE
	handle, err := windows.OpenProcess(rights, false, uint32(p.Pid))
	if err == nil {
		err = windows.AssignProcessToJobObject(job, handle)
		_ = windows.CloseHandle(handle)
	}
	if err != nil {
		_ = windows.CloseHandle(job)
		return g
	}
	g.job = job
	return g
}

func (g group) terminate() {
	_ = windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(g.process.Pid))
}

func (g group) kill() {
	if g.job == 0 || windows.TerminateJobObject(g.job, killedCode) != nil {
		_ = g.process.Kill()
	}
}

func (g group) close() {
	if g.job != 0 {
		_ = windows.CloseHandle(g.job)
	}
}
