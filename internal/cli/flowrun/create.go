package flowrun

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/deploy"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
	"github.com/spf13/cobra"
)

// createFlags are the flags of create.
type createFlags struct {
	name              string
	params, variables []string
	tags              []string
}

func newCreate(a *cmdutil.App) *cobra.Command {
	f := &createFlags{}
	cmd := &cobra.Command{
		Use:   "create [--param K=V]… FLOW/DEPLOYMENT",
		Short: "Create a flow run of a deployment",
		Long: `Create makes a flow run of a deployment, due now, and prints its id. A worker of
the deployment's work pool starts it, or an agent of its queue if it has an
infrastructure block. DEPLOYMENT is given as FLOW/NAME, or by its id.

The V of --param and --job-variable is read as JSON if it is JSON, else as text:
count=3 is a number, name=world a text. A parameter that the flow does not have
and a job variable that the pool does not have are refused.`,
		Example: cmdutil.Lines(
			`pacific flow-run create "Key Vault Demo/manual"`,
			"pacific flow-run create etl/nightly --param day=monday --param count=3",
			`pacific flow-run create etl/nightly --job-variable memory=4`,
		),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || strings.TrimSpace(args[0]) == "" {
				return cmdutil.Usage(cmd.CommandPath()+" needs one deployment, as FLOW/NAME", "see {}", cmdutil.Help(cmd))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runCreate(a, cmd, args[0], f) },
	}
	cmd.Flags().StringVar(&f.name, "name", "", "name of the run (default: the server chooses one)")
	cmd.Flags().StringArrayVar(&f.params, "param", nil, "value of a parameter of the flow, as `K=V` (repeatable)")
	cmd.Flags().StringArrayVar(&f.variables, "job-variable", nil, "value of a job variable of the work pool, as `K=V` (repeatable)")
	cmd.Flags().StringArrayVar(&f.tags, "tag", nil, "`tag` of the run (repeatable)")
	a.AddPrefectFlags(cmd)
	return cmd
}

func runCreate(a *cmdutil.App, cmd *cobra.Command, given string, f *createFlags) error {
	create := prefect.DeploymentFlowRunCreate{Name: f.name, Tags: f.tags}
	var err error
	if create.Parameters, err = cmdutil.Values("--param", f.params); err != nil {
		return err
	}
	if create.JobVariables, err = cmdutil.Values("--job-variable", f.variables); err != nil {
		return err
	}
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	deployment, err := findDeployment(cmd.Context(), p.Client, given)
	if err != nil {
		return err
	}
	if err := deploy.CheckRun(cmd.Context(), p.Client, deployment, create); err != nil {
		if wrong, ok := errors.AsType[*deploy.InvalidError](err); ok && err == error(wrong) {
			return cmdutil.Usage(wrong.Problem, wrong.Hint())
		}
		return err
	}
	run, err := p.Client.CreateDeploymentFlowRun(cmd.Context(), deployment.ID, create)
	if err != nil {
		return err
	}
	a.Say.Status("created flow run " + called(run) + " of " + given)
	if run.WorkPoolName == "" {
		run.WorkPoolName = deployment.WorkPoolName
	}
	switch {
	case deployment.InfrastructureDocumentID != "" && deployment.WorkQueueName != "": // its pool is one that no worker serves
		a.Hint(cmd, "an agent of the queue starts it: {}", agentOf(deployment.WorkPoolName, deployment.WorkQueueName))
	case run.WorkPoolName != "":
		a.Hint(cmd, "a worker of the pool starts it: {}", cmdutil.StartWorker(run.WorkPoolName))
	default: // its pool was deleted, or it never had one
		a.Say.Warning("the deployment has no work pool, so only a program that serves it starts the run")
	}
	if p.WantsJSON() {
		return a.Out.JSON(viewOf(run))
	}
	a.Out.Line("%s", run.ID)
	return nil
}

// agentOf serves a queue of a pool that is for agents.
func agentOf(pool, queue string) cmdutil.Command {
	if queue == "" || pool != "" && pool != worker.DefaultAgentPool {
		return cmdutil.StartAgentOfPool(pool)
	}
	return cmdutil.StartAgent(queue)
}

// findDeployment reads the deployment that an argument means: by FLOW/NAME, or by its id.
func findDeployment(ctx context.Context, client *prefect.Client, given string) (deployment prefect.Deployment, err error) {
	flow, name, both := strings.Cut(given, "/")
	id, notID := uuid.Parse(given)
	switch {
	case both:
		deployment, err = client.DeploymentByName(ctx, flow, name)
	case notID == nil:
		deployment, err = client.Deployment(ctx, prefect.ID(id.String()))
	default:
		return deployment, cmdutil.Usage(fmt.Sprintf("%q is not the name of a deployment", given), "give it as FLOW/NAME, or its id")
	}
	if cmdutil.IsMissing(err) {
		return deployment, cmdutil.WithHint(fmt.Errorf("there is no deployment %s", given), hintOfDeployments(ctx, client, given))
	}
	return deployment, err
}

// How many deployments are looked through for one that was meant, and how many a hint lists.
const (
	mostLookedThrough = 1000
	mostListed        = 5
)

// hintOfDeployments says which deployments there are instead of the missing one. It is empty if they cannot be listed: that one
// is missing is then all that is known.
func hintOfDeployments(ctx context.Context, client *prefect.Client, missing string) string {
	flows := map[prefect.ID]string{}
	for flow, err := range client.Flows(ctx, prefect.Query{Limit: mostLookedThrough}) {
		if err != nil {
			return ""
		}
		flows[flow.ID] = flow.Name
	}
	var names []string
	for deployment, err := range client.Deployments(ctx, prefect.Query{Limit: mostLookedThrough}) {
		if err != nil {
			return ""
		}
		if flow, known := flows[deployment.FlowID]; known {
			names = append(names, flow+"/"+deployment.Name)
		}
	}
	switch {
	case len(names) == 0:
		return "this server has no deployments yet"
	case len(names) > mostListed:
		return suggest.Hint(missing, names, fmt.Sprintf("deployments: %s and %d more", strings.Join(names[:mostListed], ", "), len(names)-mostListed))
	}
	return suggest.Hint(missing, names, "deployments: "+strings.Join(names, ", "))
}
