//go:build unix && !linux && !solaris && !aix

package clitest

import "golang.org/x/sys/unix"

const termios = unix.TIOCGETA
