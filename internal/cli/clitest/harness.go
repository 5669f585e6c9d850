// Package clitest runs Pacific's command lines in tests.
//
// A [Harness] is what a command line touches: an Azure, a Prefect, the
// environment and a folder. [New] makes one with an Azure of its own,
// [NewPrefect] one with a Prefect, [NewBare] one with neither. Run runs a
// command line in this process and returns what it printed; Start leaves it
// running, and Sit gives it a terminal. [InBubble] does all of it in fake time.
// [Scripts] runs what only a shell can show, with pacific as a process of its
// own.
//
// The tests of a command are in the package of its noun. Nothing is shared
// between them, so that the packages are tested side by side.
package clitest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli"
)

// Harness is all that a command line of a test touches. A test changes its
// fields between two command lines, never during one.
type Harness struct {
	T *testing.T
	// Server is the Azure that answers; nil: there is none.
	Server *azureemulator.Server
	// Prefect answers what is sent to the host of [PrefectURL], and to Prefect Cloud's; nil: nobody does.
	Prefect http.RoundTripper
	// Vars are the environment variables, and Dir is the working folder.
	Vars map[string]string
	Dir  string
	// Stdin is what each command line reads.
	Stdin string
	// Terminal says that every stream is one.
	Terminal bool
	// Watch sees each request before it is answered, some at the same time; nil: nobody does.
	Watch func(*http.Request)
}

// NewBare has no Azure and no Prefect.
func NewBare(t *testing.T) *Harness {
	t.Helper()
	return &Harness{T: t, Dir: t.TempDir(), Vars: map[string]string{"HOME": t.TempDir()}}
}

// RoundTrip makes a harness the network of its command lines.
func (h *Harness) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.Watch != nil {
		h.Watch(r)
	}
	switch {
	case (r.URL.Hostname() == "prefect.local" || r.URL.Hostname() == "api.prefect.cloud") && h.Prefect != nil:
		return h.Prefect.RoundTrip(r)
	case h.Server != nil:
		return h.Server.Transport().RoundTrip(r)
	}
	return nil, fmt.Errorf("nobody answers at %s", r.URL.Host)
}

// With is the same harness with other variables; "" removes one.
func (h *Harness) With(vars map[string]string) *Harness {
	other := *h
	other.Vars = maps.Clone(h.Vars)
	maps.Copy(other.Vars, vars)
	maps.DeleteFunc(other.Vars, func(_, value string) bool { return value == "" })
	return &other
}

// Env is what a command line with these streams gets, for tests that call [cli.Main] themselves.
func (h *Harness) Env(stdout, stderr io.Writer, args []string) cli.Env {
	env := cli.Env{
		Args: args, Stdin: strings.NewReader(h.Stdin), Stdout: stdout, Stderr: stderr,
		LookupEnv: h.lookup, Environ: h.environ, Transport: h, Dir: h.Dir,
	}
	if h.Terminal {
		env.Terminal = func(any) bool { return true }
	}
	return env
}

func (h *Harness) lookup(name string) (string, bool) {
	value, set := h.Vars[name]
	return value, set
}

func (h *Harness) environ() []string {
	var list []string
	for name, value := range h.Vars {
		list = append(list, name+"="+value)
	}
	return list
}

// Result is what a command line did.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// Run runs one command line to its end, for a minute at most.
func (h *Harness) Run(args ...string) Result {
	h.T.Helper()
	ctx, cancel := context.WithTimeout(h.T.Context(), time.Minute)
	defer cancel()
	return h.run(ctx, args)
}

// RunLong runs a command line that takes more than a minute, of a bubble's time.
func (h *Harness) RunLong(args ...string) Result {
	h.T.Helper()
	return h.run(h.T.Context(), args)
}

func (h *Harness) run(ctx context.Context, args []string) Result {
	var stdout, stderr bytes.Buffer
	code := cli.Main(ctx, h.Env(&stdout, &stderr, args))
	return Result{stdout.String(), stderr.String(), code}
}

// Must runs a command line that has to end with 0.
func (h *Harness) Must(args ...string) Result {
	h.T.Helper()
	r := h.Run(args...)
	if r.Code != 0 {
		h.T.Fatalf("%s: exit code %d\n%s%s", strings.Join(args, " "), r.Code, r.Stdout, r.Stderr)
	}
	return r
}

// Wants compares the exit code, and looks for a part of each stream.
func (r Result) Wants(t *testing.T, code int, stdout, stderr string) {
	t.Helper()
	if r.Code != code {
		t.Errorf("exit code: got %d, want %d", r.Code, code)
	}
	if !strings.Contains(r.Stdout, stdout) {
		t.Errorf("stdout: %q is missing", stdout)
	}
	if !strings.Contains(r.Stderr, stderr) {
		t.Errorf("stderr: %q is missing", stderr)
	}
	if t.Failed() {
		t.Logf("stdout:\n%s\nstderr:\n%s", r.Stdout, r.Stderr)
	}
}

// JSON reads what a command line printed with --output json.
func (h *Harness) JSON(r Result, into any) {
	h.T.Helper()
	if err := json.Unmarshal([]byte(r.Stdout), into); err != nil {
		h.T.Fatalf("%v in %s", err, r.Stdout)
	}
}

// Write writes a file of the working folder and returns its name.
func (h *Harness) Write(name, text string) string {
	h.T.Helper()
	h.WriteAt(filepath.Join(h.Dir, name), text)
	return name
}

// WriteAt writes a file at a path of its own.
func (h *Harness) WriteAt(path, text string) {
	h.T.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.T.Fatal(err)
	}
}
