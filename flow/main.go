package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/pacific-aci/pacific/prefect"
)

// Main is the main function of a program with these flows. It does not return.
//
// With PREFECT__FLOW_RUN_ID in its environment, as Prefect's workers and agents set it, it executes that flow run ([Execute]).
// It exits with 0 once the server knows how the run ended, failures included, and with 1 if the server could not be told.
//
// Otherwise it runs the flow that its arguments name, on the server of PREFECT_API_URL or without one. It prints the result as
// JSON, and exits with 1 if the flow fails:
//
//	PROGRAM [FLOW] [NAME=VALUE ...]    FLOW may be left out if there is only one
//	PROGRAM --flows                    the flows' names and parameter schemas, as JSON
//
// SIGTERM and SIGINT end the flow's context; a second one ends the program. PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR=reschedule
// makes a run that got SIGTERM AwaitingRetry instead of Crashed.
//
// As the first process of a Linux container it does what an init must do: it starts itself as a child, forwards signals to it
// and reaps orphans. If the child dies, from lack of memory or from a panic in a goroutine, it reports the run as Crashed.
func Main(flows ...Definition) {
	p, err := environment()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	if p.first {
		os.Exit(p.supervise())
	}
	os.Exit(p.run(context.Background(), flows))
}

// program is what Main takes from outside.
type program struct {
	args           []string // without the program's name
	name           string
	options        prefect.Options // URL is empty without a server
	runID          prefect.ID
	reschedule     bool
	level          slog.Level
	first          bool     // the first process of a container, and not yet its own child
	environ        []string // for the child
	stdout, stderr io.Writer
}

// run is Main's work, and gives the exit code.
func (p *program) run(ctx context.Context, flows []Definition) int {
	slog.SetDefault(slog.New(NewHandler(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: p.level}))))
	ctx, stop := p.untilSignal(ctx)
	defer stop()
	if p.options.URL != "" {
		client, err := prefect.NewClient(p.options)
		if err != nil {
			return p.fail(err)
		}
		ctx = WithClient(ctx, client)
	}
	if p.runID != "" {
		return p.execute(ctx, flows)
	}
	if len(p.args) > 0 {
		switch p.args[0] {
		case "--flows":
			return p.describe(flows)
		case "--help", "-h":
			p.help(p.stdout, flows)
			return 0
		}
	}
	return p.local(ctx, flows)
}

// execute executes the run that the environment names.
func (p *program) execute(ctx context.Context, flows []Definition) int {
	client := clientOf(ctx)
	if client == nil {
		return p.fail(errors.New(runIDVariable + " is set, but PREFECT_API_URL is not"))
	}
	_, failure := Execute(ctx, p.runID, flows...)
	if failure == nil {
		return 0
	}
	code := p.fail(failure)
	asked, cancel := context.WithTimeout(context.WithoutCancel(ctx), finalWait) // a server under maintenance is waited for without end
	defer cancel()
	run, err := client.FlowRun(asked, p.runID)
	if err == nil && run.StateType != prefect.StateRunning && run.StateType != prefect.StatePending {
		return 0 // the server has the run's end, or has put it off
	}
	return code
}

// local runs the flow that the arguments name.
func (p *program) local(ctx context.Context, flows []Definition) int {
	args := p.args
	var chosen Definition
	var unknown *UnknownFlowError
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	if chosen, unknown = find(name, flows); unknown == nil {
		args = args[1:]
	} else if len(flows) == 1 {
		chosen = flows[0]
	} else {
		return p.fail(unknown)
	}
	values, err := chosen.parse(args)
	if err != nil {
		return p.fail(err)
	}
	result, err := chosen.start(ctx, values, nil)
	if err != nil {
		return p.fail(err)
	}
	if _, none := result.(None); none {
		return 0
	}
	if err := json.NewEncoder(p.stdout).Encode(result); err != nil {
		return p.fail(fmt.Errorf("printing the result: %w", err))
	}
	return 0
}

func (p *program) describe(flows []Definition) int {
	type described struct {
		Name   string          `json:"name"`
		Schema json.RawMessage `json:"parameter_openapi_schema"`
	}
	all := []described{}
	for _, f := range flows {
		all = append(all, described{f.Name(), f.ParameterSchema()})
	}
	if err := json.NewEncoder(p.stdout).Encode(all); err != nil {
		return p.fail(fmt.Errorf("printing the flows: %w", err))
	}
	return 0
}

func (p *program) help(w io.Writer, flows []Definition) {
	fmt.Fprintf(w, "Usage: %s [FLOW] [NAME=VALUE ...]\n       %s --flows\n\nFlows and their parameters:\n", p.name, p.name)
	for _, f := range flows {
		fmt.Fprintf(w, "  %q %s\n", f.Name(), f.usage())
	}
}

// fail prints an error and what to do about it.
func (p *program) fail(err error) int {
	fmt.Fprintln(p.stderr, "error:", err)
	if hinting, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok && hinting.Hint() != "" {
		fmt.Fprintln(p.stderr, "hint:", hinting.Hint())
	}
	return 1
}

// untilSignal ends the context with the first signal. The second one has its usual effect.
func (p *program) untilSignal(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(&SignalError{Signal: s, Reschedule: p.reschedule && s == syscall.SIGTERM})
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}
