package flow

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// superviseChild starts a program with this process's standard streams and waits until it has ended. Meanwhile it hands on every signal, and
// waits for all processes that have become its children by their parents' end.
func superviseChild(file string, argv, environ []string) (processEnd, error) {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals) // before the child: no signal is missed
	defer signal.Stop(signals)
	child, err := os.StartProcess(file, argv, &os.ProcAttr{Env: environ, Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		return processEnd{}, err
	}
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case s := <-signals:
				// SIGURG is the Go runtime's own, SIGCHLD and SIGPIPE are this process's affair.
				if s != syscall.SIGCHLD && s != syscall.SIGURG && s != syscall.SIGPIPE {
					_ = child.Signal(s) // a child that is gone has ended
				}
			case <-done:
				return
			}
		}
	}()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return processEnd{}, err
		case pid != child.Pid: // an orphan
		case status.Signaled():
			return processEnd{code: 128 + int(status.Signal()), signal: status.Signal().String()}, nil
		default:
			return processEnd{code: status.ExitStatus()}, nil
		}
	}
}
