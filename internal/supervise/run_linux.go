package supervise

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// Run starts a program with this process's standard streams and waits until it has ended. argv has the program's name first,
// environ is all of its environment. Meanwhile every signal is handed on, and all processes are waited for that have become
// this one's children by their parents' end: no other child of this process may be waited for elsewhere.
//
// The program has a process group of its own, to which the terminal goes if this process has it: what is typed, Ctrl-C among
// it, reaches the program once. It dies with this process.
//
// The error says why the program could not be started. On other systems than Linux it is [errors.ErrUnsupported].
func Run(file string, argv, environ []string) (End, error) {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals) // before the child: no signal is missed
	defer signal.Stop(signals)
	c, err := start(file, argv, environ)
	if err != nil {
		return End{}, err
	}
	defer c.close()
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case s := <-signals:
				c.handOn(s)
			case <-done:
				return
			}
		}
	}()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WUNTRACED, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return End{}, err
		case pid != c.process.Pid: // an orphan
		case status.Stopped():
			c.stopped(status.StopSignal())
		case status.Signaled():
			return End{Code: 128 + int(status.Signal()), Signal: status.Signal().String()}, nil
		default:
			return End{Code: status.ExitStatus()}, nil
		}
	}
}

// child is the program that is run.
type child struct {
	process *os.Process
	tty     terminal
}

func start(file string, argv, environ []string) (*child, error) {
	runtime.LockOSThread() // the kernel kills the child when the thread ends that started it
	c := &child{tty: openTerminal()}
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if c.tty.isOurs() {
		attr.Foreground, attr.Ctty = true, c.tty.fd
	}
	var err error
	c.process, err = os.StartProcess(file, argv, &os.ProcAttr{Env: environ, Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}, Sys: attr})
	if err != nil {
		c.close()
		return nil, err
	}
	// Who gives away a terminal that others have is stopped, or else may do it. Not before the child: it would inherit that.
	signal.Ignore(syscall.SIGTTOU)
	return c, nil
}

// close takes back the terminal.
func (c *child) close() {
	if c.process != nil {
		c.tty.move(c.process.Pid, syscall.Getpgrp())
		signal.Reset(syscall.SIGTTOU)
	}
	c.tty.close()
	runtime.UnlockOSThread()
}

// handOn gives a signal to the child.
func (c *child) handOn(s os.Signal) {
	switch s {
	case syscall.SIGCHLD, syscall.SIGPIPE, syscall.SIGURG:
		return // this process's affair; SIGURG is the Go runtime's own
	case syscall.SIGCONT:
		c.tty.move(syscall.Getpgrp(), c.process.Pid) // a shell has given it to us
	}
	_ = c.process.Signal(s) // a child that is gone has ended
}

// stopped follows a child that the terminal has stopped, by Ctrl-Z for example: this process stops too, so that the shell that
// started it takes over. Its SIGCONT is handed on. The first process of a container cannot be stopped, and has no shell
// that could let the child go on: it does so itself.
func (c *child) stopped(by syscall.Signal) {
	switch by {
	case syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU:
	default:
		return
	}
	if os.Getpid() == 1 {
		_ = c.process.Signal(syscall.SIGCONT)
		return
	}
	// This thread may run on for a moment, so what is to happen after the stop is left to handOn.
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
}
