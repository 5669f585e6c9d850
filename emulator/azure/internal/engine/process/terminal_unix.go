//go:build unix

package process

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/creack/pty"
)

const hasTerminals = true

// openTerminal makes a terminal of that size.
func openTerminal(rows, cols int) (*terminal, error) {
	master, slave, err := pty.Open()
	if err != nil {
		return nil, err
	}
	t := &terminal{slave: slave}
	if err = pty.Setsize(slave, &pty.Winsize{Rows: uint16(rows), Cols: uint16(cols)}); err == nil {
		t.master, err = polled(master)
	}
	master.Close()
	if err != nil {
		slave.Close()
		return nil, err
	}
	return t, nil
}

// polled is the same file for a Read and a Write that Close and a deadline can end. Package pty leaves it blocking.
func polled(file *os.File) (*os.File, error) {
	syscall.ForkLock.RLock() // no child that starts meanwhile may keep it
	fd, err := syscall.Dup(int(file.Fd()))
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, fmt.Errorf("duplicating a terminal: %w", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return nil, fmt.Errorf("making a terminal non-blocking: %w", err)
	}
	return os.NewFile(uintptr(fd), file.Name()), nil
}

// attach makes the terminal a program's input, output and controlling terminal. The program has a session of its own
// ([prepare]).
func (t *terminal) attach(cmd *exec.Cmd) {
	cmd.Stdin, cmd.Stdout, cmd.Stderr = t.slave, t.slave, t.slave
	cmd.SysProcAttr.Setctty, cmd.SysProcAttr.Ctty = true, 0
}
