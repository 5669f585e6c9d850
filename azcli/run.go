package azcli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Run runs az with the arguments argv, which do not include az itself.
//
// A command whose context ends is asked to end, with all processes that it started, and killed after the grace; the error
// then is the context's cause. It may have done its work nevertheless.
func (r *Runner) Run(ctx context.Context, argv []string, o Options) (Result, error) {
	if len(argv) == 0 {
		return Result{}, errors.New("running az: no command")
	}
	if err := r.checkSecrets(argv); err != nil {
		return Result{}, err
	}
	if err := context.Cause(ctx); err != nil {
		return Result{}, fmt.Errorf("running %s: %w", r.shown(argv), err)
	}
	path, err := r.find(argv)
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	out, err := r.execute(ctx, path, argv, o.Stdin)
	r.log().Debug("ran az", "command", r.shown(argv), "exit", out.code, "took", time.Since(began).Round(time.Millisecond))
	if err != nil {
		return Result{}, err
	}
	if out.code != 0 {
		return r.failed(argv, o, out)
	}
	if asksForSignIn(out.stderr) && (out.stdout == "" || out.stdout == "[]") {
		// az account list prints an empty list and a warning, and exits 0.
		return Result{}, &NotSignedInError{Command: r.shown(argv), Stderr: r.redact(out.stderr)}
	}
	if o.Success != "" {
		r.report(MessageSuccess, o.Success)
	}
	if o.JSON {
		var document json.RawMessage
		if err := json.Unmarshal([]byte(out.stdout), &document); err != nil {
			r.report(MessageFailure, "Failed to decode JSON: "+err.Error())
			return Result{}, &JSONError{Command: r.shown(argv), Err: err}
		}
	}
	return Result{Status: Created, Output: out.stdout, Stderr: r.redact(out.stderr)}, nil
}

// RunString runs a command line that begins with az, split into words as a POSIX shell splits it: with quotes and
// backslashes, but without variables, patterns, comments and operators, all of which are ordinary text. It is for commands
// that a person wrote; a value that comes from elsewhere belongs in the list of [Runner.Run].
func (r *Runner) RunString(ctx context.Context, line string, o Options) (Result, error) {
	words, err := split(line)
	if err != nil {
		return Result{}, fmt.Errorf("splitting a command line: %w", err)
	}
	if len(words) == 0 || words[0] != "az" {
		return Result{}, errors.New("running a command line: it does not begin with az")
	}
	return r.Run(ctx, words[1:], o)
}

// failed is what becomes of an exit code other than 0.
func (r *Runner) failed(argv []string, o Options, out output) (Result, error) {
	if o.IgnoreExists && strings.Contains(out.stderr, "already exists") {
		if o.Success != "" {
			r.report(MessageExists, o.Success+" (already exists)")
		}
		return Result{Status: Exists}, nil
	}
	if o.Failure != "" {
		r.report(MessageFailure, o.Failure+": "+out.stderr)
	}
	command, stderr := r.shown(argv), r.redact(out.stderr)
	if asksForSignIn(out.stderr) {
		return Result{}, &NotSignedInError{Command: command, Stderr: stderr}
	}
	code, message := explain(stderr)
	return Result{}, &CommandError{Command: command, ExitCode: out.code, Code: code, Message: message, Stderr: stderr}
}

// find is the program to start.
func (r *Runner) find(argv []string) (string, error) {
	name := r.Path
	if name == "" {
		name = "az"
	}
	path, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return "", &NotInstalledError{Path: name}
	}
	if err != nil {
		return "", fmt.Errorf("looking for %s: %w", name, err)
	}
	if isBatch(path) {
		if i := slices.IndexFunc(argv, unsafeForBatch); i >= 0 {
			return "", fmt.Errorf("running %s: argument %d has characters that cmd.exe, which runs %s, would change", r.shown(argv), i+1, path)
		}
	}
	return path, nil
}

// isBatch reports whether a program is run by Windows's command interpreter.
func isBatch(path string) bool {
	lower := strings.ToLower(path)
	return strings.HasSuffix(lower, ".cmd") || strings.HasSuffix(lower, ".bat")
}

// unsafeForBatch reports whether cmd.exe would read an argument otherwise than it is written, or run a part of it.
func unsafeForBatch(arg string) bool { return strings.ContainsAny(arg, "\"%!&|<>^\r\n\x00") }
