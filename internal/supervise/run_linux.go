package supervise

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// Run starts a program with this process's standard streams and waits until it has ended. argv has the program's name first,
// environ is all of its environment. Meanwhile every signal is handed on, and all processes are waited for that have become
// this one's children by their parents' end: no other child of this process may be waited for elsewhere.
//
// The error says why the program could not be started. On other systems than Linux it is [errors.ErrUnsupported].
func Run(file string, argv, environ []string) (End, error) {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals) // before the child: no signal is missed
	defer signal.Stop(signals)
	child, err := os.StartProcess(file, argv, &os.ProcAttr{Env: environ, Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		return End{}, err
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
			return End{}, err
		case pid != child.Pid: // an orphan
		case status.Signaled():
			return End{Code: 128 + int(status.Signal()), Signal: status.Signal().String()}, nil
		default:
			return End{Code: status.ExitStatus()}, nil
		}
	}
}
