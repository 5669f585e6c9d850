package process

import (
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

const defaultPath = `C:\Windows\System32;C:\Windows`

// killedCode is the exit code of a killed container, the same as elsewhere.
const killedCode = 137

// tree is a child and what it starts: a job object, which the system ends with us. job is 0 where none could be
// made; then only the child itself is ended.
type tree struct {
	process *os.Process
	job     windows.Handle
}

func newTree(p *os.Process) tree {
	t := tree{process: p}
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return t
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
		LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
	}}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err == nil {
		err = assign(job, uint32(p.Pid))
	}
	if err != nil {
		_ = windows.CloseHandle(job)
		return t
	}
	t.job = job
	return t
}

func assign(job windows.Handle, pid uint32) error {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, pid)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(process)
	return windows.AssignProcessToJobObject(job, process)
}

// prepare makes the child the first of a group that Ctrl-Break can be sent to.
func prepare(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// terminate sends Ctrl-Break, the nearest that Windows has to SIGTERM. It is false without a console.
func (t tree) terminate() bool {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(t.process.Pid)) == nil
}

func (t tree) kill() {
	if t.job == 0 || windows.TerminateJobObject(t.job, killedCode) != nil {
		_ = t.process.Kill()
	}
}

func (t tree) close() {
	if t.job != 0 {
		_ = windows.CloseHandle(t.job)
	}
}

// reap waits for a child's end, then calls last: for what is left in the job object.
func reap(cmd *exec.Cmd, last func()) *os.ProcessState {
	_ = cmd.Wait() // its error is the exit code again
	last()
	return cmd.ProcessState
}

func exitCode(state *os.ProcessState) int {
	if state == nil {
		return 255
	}
	return state.ExitCode()
}

// killStrays has nothing to do: nobody leaves a job object.
func killStrays(_, _ string) {}
