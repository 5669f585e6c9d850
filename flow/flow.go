package flow

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pacific-aci/pacific/prefect"
)

// None stands for nothing: the parameters of a flow that has none, or the input or result of a task without one.
type None = struct{}

// Flow is a function that Prefect knows by a name. P is the struct of its parameters, R its result. Make it with [New],
// usually as a package variable; it does not change and is safe for use by many goroutines.
type Flow[P, R any] struct {
	name    string
	fn      func(context.Context, P) (R, error)
	options options
	params  *parameters
}

// Definition is a [Flow] of whatever types, for [Main] and [Execute].
type Definition interface {
	// Name is the flow's name.
	Name() string
	// ParameterSchema is the JSON schema of the parameters, as a deployment carries it.
	ParameterSchema() json.RawMessage

	// start runs the flow with parameters as JSON has them, as a new run, or as the one that is given.
	start(ctx context.Context, values map[string]any, run *prefect.FlowRun) (any, error)
	// parse reads NAME=VALUE arguments as parameters.
	parse(args []string) (map[string]any, error)
	// usage is the parameters in one line.
	usage() string
}

// New makes a flow of a function. The parameters' names, defaults and descriptions come from the struct's tags:
//
//	type Params struct {
//		Vault string `json:"vault" doc:"URL of the vault"`
//		Count int    `json:"count" default:"3"`
//		Mode  string `json:"mode" default:"read" enum:"read,write"`
//	}
//
// A field is required unless it has a default, is a pointer, or is marked omitempty or omitzero. New panics if the name is
// empty, fn is nil, P is not a struct, JSON has no form for one of its fields or the same name for two, or a struct is embedded by
// a pointer: those are mistakes in the program.
func New[P, R any](name string, fn func(ctx context.Context, params P) (R, error), opts ...Option) *Flow[P, R] {
	if name == "" || fn == nil {
		panic("flow: New needs a name and a function")
	}
	params, err := parametersOf[P]()
	if err != nil {
		panic(fmt.Sprintf("flow: New(%q): %v", name, err))
	}
	return &Flow[P, R]{name: name, fn: fn, options: apply(opts), params: params}
}

// Name is the flow's name.
func (f *Flow[P, R]) Name() string { return f.name }

// ParameterSchema is the JSON schema of the parameters, as a deployment carries it. Its fields are in the struct's order.
func (f *Flow[P, R]) ParameterSchema() json.RawMessage { return f.params.schema() }

// Defaults are the parameters with their defaults, and zero values where there are none.
func (f *Flow[P, R]) Defaults() P {
	var params P
	f.params.defaults(&params)
	return params
}

// Run runs the flow with exactly these parameters, and returns what its function returned, after all retries.
//
// With a client in ctx ([WithClient]) the run is recorded on its server; without one the flow just runs. Called from another
// flow, it is a subflow of that one. A function that panics gives a [*CrashError]; a run that was cancelled on the server
// gives [ErrCancelled]; a server that does not let the run go on gives a [*StateError].
func (f *Flow[P, R]) Run(ctx context.Context, params P) (R, error) {
	return f.run(ctx, params, nil)
}

func (f *Flow[P, R]) run(ctx context.Context, params P, existing *prefect.FlowRun) (R, error) {
	var result R
	values, err := f.params.encode(params)
	if err != nil {
		return result, fmt.Errorf("writing the parameters of flow %q: %w", f.name, err)
	}
	run, done, err := begin(ctx, launch{flow: f.name, options: f.options, params: params, values: values, existing: existing})
	if err != nil {
		return result, err
	}
	defer done()
	run.lineage.parameters(params)
	returned, err := run.execute(ctx, func(ctx context.Context) (any, error) { return f.fn(ctx, params) })
	if err != nil {
		return result, err // what a failed attempt returned is no result
	}
	result, _ = returned.(R) // it is one, or the nil of an interface
	if parent := flowOf(ctx); parent != nil {
		parent.lineage.result(result, run.node())
	}
	return result, nil
}

func (f *Flow[P, R]) start(ctx context.Context, values map[string]any, existing *prefect.FlowRun) (any, error) {
	var params P
	if err := f.params.decode(values, &params); err != nil {
		err.Flow = f.name
		return nil, refuse(ctx, existing, "Validation of flow parameters failed: "+err.Error(), err)
	}
	return f.run(ctx, params, existing)
}

func (f *Flow[P, R]) parse(args []string) (map[string]any, error) {
	values, err := f.params.parse(args)
	if err != nil {
		err.Flow = f.name
		return nil, err
	}
	return values, nil
}

func (f *Flow[P, R]) usage() string { return f.params.usage() }
