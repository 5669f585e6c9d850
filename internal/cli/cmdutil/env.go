package cmdutil

import (
	"io"
	"net/http"
	"os"

	"github.com/pacific-aci/pacific/internal/console"
)

// Env is everything outside that the command line touches. Each field's
// zero value is the real thing, so that main passes almost nothing and a test
// passes only what it wants to see or fake.
type Env struct {
	// Args are the arguments without the program's name. Nil: the process's.
	Args []string
	// Stdin, Stdout and Stderr are the standard streams. Nil: the process's.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// LookupEnv reads the environment. Nil: the process's.
	LookupEnv func(string) (string, bool)
	// Environ lists the environment as NAME=VALUE. Nil: the process's, or nothing where LookupEnv is given.
	Environ func() []string
	// Transport carries every request to Azure and to Prefect. Nil: the network.
	Transport http.RoundTripper
	// Dir is the folder in which pacific.toml and the files that flags name
	// are looked for. Empty: the working folder.
	Dir string
	// Signals brings the signals that ask Pacific to end. The first lets a
	// job be stopped and deleted; the second ends Pacific at once. Nil: none
	// ever come.
	Signals <-chan os.Signal
	// Terminal reports whether a stream is a terminal. Nil: the operating
	// system is asked.
	Terminal func(stream any) bool
	// SetGCPercent is [debug.SetGCPercent] in a process of Pacific's own, which may say how its garbage collector runs. Nil:
	// nothing is set.
	SetGCPercent func(percent int) (before int)
	// ReleasePages gives the kernel back pages of the program's file that this process, of Pacific's own, has mapped. Nil: none
	// are.
	ReleasePages func()
}

func (w Env) withDefaults() Env {
	if w.Args == nil {
		w.Args = os.Args[1:]
	}
	if w.Stdin == nil {
		w.Stdin = os.Stdin
	}
	if w.Stdout == nil {
		w.Stdout = os.Stdout
	}
	if w.Stderr == nil {
		w.Stderr = os.Stderr
	}
	if w.Environ == nil && w.LookupEnv == nil {
		w.Environ = os.Environ
	}
	if w.LookupEnv == nil {
		w.LookupEnv = os.LookupEnv
	}
	if w.Terminal == nil {
		w.Terminal = console.IsTerminal
	}
	return w
}
