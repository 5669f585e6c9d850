package main

import "errors"

// stdoutClosed is 1 if the process began without a standard output (pacific ps >&-). Before any Go code runs, the runtime
// opens /dev/null in the place of a closed standard stream, so that the output would be lost in silence. pacificEntry, in
// entry_linux_*.s, therefore asks the kernel first. It is the program's entry point only where the linker is told so
// (-ldflags "-E pacificEntry"), as make build does; elsewhere a closed standard output is like /dev/null.
var stdoutClosed uint32

// closedStdout fails every write, as a closed standard output does in other programs.
type closedStdout struct{}

var errClosed = errors.New("the stream is closed")

func (closedStdout) Write([]byte) (int, error) { return 0, errClosed }
