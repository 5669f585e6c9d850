package deploy

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pacific-aci/pacific/deploy/internal/pyflow"
	"github.com/pacific-aci/pacific/prefect"
)

// A Flow is what a deployment says of its flow. [ReadFlow] makes one of a Python file; for a Go flow the fields are those of
// its flow.Definition.
type Flow struct {
	// Name is the flow's name on the server.
	Name string
	// Description is shown with the deployment. May be empty.
	Description string
	// Version is the deployment's, unless that has one of its own. May be empty.
	Version string
	// Entrypoint is PATH.py:FUNCTION, the path from the folder of the code on with slashes. For a Go flow it is the name of
	// the program: nothing loads it, but Prefect's servers show it.
	Entrypoint string
	// ParameterSchema is the JSON schema of the parameters. nil for a flow of [ReadFlow]: it is read from the source. nil for
	// another: the flow takes no parameters.
	ParameterSchema json.RawMessage
	// Command is the program in the image that executes the flow's runs, such as /usr/local/bin/etl. Empty: Prefect's own
	// command, which needs Python.
	Command string
	// Args are the words after Command: of a program whose flows are behind a command of its own. Mostly none.
	Args []string

	python *pyflow.Flow
}

// maxSource bounds the Python file of a flow, in bytes. People write none of a tenth of it.
const maxSource = 8 << 20

// An EntrypointError is an entrypoint that names no flow, or a flow that cannot be read without running its file.
type EntrypointError struct {
	// Entrypoint is as it was given.
	Entrypoint string
	cause      error
}

// Error says where and why.
func (e *EntrypointError) Error() string {
	return fmt.Sprintf("reading the flow %s: %v", e.Entrypoint, e.cause)
}

// Unwrap returns the cause: the places in the file, or the file system's error.
func (e *EntrypointError) Unwrap() error { return e.cause }

// NeedsSchema reports whether a schema of the parameters that is given with the flow ([Flow.ParameterSchema]) takes the place
// of what cannot be read.
func (e *EntrypointError) NeedsSchema() bool {
	problem, ok := errors.AsType[*pyflow.Problem](e.cause)
	return ok && problem.NeedsSchema
}

// ReadFlow reads the flow of an entrypoint PATH.py:FUNCTION without running anything. The path is relative to dir, the folder
// of the code, and inside of it. Its errors are [*EntrypointError].
func ReadFlow(dir, entrypoint string) (*Flow, error) {
	fail := func(err error) (*Flow, error) { return nil, &EntrypointError{entrypoint, err} }
	path, function, err := pyflow.ParseEntrypoint(entrypoint)
	if err != nil {
		return fail(err)
	}
	inside := path
	if filepath.IsAbs(path) {
		absolute, err := filepath.Abs(dir)
		if err == nil {
			inside, err = filepath.Rel(absolute, path)
		}
		if err != nil {
			return fail(err)
		}
	}
	inside = filepath.ToSlash(filepath.Clean(inside))
	if inside == ".." || strings.HasPrefix(inside, "../") {
		return fail(&FileError{Path: path, Problem: "is not in the folder of the code, " + dir, hint: "change to the folder that holds it"})
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fail(err)
	}
	defer root.Close()
	source, err := readRegular(root, filepath.FromSlash(inside), maxSource)
	if err != nil {
		return fail(withoutPath(err))
	}
	read, err := pyflow.Read(source, function)
	if err != nil {
		return fail(err)
	}
	return &Flow{
		Name: read.Name, Description: read.Description, Version: read.Version,
		Entrypoint: inside + ":" + function, python: read,
	}, nil
}

// path is the Python file of the entrypoint; empty for a Go flow.
func (f Flow) path() string {
	if f.python == nil {
		return ""
	}
	return f.Entrypoint[:strings.LastIndexByte(f.Entrypoint, ':')]
}

// noParameters is the schema of a flow without any.
const noParameters = `{"title":"Parameters","type":"object","properties":{}}`

// Schema is the JSON schema of the flow's parameters, as a server of that version has it. Its error joins an
// [*EntrypointError] for each parameter that cannot be read: give [Flow.ParameterSchema] then.
func (f Flow) Schema(v prefect.Version) (json.RawMessage, error) {
	if f.ParameterSchema != nil {
		return f.ParameterSchema, nil
	}
	if f.python == nil {
		return json.RawMessage(noParameters), nil
	}
	target := pyflow.Prefect3
	if v.Major < 3 {
		target = pyflow.Prefect2
	}
	schema, err := f.python.Schema(target)
	if err == nil {
		if definitions, _ := schema["definitions"].(map[string]any); len(definitions) == 0 {
			delete(schema, "definitions") // flow.deploy leaves them out too
		}
		return json.Marshal(schema)
	}
	problems := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		problems = joined.Unwrap()
	}
	for i, problem := range problems {
		problems[i] = &EntrypointError{f.Entrypoint, problem}
	}
	return nil, errors.Join(problems...)
}
