package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"
)

const (
	// programTimeout is for a program that does not know --flows, and does its work in place of an answer.
	programTimeout = time.Minute
	// programFolder is where images of Go programs have them.
	programFolder = "/usr/local/bin"
	// maxDescription bounds what a program says of its flows, in bytes.
	maxDescription = 4 << 20
)

// ReadProgram asks a Go program of package flow for its flows: it runs it with --flows. name chooses one; empty: it has only
// one. The image is expected to have the program under its name in /usr/local/bin. Its errors are [*EntrypointError].
func ReadProgram(ctx context.Context, program, name string) (*Flow, error) {
	fail := func(err error) (*Flow, error) { return nil, &EntrypointError{program, err} }
	absolute, err := filepath.Abs(program)
	if err != nil {
		return fail(err)
	}
	ctx, cancel := context.WithTimeout(ctx, programTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, absolute, "--flows")
	cmd.Env = withoutPrefect(os.Environ())
	cmd.WaitDelay = time.Second
	var out description
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		return fail(startError(err))
	}
	// What the program leaves running in the background may hold its output.
	if err := cmd.Wait(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		switch {
		case out.tooLong:
			err = fmt.Errorf("it answers with more than %d MB", maxDescription>>20)
		case ctx.Err() != nil:
			err = fmt.Errorf("no answer within %v", programTimeout)
		}
		return fail(notAFlow(err))
	}
	var flows []struct {
		Name   string          `json:"name"`
		Schema json.RawMessage `json:"parameter_openapi_schema"`
	}
	if err := json.NewDecoder(bytes.NewReader(out.text)).Decode(&flows); err != nil {
		return fail(notAFlow(errors.New("its answer is no list of flows")))
	}
	var names []string
	for _, f := range flows {
		if f.Name == name || name == "" && len(flows) == 1 {
			base := strings.TrimSuffix(filepath.Base(absolute), ".exe") // as image build calls it
			return &Flow{Name: f.Name, Entrypoint: base, ParameterSchema: f.Schema, Command: path.Join(programFolder, base)}, nil
		}
		names = append(names, fmt.Sprintf("%q", f.Name))
	}
	problem := fmt.Sprintf("it has no flow %q", name)
	if name == "" {
		problem = fmt.Sprintf("it has %d flows", len(flows))
	}
	return fail(invalid("its flows are: "+strings.Join(names, ", "), "%s", problem))
}

// description is what a program says of its flows. One that says too much is cut off.
type description struct {
	text    []byte // not a bytes.Buffer, whose ReadFrom takes all
	tooLong bool
}

// Write implements io.Writer.
func (d *description) Write(p []byte) (int, error) {
	if len(d.text)+len(p) > maxDescription {
		d.tooLong = true
		return 0, io.ErrShortWrite
	}
	d.text = append(d.text, p...)
	return len(p), nil
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

// startError leaves out the path, which is named already.
func startError(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

// notAFlow is a program that gives no list of flows.
func notAFlow(err error) error {
	return &InvalidError{fmt.Sprintf("running it with --flows: %v", err), "give a program whose main function calls flow.Main, or PATH.py:FUNCTION"}
}
