package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// CompileError says that the Go tool could not compile a package.
type CompileError struct {
	// Package is what was to be compiled.
	Package string
	// Output is what the tool said, of several lines.
	Output string
}

// Error has the first lines of the tool's output.
func (e *CompileError) Error() string {
	lines := strings.Split(strings.TrimSpace(e.Output), "\n")
	if len(lines) > 4 {
		lines = append(lines[:4], "…")
	}
	return fmt.Sprintf("compiling %s: %s", e.Package, strings.Join(lines, "; "))
}

// Compile builds a Go main package into a folder, as a small static program for Linux on amd64: without cgo, without
// symbols and without paths of this machine, so that equal sources are equal programs. dir is the working folder, and
// target what go build takes: a package, or one file. It returns the program, whose name is the package's.
//
// It needs the Go tool on PATH. The error is a [*CompileError] if the tool refuses.
func Compile(ctx context.Context, dir, target, into string) (string, error) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("compiling %s: %w", target, err)
	}
	listed, err := runGo(ctx, goTool, dir, target, "list", "-f", "{{.Name}}\t{{.ImportPath}}\t{{.Target}}", "--", target)
	if err != nil {
		return "", err
	}
	lines := strings.Split(strings.TrimSpace(listed), "\n")
	if len(lines) != 1 {
		return "", fmt.Errorf("compiling %s: these are %d packages, and an image has one program", target, len(lines))
	}
	fields := strings.Split(lines[0], "\t")
	if len(fields) != 3 || fields[0] != "main" {
		return "", fmt.Errorf("compiling %s: package %s is a library, not a program", target, fields[0])
	}
	name := path.Base(fields[1])
	if fields[2] != "" { // the tool's own name for it: for example.com/app/v2 it is app
		name = filepath.Base(fields[2])
	} else if name == "command-line-arguments" {
		name = strings.TrimSuffix(filepath.Base(target), ".go")
	}
	program := filepath.Join(into, name)
	if _, err := runGo(ctx, goTool, dir, target, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", program, "--", target); err != nil {
		return "", err
	}
	return program, nil
}

// runGo runs the Go tool for Container Instances' platform and returns its standard output.
func runGo(ctx context.Context, goTool, dir, target string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, goTool, args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0", "GOOS="+platform.OS, "GOARCH="+platform.Architecture)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = helperGrace
	err := cmd.Run()
	_, failed := errors.AsType[*exec.ExitError](err)
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case failed:
		return "", &CompileError{Package: target, Output: stderr.String()}
	case err != nil:
		return "", fmt.Errorf("compiling %s: running %s: %w", target, goTool, err)
	}
	return stdout.String(), nil
}
