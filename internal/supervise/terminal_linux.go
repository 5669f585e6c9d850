package supervise

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// terminal is the one that controls this process.
type terminal struct {
	fd int // -1: there is none
}

func openTerminal() terminal {
	fd, err := syscall.Open("/dev/tty", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return terminal{-1}
	}
	return terminal{fd}
}

// isOurs reports whether what is typed goes to this process's group.
func (t terminal) isOurs() bool { return t.belongsTo(syscall.Getpgrp()) }

func (t terminal) belongsTo(group int) bool {
	if t.fd < 0 {
		return false
	}
	holder, err := unix.IoctlGetInt(t.fd, unix.TIOCGPGRP)
	return err == nil && holder == group
}

// move gives the terminal from one process group to another. If a third one has it, or the other one is gone, nothing happens.
func (t terminal) move(from, to int) {
	if t.belongsTo(from) {
		_ = unix.IoctlSetPointerInt(t.fd, unix.TIOCSPGRP, to)
	}
}

func (t terminal) close() {
	if t.fd >= 0 {
		_ = syscall.Close(t.fd)
	}
}
