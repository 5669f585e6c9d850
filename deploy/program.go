package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pacific-aci/pacific/internal/capped"
)

const (
	// programTimeout is for a program that does not know --flows, and does its work in place of an answer.
	programTimeout = time.Minute
	// programFolder is where images of Go programs have them.
	programFolder = "/usr/local/bin"
	hintProgram   = "give a program whose main function calls flow.Main, or PATH.py:FUNCTION"
	// maxDescription bounds what a program says of its flows, in bytes.
	maxDescription = 4 << 20
)

// ReadProgram asks a Go program of package flow for its flows: it runs it with --flows. name chooses one; empty: it has only
// one. args come before --flows, and before all that a run is told: they are for a program whose flows are behind a command of
// its own, as in "tool flows". The image is expected to have the program under its name in /usr/local/bin. Its errors are
// [*EntrypointError], but for the cause of the end of ctx.
func ReadProgram(ctx context.Context, program, name string, args ...string) (*Flow, error) {
	fail := func(err error) (*Flow, error) { return nil, &EntrypointError{program, err} }
	absolute, err := filepath.Abs(program)
	if err != nil {
		return fail(err)
	}
	if err := checkProgram(absolute); err != nil {
		return fail(err)
	}
	text, err := describe(ctx, absolute, args)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx) // no fault of the program's
	}
	if err != nil {
		return fail(err)
	}
	var flows []struct {
		Name   string          `json:"name"`
		Schema json.RawMessage `json:"parameter_openapi_schema"`
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&flows); err != nil {
		return fail(notAFlow(errors.New("it did not print a list of flows")))
	}
	var names []string
	for _, f := range flows {
		if f.Name == name || name == "" && len(flows) == 1 {
			base := strings.TrimSuffix(filepath.Base(absolute), ".exe") // as image build calls it
			return &Flow{
				Name: f.Name, Entrypoint: strings.Join(append([]string{base}, args...), " "), ParameterSchema: f.Schema,
				Command: path.Join(programFolder, base), Args: slices.Clone(args),
			}, nil
		}
		names = append(names, fmt.Sprintf("%q", f.Name))
	}
	problem := fmt.Sprintf("it has no flow %q", name)
	if name == "" {
		problem = fmt.Sprintf("it has %d flows", len(flows))
	}
	return fail(invalid("its flows are: "+strings.Join(names, ", "), "%s", problem))
}

// describe runs a program with --flows and gives what it prints.
func describe(ctx context.Context, program string, args []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, programTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append(slices.Clone(args), "--flows")...)
	cmd.Env = withoutPrefect(os.Environ())
	cmd.WaitDelay = time.Second
	out, said := capped.NewBuffer(maxDescription), &tail{}
	cmd.Stdout, cmd.Stderr = out, said
	err := cmd.Run()
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // what the program leaves running in the background may hold its output
		return out.Bytes(), nil
	case cmd.Process == nil: // it did not start
		err = withoutPath(err)
	case out.Over():
		err = fmt.Errorf("it answers with more than %d MB", maxDescription>>20)
	case ctx.Err() != nil:
		err = fmt.Errorf("no answer within %v", programTimeout)
	default:
		if line := said.line(); line != "" {
			err = fmt.Errorf("%w: %s", err, line)
		}
	}
	return nil, notAFlow(err)
}

// withoutPrefect leaves out what would make the program execute a run.
func withoutPrefect(environ []string) []string {
	var kept []string
	for _, variable := range environ {
		if !strings.HasPrefix(variable, "PREFECT_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// checkProgram says what is not a program, in words that lead on.
func checkProgram(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && isFile(path+".py"):
		base := filepath.Base(path) + ".py"
		return invalid("give "+base+":FUNCTION for a flow in Python", "no such file or directory, but there is a %s", base)
	case err != nil:
		return withoutPath(err)
	case info.IsDir():
		return invalid("give a program: go build makes one of a Go package", "it is a folder")
	case !info.Mode().IsRegular():
		return invalid(hintProgram, "it is not a regular file")
	}
	return nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// A tail keeps the last of what a program writes.
type tail struct{ text []byte }

// maxTail bounds what is kept, in bytes: a panic and the stacks after it.
const maxTail = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-maxTail):]
	return len(p), nil
}

// line is the last line that is not empty, of a length for an error; for a panic, which ends with a stack, the line that
// says why.
func (t *tail) line() string {
	var last string
	for line := range strings.Lines(string(t.text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "panic: ") {
			last = line
			break
		}
		if line != "" {
			last = line
		}
	}
	last = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1 // it could write on the terminal
	}, strings.ToValidUTF8(last, "?"))
	if runes := []rune(last); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return last
}

// withoutPath leaves out the path of an error, which is named already.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

// notAFlow is a program that gives no list of flows.
func notAFlow(err error) error {
	return &InvalidError{fmt.Sprintf("running it with --flows: %v", err), hintProgram}
}
