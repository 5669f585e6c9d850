package flowrun

import (
	"context"
	"errors"
	"fmt"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
	"github.com/spf13/cobra"
)

// runFlags are the flags of run.
type runFlags struct {
	local    bool
	noEvents bool
	// network and mount are for --local; folder is mount as an absolute path.
	network, mount, folder string
}

// check refuses flags that cannot be meant, before anything is sent.
func (f *runFlags) check(a *cmdutil.App, cmd *cobra.Command) (err error) {
	if !f.local {
		return cmdutil.OnlyLocal(cmd)
	}
	for _, name := range cmdutil.AccountSettings() {
		if cmd.Flags().Changed(name) {
			return cmdutil.Usage(fmt.Sprintf("--local and --%s: the local Azure has its own account", name), "leave one of the two out")
		}
	}
	if cmd.Flags().Changed("mount") {
		f.folder, err = a.MountFolder(f.mount)
	}
	return err
}

func newRun(a *cmdutil.App) *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "run [--local] RUN",
		Short: "Run one flow run on Azure, without a worker",
		Long: `Run takes a flow run that is scheduled, whatever its time and its queue and also
from a paused pool. It creates its container group as a worker would, and sees
it through to its end. RUN is the run's id, or its name. The container's output
goes to standard output if the pool's stream_output is on.

Ctrl-C ends the command; the run goes on in Azure, and a worker of its pool
takes it up. With --local, the container runs on an Azure inside this process
and ends with it.

Exit codes: 0 if the run completed, 1 if it failed, crashed or was cancelled;
125 if it could not be run.`,
		Example: cmdutil.Lines(
			"pacific flow-run run frisky-fox",
			"pacific flow-run run --local --mount . frisky-fox",
			"pacific flow-run run --local --engine docker frisky-fox",
		),
		Args:              runs(1),
		ValidArgsFunction: cmdutil.CompleteArgs(a.FlowRunNames(prefect.StateScheduled), 1),
		Annotations:       map[string]string{cmdutil.OwnsExitCodes: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(a, cmd); err != nil {
				return err
			}
			return runRun(a, cmd, args[0], f)
		},
	}
	cmd.Flags().BoolVar(&f.local, "local", false, "run the container on an Azure inside this process: needs no account")
	cmdutil.AddEngineFlags(cmd, &f.network, &f.mount)
	cmd.Flags().BoolVar(&f.noEvents, "no-events", false, "send no events to Prefect's event feed")
	a.AddProfileFlag(cmd)
	cmdutil.AddSettings(cmd, append(cmdutil.AzureSettings(), "location", "engine")...)
	cmdutil.InGroup(cmd, "", "engine")
	return cmd
}

func runRun(a *cmdutil.App, cmd *cobra.Command, given string, f *runFlags) (err error) {
	ctx := cmd.Context()
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	run, err := find(ctx, p.Client, given)
	switch {
	case err != nil:
		return err
	case stateOf(run).Type.Terminal():
		return cmdutil.WithHint(fmt.Errorf("%s has ended already: it is %s", called(run), stateOf(run).Name), "to run it once more, schedule it first: {}", cmdutil.RetryFlowRun(nameOrID(cmd, run)))
	case run.WorkPoolName == "":
		return &worker.NoPoolError{Run: run.ID}
	case isUnderWay(stateOf(run)):
		return cmdutil.WithHint(fmt.Errorf("%s is not scheduled: it is %s", called(run), stateOf(run).Name), "to see how it goes: {}", cmdutil.WaitForFlowRun(nameOrID(cmd, run)))
	}
	service, err := a.NewService(cmd)
	if err != nil {
		return err
	}
	config := worker.Config{
		Prefect: p.Client, Pool: run.WorkPoolName, NoEvents: f.noEvents, Output: a.Stdout, Log: service.Log, Env: a.Env.LookupEnv,
		Location: service.Settings.Get("location"),
	}
	closeAzure, err := f.openAzure(ctx, a, service, &config)
	if err != nil {
		return err
	}
	defer func() {
		if closed := closeAzure(); err == nil {
			err = closed
		}
	}()
	w, err := worker.New(config)
	if err != nil {
		return err
	}
	outcome, err := w.RunOne(ctx, run.ID)
	if _, lost := errors.AsType[*worker.NotStartedError](err); lost {
		return cmdutil.WithHint(err, "to see how it goes: {}", cmdutil.WaitForFlowRun(nameOrID(cmd, run)))
	}
	if wrong, is := errors.AsType[*worker.PoolTypeError](err); is && wrong.Type == worker.TypeAgent {
		return cmdutil.WithHint(err, "an agent starts it: {}", agentOf(run.WorkPoolName, run.WorkQueueName))
	}
	if err != nil {
		return err
	}
	a.Say.Status(called(outcome.Run) + ": " + stateWords(stateOf(outcome.Run)))
	return result(a, p, outcome.Run, false)
}

// isUnderWay reports that somebody has begun a run, so that the server would not give it to another.
func isUnderWay(state prefect.State) bool {
	return state.Type == prefect.StatePending || state.Type == prefect.StateRunning || state.Type == prefect.StateCancelling
}

// openAzure puts the client for the run's pool into the configuration.
func (f *runFlags) openAzure(ctx context.Context, a *cmdutil.App, service *cmdutil.Service, config *worker.Config) (end func() error, err error) {
	if f.local {
		azure, err := a.StartLocalAzure(ctx, cmdutil.LocalOptions{Settings: service.Settings, Network: f.network, Mount: f.folder, Identities: true, Tunnel: true})
		if err != nil {
			return nil, err
		}
		config.Containers, config.ResourceGroupID = azure.Client, azure.ResourceGroupID()
		return azure.Close, nil
	}
	end = func() error {
		service.Places.Close()
		return nil
	}
	defer func() {
		if err != nil {
			service.Places.Close()
		}
	}()
	pool, err := config.Prefect.WorkPool(ctx, config.Pool)
	if err != nil {
		return nil, cmdutil.PoolError(err, config.Pool)
	}
	at, err := service.Places.OfPool(ctx, config.Prefect, pool.BaseJobTemplate)
	if err != nil {
		return nil, err
	}
	config.ResourceGroupID, config.ContainersFor = at.GroupID(), service.Places.ForPlan
	config.Containers, err = service.Places.Client(ctx, at)
	return end, err
}
