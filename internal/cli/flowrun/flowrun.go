// Package flowrun has the commands for Prefect's flow runs.
package flowrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// A call is one call of a command, with the API that it works on.
type call struct {
	a      *cmdutil.App
	cmd    *cobra.Command
	client *prefect.Client
}

// NewCommand makes `pacific flow-run` and the commands below it.
func NewCommand(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "flow-run COMMAND",
		GroupID: cmdutil.GroupPrefect,
		Short:   "See and steer Prefect's flow runs",
		Example: cmdutil.Lines(
			"pacific flow-run ls --state running",
			"pacific flow-run logs -f frisky-fox",
		),
		Args: cmdutil.OnlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newLs(a),
		newCreate(a),
		newPreview(a),
		newRun(a),
		newLogs(a),
		newWait(a),
		newCancel(a),
		newRetry(a),
	)
	return cmdutil.WithoutFiles(cmd)
}

// runs checks that a command got so many flow runs (most 0: any number from one).
func runs(most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		const see = "{} lists them; see {}"
		switch {
		case len(args) == 0:
			return cmdutil.Usage(cmd.CommandPath()+" needs a flow run: its id or its name", see, cmdutil.ListFlowRuns(), cmdutil.Help(cmd))
		case most > 0 && len(args) > most:
			return cmdutil.Usage(fmt.Sprintf("%s takes one flow run, got also %q", cmd.CommandPath(), args[most]), see, cmdutil.ListFlowRuns(), cmdutil.Help(cmd))
		}
		for _, arg := range args {
			if strings.TrimSpace(arg) == "" {
				return cmdutil.Usage(cmd.CommandPath()+": the flow run's name is empty", see, cmdutil.ListFlowRuns(), cmdutil.Help(cmd))
			}
		}
		return nil
	}
}

// find reads the run that an argument means: by its id, or by its name if no other run has it.
func find(ctx context.Context, client *prefect.Client, given string) (prefect.FlowRun, error) {
	if id, err := uuid.Parse(given); err == nil {
		run, err := client.FlowRun(ctx, prefect.ID(id.String()))
		return run, runError(err, given)
	}
	query := prefect.Query{Sort: prefect.SortExpectedStartTimeDesc, Limit: 2}
	query.FlowRuns.Name.Any = []string{given}
	found, err := prefect.Collect(client.FlowRuns(ctx, query))
	switch {
	case err != nil:
		return prefect.FlowRun{}, err
	case len(found) == 0:
		return prefect.FlowRun{}, missing(given)
	case len(found) > 1:
		return prefect.FlowRun{}, cmdutil.WithHint(fmt.Errorf("several flow runs are called %s", given),
			"give the id of one; {} lists them", cmdutil.ListFlowRunsNamed(given))
	}
	return found[0], nil
}

// errMissing is wrapped where there is no such run.
var errMissing = errors.New("there is no flow run")

func missing(given string) error {
	return cmdutil.WithHint(fmt.Errorf("%w %s", errMissing, given), "{} lists them", cmdutil.ListFlowRuns())
}

func isMissingRun(err error) bool { return errors.Is(err, errMissing) }

// runError says what to do about a run that is not there.
func runError(err error, given string) error {
	if cmdutil.IsMissing(err) {
		return missing(given)
	}
	return err
}

// runView is one flow run in JSON.
type runView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// State is the state's name, such as Late, StateType one of Prefect's nine types, such as SCHEDULED.
	State     string `json:"state"`
	StateType string `json:"stateType"`
	Message   string `json:"message"`
	// Waits is what a run that is due and has not begun waits for; it is not told where nothing is known of a wait.
	Waits string `json:"waits,omitempty"`
	// Attempt numbers the tries of the flow itself, as Prefect counts them; 0 before the first one.
	Attempt        int       `json:"attempt"`
	FlowID         string    `json:"flowId"`
	DeploymentID   string    `json:"deploymentId"`
	WorkPool       string    `json:"workPool"`
	WorkQueue      string    `json:"workQueue"`
	Infrastructure string    `json:"infrastructure"`
	Expected       time.Time `json:"expected,omitzero"`
	Started        time.Time `json:"started,omitzero"`
	Ended          time.Time `json:"ended,omitzero"`
}

func viewOf(run prefect.FlowRun) runView {
	v := runView{
		ID: string(run.ID), Name: run.Name, State: run.StateName, StateType: string(run.StateType), Attempt: run.RunCount,
		FlowID: string(run.FlowID), DeploymentID: string(run.DeploymentID), WorkPool: run.WorkPoolName, WorkQueue: run.WorkQueueName,
		Infrastructure: run.InfrastructurePID, Expected: run.ExpectedStartTime.Time, Started: run.StartTime.Time, Ended: run.EndTime.Time,
	}
	if run.State != nil {
		v.State, v.StateType, v.Message = run.State.Name, string(run.State.Type), run.State.Message
	}
	return v
}

// stateOf is a run's state; the zero State for a run that has none, which a program may have made so.
func stateOf(run prefect.FlowRun) prefect.State {
	if run.State != nil {
		return *run.State
	}
	return prefect.State{Type: run.StateType, Name: run.StateName}
}

// called is how messages name a run.
func called(run prefect.FlowRun) string {
	if run.Name != "" {
		return run.Name
	}
	return string(run.ID)
}

// nameOrID is how a call named the run, for a hint: as its argument does, which finds the run again.
func nameOrID(cmd *cobra.Command, run prefect.FlowRun) string {
	if slices.Contains(cmd.Flags().Args(), run.Name) {
		return run.Name
	}
	return string(run.ID)
}

// stateWords is a state for people: its name, and why.
func stateWords(s prefect.State) string {
	name := s.Name
	if name == "" {
		name = s.Type.Name()
	}
	if s.Message == "" {
		return name
	}
	return name + ": " + s.Message
}

// passes reports whether a request that failed may succeed later without anybody doing something.
func passes(err error) bool {
	return errors.Is(err, prefect.ErrUnavailable) || errors.Is(err, prefect.ErrNotPrefect) || errors.Is(err, prefect.ErrConnection)
}
