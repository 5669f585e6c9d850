package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/worker"
	"github.com/spf13/cobra"
)

// flags are those of start as they were given.
type flags struct {
	pools      []string // as given; pool is the one of them
	pool       string
	queues     []string
	name, kind string
	limit      int
	prefetch   time.Duration
	poll       time.Duration
	runOnce    bool
	createPool bool
	template   string
	keyvault   string
	local      bool
	network    string
	mount      string
	metrics    string
	noEvents   bool
	forward    bool
}

func newStart(a *cmdutil.App) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "start --pool POOL [flags]",
		Short: "Start a worker that runs a pool's flow runs on Azure",
		Long: `Start polls a work pool and runs each flow run that is due as a container group
on Azure Container Instances. It serves pools of the types
azure-container-instance and azure-container-instance:push, the second kind on a
server of your own, and goes on until it is interrupted.

Where containers run is said by the pool, its deployments and their job
variables; what they leave open comes from --subscription and --resource-group.

A first Ctrl-C or SIGTERM stops the worker with exit code 0: it claims nothing
more, and what it has started goes on in Azure. The next worker of the pool
takes those runs up, also after a kill -9. A second signal quits at once.

With --keyvault, the address of the Prefect API and its key are the secrets
prefect-api-url and prefect-api-key of that vault. With --local, the containers
run on an Azure inside this process: they end when the worker ends.`,
		Example: cmdutil.Lines(
			"pacific worker start --pool aci",
			"pacific worker start --pool aci --queue default --limit 10 --metrics :9090",
			"pacific worker start --pool aci --local --create-pool-if-not-found",
			"pacific worker start --pool aci --keyvault https://kv-one.vault.azure.net",
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return start(a, cmd, f) },
	}
	addFlags(a, cmd, &f)
	return cmd
}

func addFlags(a *cmdutil.App, cmd *cobra.Command, f *flags) {
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.pools, "pool", "p", nil, "name of the work `pool` to serve")
	fl.StringArrayVarP(&f.queues, "queue", "q", nil, "serve only this `queue` of the pool (repeatable; default all)")
	fl.StringVarP(&f.name, "name", "n", "", "name of the worker (default pacific-HOST- and six digits)")
	fl.StringVarP(&f.kind, "type", "t", "", "`type` that the pool must have (default either that Pacific serves)")
	fl.IntVarP(&f.limit, "limit", "l", 0, "how many flow runs may be under way at once (default no limit)")
	fl.DurationVar(&f.prefetch, "prefetch", worker.DefaultPrefetch, "how long before its scheduled time a flow run is started; PREFECT_WORKER_PREFETCH_SECONDS changes the default")
	fl.DurationVar(&f.poll, "poll", worker.DefaultPoll, "how often the pool is asked for flow runs; PREFECT_WORKER_QUERY_SECONDS changes the default")
	fl.BoolVar(&f.runOnce, "run-once", false, "run what is due now, and end when it has ended")
	fl.BoolVar(&f.createPool, "create-pool-if-not-found", false, "create the pool if it does not exist")
	fl.StringVar(&f.template, "base-job-template", "", "JSON `file` with the base job template of a pool that is created")
	fl.StringVar(&f.keyvault, "keyvault", "", "`address` of a key vault with the secrets prefect-api-url and prefect-api-key")
	fl.BoolVar(&f.local, "local", false, "run the containers on an Azure inside this process: needs no account")
	cmdutil.AddEngineFlags(cmd, &f.network, &f.mount)
	fl.StringVar(&f.metrics, "metrics", "", "`HOST:PORT` to serve /metrics, /healthz and /readyz on")
	fl.BoolVar(&f.noEvents, "no-events", false, "send no events to Prefect's event feed")
	fl.BoolVar(&f.forward, "forward-output", false, "also send what containers print to the logs of their flow runs")
	cmdutil.CompleteFlag(cmd, "pool", a.PoolNames())
	cmdutil.Must(cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(poolTypes, cobra.ShellCompDirectiveNoFileComp)))
	a.AddProfileFlag(cmd)
	cmdutil.AddSettings(cmd, append(cmdutil.AzureSettings(), "location", "engine")...)
	cmdutil.InGroup(cmd, "", "engine")
}

// poolTypes are the types of work pools that Pacific serves.
var poolTypes = []string{jobtemplate.TypeWorker, jobtemplate.TypePush}

func start(a *cmdutil.App, cmd *cobra.Command, f flags) error {
	if err := f.check(cmd); err != nil {
		return err
	}
	defer a.KeepMemorySmall()()
	s, err := configure(a, cmd, f)
	if err != nil {
		return err
	}
	defer s.Detach()()
	if f.metrics != "" {
		monitor, err := cmdutil.StartMonitor("--metrics", f.metrics, cmdutil.MonitorOptions{Ready: s.ready, Metrics: s.metrics})
		if err != nil {
			return err
		}
		defer monitor.Close()
		s.Log.Info("serving metrics", "url", "http://"+monitor.Addr()+"/metrics")
	}
	return cmdutil.EndedBySignal(cmd.Context(), s.run(cmd.Context()))
}

// run opens what the worker needs, and lets it work until ctx ends.
func (s *service) run(ctx context.Context) (err error) {
	defer func() {
		if closed := s.close(); err == nil {
			err = closed
		}
	}()
	if err := s.open(ctx); err != nil {
		return err
	}
	w, err := worker.New(s.config)
	if err != nil {
		return err
	}
	s.worker.Store(w)
	s.Works()
	if err := w.Run(ctx); err != nil {
		return s.explain(err)
	}
	s.sayEnd(w.Status())
	return nil
}

// sayEnd says what goes on without the worker.
func (s *service) sayEnd(status worker.Status) {
	switch left := status.Finished[worker.LeftRunning]; {
	case left == 0:
		s.Log.Info("worker stopped", "worker", status.Name)
	case s.f.local:
		s.Log.Warn("worker stopped: the containers of the local Azure end with it", "worker", status.Name, "runs", left)
	default:
		s.Log.Info("worker stopped: its flow runs go on in Azure, and the next worker of the pool takes them up", "worker", status.Name, "runs", left)
	}
}

// explain says what to do about an error that ended the worker.
func (s *service) explain(err error) error {
	wrong, isType := errors.AsType[*worker.PoolTypeError](err)
	_, isQueue := errors.AsType[*worker.QueueNotFoundError](err)
	switch {
	case errors.Is(err, worker.ErrPoolNotFound):
		return s.noPool()
	case isType && wrong.Type == worker.TypeAgent:
		return cmdutil.WithHint(err, "an agent serves it: {}", cmdutil.StartAgentOfPool(wrong.Pool))
	case isType && wrong.Want != "":
		return cmdutil.WithHint(err, "leave --type out, or create another pool: {}", cmdutil.CreatePoolHelp())
	case isType:
		return cmdutil.WithHint(err, "create a pool that it serves: {}", cmdutil.CreatePoolHelp())
	case isQueue:
		return cmdutil.WithHint(err, "{} lists its queues; leave --queue out to serve them all", cmdutil.InspectPool(s.f.pool))
	case s.f.keyvault != "":
		return cmdutil.VaultKeyError(err)
	}
	return err
}

// noPool is the error of a pool that is not there.
func (s *service) noPool() error {
	return cmdutil.WithHint(fmt.Errorf("there is no work pool %s", s.f.pool), "{} creates it; {} lists them", cmdutil.WithPool(s.cmd), cmdutil.ListPools())
}
