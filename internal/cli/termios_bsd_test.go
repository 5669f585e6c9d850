//go:build unix && !linux && !solaris && !aix

package cli_test

import "golang.org/x/sys/unix"

const termios = unix.TIOCGETA
