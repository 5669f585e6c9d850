package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/worker"
	"github.com/spf13/cobra"
)

// flags are those of start as they were given.
type flags struct {
	queues, prefixes []string
	pool             string
	limit            int
	prefetch         time.Duration
	runOnce          bool
	keyvault         string
}

func newStart(a *cmdutil.App) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "start -q QUEUE… | -p POOL | -m PREFIX… [flags]",
		Short: "Start an agent that runs the flow runs of work queues on Azure",
		Long: `Start polls work queues of a Prefect 2 server, or of a 3.x server by the same
endpoints, and runs each flow run that is due as a container group on Azure
Container Instances. What a run needs is in the azure-container-instance-job
block that its deployment names. For work pools use pacific worker start.

A first Ctrl-C or SIGTERM stops the agent with exit code 0: it claims nothing
more, and what it has started goes on in Azure. The next agent of the queues
takes those runs up. A second signal quits at once.

With --keyvault, the address of the Prefect API and its key are the secrets
prefect-api-url and prefect-api-key of that vault.`,
		Example: cmdutil.Lines(
			"pacific agent start -q armaci",
			"pacific agent start -m aci- --limit 10",
			"pacific agent start -q armaci --keyvault https://kv-one.vault.azure.net",
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return start(a, cmd, f) },
	}
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.queues, "queue", "q", nil, "serve this `queue`; one that does not exist is made (repeatable)")
	fl.StringVarP(&f.pool, "pool", "p", "", "serve the queues of this work `pool`, of type prefect-agent")
	fl.StringArrayVarP(&f.prefixes, "match", "m", nil, "serve every queue whose name begins with this `prefix` (repeatable)")
	fl.IntVarP(&f.limit, "limit", "l", 0, "how many flow runs may be under way at once (default no limit)")
	fl.DurationVar(&f.prefetch, "prefetch", worker.DefaultAgentPrefetch, "how long before its scheduled time a flow run is started; PREFECT_AGENT_PREFETCH_SECONDS changes the default")
	fl.BoolVar(&f.runOnce, "run-once", false, "run what is due now, and end when it has ended")
	fl.StringVar(&f.keyvault, "keyvault", "", "`address` of a key vault with the secrets prefect-api-url and prefect-api-key")
	cmdutil.CompleteFlag(cmd, "pool", a.PoolNames())
	a.AddProfileFlag(cmd)
	cmdutil.AddSettings(cmd, append(cmdutil.AzureSettings(), "location")...)
	return cmd
}

// check refuses flags that cannot be meant, before anything is read or sent.
func (f *flags) check(given func(string) bool) error {
	switch {
	case len(f.queues) == 0 && len(f.prefixes) == 0 && f.pool == "":
		return cmdutil.Usage("agent start needs --queue, --match or --pool", "for example pacific agent start -q default")
	case len(f.queues) > 0 && len(f.prefixes) > 0:
		return cmdutil.Usage("--queue and --match cannot be used together", "leave one of the two out")
	case slices.Contains(f.queues, ""):
		return cmdutil.Usage("--queue is empty: it must be the name of a work queue", "")
	case slices.Contains(f.prefixes, ""):
		return cmdutil.Usage("--match is empty: it must be the beginning of a queue's name", "")
	case given("limit") && f.limit < 1:
		return cmdutil.Usage(fmt.Sprintf("--limit is %d: it must be at least 1", f.limit), "leave it out for no limit")
	case f.prefetch < 0:
		return cmdutil.Usage(fmt.Sprintf("--prefetch is %s: it must not be negative", f.prefetch), "")
	case given("keyvault") && f.keyvault == "":
		return cmdutil.Usage("--keyvault is empty: it must be the address of a key vault", "for example --keyvault https://kv-one.vault.azure.net")
	case f.keyvault != "" && given("profile"):
		return cmdutil.Usage("--keyvault and --profile cannot be used together: both name a Prefect API", "leave one of the two out")
	}
	return nil
}

func start(a *cmdutil.App, cmd *cobra.Command, f flags) error {
	if err := f.check(cmd.Flags().Changed); err != nil {
		return err
	}
	defer a.KeepMemorySmall()()
	s, err := a.NewService(cmd)
	if err != nil {
		return err
	}
	defer s.Detach()()
	defer s.Places.Close()
	return cmdutil.EndedBySignal(cmd.Context(), run(cmd.Context(), a, s, f))
}

// run opens what the agent needs, and lets it work until ctx ends.
func run(ctx context.Context, a *cmdutil.App, s *cmdutil.Service, f flags) error {
	if err := s.OpenPrefect(ctx, f.keyvault); err != nil {
		return err
	}
	prefetch, err := s.Seconds("prefetch", f.prefetch, "PREFECT_AGENT_PREFETCH_SECONDS")
	if err != nil {
		return err
	}
	poll, err := s.Seconds("", 0, "PREFECT_AGENT_QUERY_INTERVAL")
	if err != nil {
		return err
	}
	at, err := s.Places.OfPool(ctx, s.Prefect, nil)
	if err != nil {
		return err
	}
	containers, err := s.Places.Client(ctx, at)
	if err != nil {
		return err
	}
	agent, err := worker.NewAgent(worker.AgentConfig{
		Prefect: s.Prefect, Containers: containers, ContainersFor: s.Places.ForPlan, Queues: f.queues, Prefixes: f.prefixes, Pool: f.pool,
		Limit: f.limit, Prefetch: prefetch, Poll: poll, RunOnce: f.runOnce, Env: a.Env.LookupEnv, Output: a.Stdout, Log: s.Log,
	})
	if err != nil {
		return err
	}
	s.Works()
	if err := agent.Run(ctx); err != nil {
		return explain(err, f)
	}
	sayEnd(s.Log, agent)
	return nil
}

// sayEnd says what goes on without the agent.
func sayEnd(log *slog.Logger, agent *worker.Agent) {
	left := agent.Status().Finished[worker.LeftRunning]
	if left == 0 {
		log.Info("agent stopped", "agent", agent.Name())
		return
	}
	log.Info("agent stopped: its flow runs go on in Azure, and the next agent of the queues takes them up", "agent", agent.Name(), "runs", left)
}

// explain says what to do about an error that ended the agent.
func explain(err error, f flags) error {
	wrong, isType := errors.AsType[*worker.PoolTypeError](err)
	switch {
	case isType && (wrong.Type == jobtemplate.TypeWorker || wrong.Type == jobtemplate.TypePush):
		return cmdutil.WithHint(err, "its runs are for a worker: {}", cmdutil.StartWorker(f.pool))
	case isType:
		return cmdutil.WithHint(err, "{} lists the pools and their types", cmdutil.ListPools())
	case f.pool != "" && errors.Is(err, worker.ErrPoolNotFound):
		return cmdutil.WithHint(fmt.Errorf("there is no work pool %s", f.pool), "{} lists them", cmdutil.ListPools())
	case f.keyvault != "":
		return cmdutil.VaultKeyError(err)
	}
	return err
}
