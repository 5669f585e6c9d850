package job

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// runView is what run, wait and logs print with --output json, on the last line of stdout.
type runView struct {
	Name      string `json:"name,omitempty"`
	ID        string `json:"id,omitempty"`
	Container string `json:"container,omitempty"`
	// ExitCode is the container's own, null when it has none.
	ExitCode *int   `json:"exitCode"`
	Outcome  string `json:"outcome"`
	Reason   string `json:"reason,omitempty"`
	// PacificExitCode is what pacific itself exits with.
	PacificExitCode int                   `json:"pacificExitCode"`
	Phases          *aci.Phases           `json:"phases,omitempty"`
	Restarts        int                   `json:"restarts,omitzero"`
	Failures        []*aci.ContainerError `json:"failures,omitempty"`
	Gaps            []aci.Gap             `json:"gaps,omitempty"`
	Reads           *aci.Reads            `json:"reads,omitempty"`
	Warnings        []aci.Warning         `json:"warnings,omitempty"`
	Kept            bool                  `json:"kept"`
	CleanupError    string                `json:"cleanupError,omitempty"`
	// OutputError is why standard output did not get all of the job's output.
	OutputError string `json:"outputError,omitempty"`
}

// Outcomes of a run that aci does not know, because it never came that far.
const (
	outcomeError    = "error"    // Azure, the network or pacific failed
	outcomeInvalid  = "invalid"  // the command line, a file or a setting is wrong
	outcomeDetached = "detached" // --detach: it goes on without us
	outcomeRead     = "read"     // logs: the output was read, and nothing was asked of the job's end
)

// FailedView is for a run that never came to a result of its own.
func FailedView(err error, code int) runView {
	w := cmdutil.Explain(err, nil)
	v := runView{Outcome: outcomeError, Reason: strings.Join(w.Problems, "; "), PacificExitCode: code}
	switch {
	case w.Usage:
		v.Outcome = outcomeInvalid
	case code == cmdutil.ExitTimedOut:
		v.Outcome = string(aci.OutcomeTimedOut)
	case code == cmdutil.ExitInterrupted, code == cmdutil.ExitTerminated, code == cmdutil.ExitHungUp:
		v.Outcome = string(aci.OutcomeInterrupted)
	}
	if logs, ok := errors.AsType[*logsError](err); ok {
		v.Name, v.Gaps, v.OutputError = logs.run.name, logs.run.gaps, logs.run.outputError
		v.Kept = !errors.Is(err, aci.ErrNotFound)
	}
	return v
}

func viewOf(r *aci.Result, code int) runView {
	v := runView{
		Name: r.Name, ID: r.ID, Container: r.Container,
		ExitCode: r.ExitCode, Outcome: string(r.Outcome), Reason: r.Reason, PacificExitCode: code,
		Phases: &r.Phases, Restarts: r.Restarts, Failures: r.Failures, Gaps: r.Gaps, Reads: &r.Reads, Warnings: r.Warnings,
		Kept: r.Kept,
	}
	if r.CleanupError != nil {
		v.CleanupError = r.CleanupError.Error()
	}
	if r.OutputError != nil {
		v.OutputError = r.OutputError.Error()
	}
	return v
}

// runCode is the exit code of a run that ended so.
func runCode(ctx context.Context, r *aci.Result) int {
	switch r.Outcome {
	case aci.OutcomeTimedOut:
		return cmdutil.ExitTimedOut
	case aci.OutcomeInterrupted:
		if sig, ok := errors.AsType[*cmdutil.SignalError](context.Cause(ctx)); ok {
			return sig.Code()
		}
		if errors.Is(context.Cause(ctx), errWaitTimeout) {
			return cmdutil.ExitTimedOut
		}
		return cmdutil.ExitNotRun
	}
	switch {
	case r.ExitCode == nil:
		return cmdutil.ExitNotRun
	case *r.ExitCode < 0 || *r.ExitCode > 255:
		return cmdutil.ExitOutOfRange
	case *r.ExitCode == 0 && r.Outcome != aci.OutcomeSucceeded:
		// Stopped by somebody or evicted, with a 0 that is no success.
		return cmdutil.ExitNotRun
	}
	return *r.ExitCode
}

// sayResult tells what a person cannot see from the exit code.
func sayResult(a *cmdutil.App, p *progress, r *aci.Result, code int) {
	switch {
	case code == cmdutil.ExitOutOfRange && *r.ExitCode != code:
		a.Say.Error(fmt.Sprintf("the container's exit code was %d, which no program can exit with; exiting with %d", *r.ExitCode, code), "")
	case r.Outcome == aci.OutcomeFailed, r.Outcome == aci.OutcomeSucceeded:
		p.say("%s ("+p.took+")", endWords(r), shortly(time.Since(p.begin)))
		if r.Kept {
			p.say("its output: %s", cmdutil.ReadJob(p.here, r.Name))
		}
	default:
		reason := r.Reason
		if reason == "" {
			reason = string(r.Outcome)
		}
		a.Say.Error(reason, outcomeHint(r))
	}
}

// endWords says how a job ended by itself: its exit code, what that code stands for, and how long the container ran.
func endWords(r *aci.Result) string {
	words := "the job ended"
	if r.ExitCode != nil {
		words = fmt.Sprintf("exit code %d", *r.ExitCode)
		if cause := exitCauses[*r.ExitCode]; cause != "" {
			words += " (" + cause + ")"
		}
	}
	if ran := r.Phases.Durations().Run; ran > 0 {
		words += " after " + shortly(ran).String()
	}
	return words
}

// shortly leaves off the digits that nobody reads.
func shortly(d time.Duration) time.Duration {
	if d < 100*time.Millisecond {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}

// exitCauses are the codes that a shell or the kernel gives, not the program.
var exitCauses = map[int]string{
	126: "the command cannot be run",
	127: "command not found",
	130: "interrupted",
	134: "aborted",
	137: "killed, most often because memory ran out",
	139: "segmentation fault",
	143: "terminated",
}

// sayFailures shows what the containers that failed have printed last, and why
// the main container could not run.
func sayFailures(a *cmdutil.App, r *aci.Result) {
	for _, f := range r.Failures {
		if f.Role == aci.RoleMain && f.ExitCode != nil {
			a.Say.Error(f.Error(), "")
			continue // its output has been printed
		}
		if len(f.Lines) == 0 {
			continue
		}
		a.Say.Status("the last output of container " + f.Container + ":")
		for _, line := range f.Lines {
			a.Say.Status("  " + line)
		}
	}
}

// longer is what to do about a job that reached its --timeout.
const longer = "raise --timeout if the job may take longer"

func outcomeHint(r *aci.Result) string {
	switch r.Outcome {
	case aci.OutcomeStartTimeout:
		return "a large image or a full region takes longer: raise --start-timeout, or choose another --location"
	case aci.OutcomeTimedOut:
		return longer
	case aci.OutcomeEvicted:
		return "spot capacity can be taken away at any time; run it again, or at regular priority"
	}
	return ""
}

// lastByte passes writes on and remembers whether the output ends in the
// middle of a line.
type lastByte struct {
	w    io.Writer
	open bool
	// begins is called before the first write.
	begins func()
	begun  bool
	// failed is why the first write that failed did.
	failed func(error)
}

func (l *lastByte) Write(p []byte) (int, error) {
	if !l.begun && l.begins != nil {
		l.begins()
	}
	l.begun = true
	n, err := l.w.Write(p)
	if n > 0 {
		l.open = !bytes.HasSuffix(p[:n], []byte("\n"))
	}
	if err != nil && l.failed != nil {
		l.failed(err)
	}
	return n, err
}
