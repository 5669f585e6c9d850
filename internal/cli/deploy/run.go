package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/deploy"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// maxSchema bounds the file of --param-schema, in bytes.
const maxSchema = 1 << 20

func run(a *cmdutil.App, cmd *cobra.Command, entrypoint []string, f *deployFlags) error {
	ctx := cmd.Context()
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	d, err := f.deployment(ctx, a, p, entrypoint)
	if err != nil {
		return inWords(err)
	}
	clients := deploy.Clients{Prefect: p.Client, Azure: func(ctx context.Context, as azure.CredentialOptions) (*azure.Cloud, error) {
		settings, err := a.Settings(cmd)
		if err != nil {
			return nil, err
		}
		if as == (azure.CredentialOptions{}) {
			return a.Cloud(ctx, settings)
		}
		return a.CloudAs(ctx, settings, as)
	}}
	plan, err := deploy.NewPlan(ctx, clients, *d)
	if err != nil {
		return inWords(err)
	}
	for _, skipped := range d.Skipped() {
		a.Say.Warning(fmt.Sprintf("%s is not sent: it is %s", skipped.Path, skipped.Reason))
	}
	if f.plan {
		return printPlan(a, p, plan)
	}
	result, err := plan.Apply(ctx, func(s deploy.Step) { a.Say.Status(stepWords(s)) })
	if err != nil {
		return inWords(err)
	}
	name := d.Flow.Name + "/" + d.Name
	if p.WantsJSON() {
		return a.Out.JSON(doneView{ID: result.Deployment.ID, FlowID: result.FlowID, Name: name, Steps: viewsOf(result.Steps)})
	}
	a.Out.Line("%s", result.Deployment.ID)
	a.Hint(cmd, "to run it: {}", cmdutil.CreateFlowRun(name))
	return nil
}

// deployment puts the flags together.
func (f *deployFlags) deployment(ctx context.Context, a *cmdutil.App, p *cmdutil.Prefect, entrypoint []string) (*deploy.Deployment, error) {
	d := &deploy.Deployment{Name: f.name, Version: f.version, Tags: f.tags, Pool: f.pool, Queue: f.queue, Image: f.image, Schedules: f.schedules()}
	var err error
	if d.Parameters, err = cmdutil.Values("--param", f.params); err != nil {
		return nil, err
	}
	if d.JobVariables, err = cmdutil.Values("--job-variable", f.variables); err != nil {
		return nil, err
	}
	if d.Pool == "" && d.Queue == "" {
		d.Pool = p.Settings.Value("PREFECT_DEFAULT_WORK_POOL_NAME").Value
		if d.Pool == "" {
			return nil, cmdutil.Usage("no work pool is given", "give --pool; {} lists them; or for an agent --queue", cmdutil.ListPools())
		}
	}
	if f.infrastructure != "" {
		block, err := cmdutil.ParseBlockPath("--infrastructure", f.infrastructure, cmdutil.SlugACIJob)
		if err != nil {
			return nil, err
		}
		d.Infrastructure = block.String()
	}
	if err := f.flow(ctx, a, d, entrypoint); err != nil {
		return nil, err
	}
	if f.schema != "" {
		if d.Flow.ParameterSchema, err = f.readSchema(ctx, a); err != nil {
			return nil, err
		}
	}
	textParameters(d, f.params)
	return d, nil
}

// flow reads the flow and its code. given is the entrypoint, and what comes after --.
func (f *deployFlags) flow(ctx context.Context, a *cmdutil.App, d *deploy.Deployment, given []string) error {
	dir, entrypoint, args := a.Path("."), given[0], given[1:]
	if strings.HasSuffix(entrypoint, ".py") {
		// It must never be taken for a program, which would be run.
		return cmdutil.Usage(fmt.Sprintf("%s names no function", entrypoint), fmt.Sprintf("give %s:FUNCTION, with the function of the flow", entrypoint))
	}
	if !strings.Contains(entrypoint, ".py:") {
		program, name := cutProgram(entrypoint)
		if _, told := d.JobVariables["command"]; f.storage != "" || f.image == "" && !told {
			return cmdutil.Usage(fmt.Sprintf("%s is not PATH.py:FUNCTION", entrypoint), "a Go program is in an image: give --image, and no --storage")
		}
		flow, err := deploy.ReadProgram(ctx, a.Path(program), name, args...)
		if err != nil {
			return err
		}
		d.Flow = *flow
		return nil
	}
	if len(args) > 0 {
		return cmdutil.Usage(fmt.Sprintf("%q comes after --, and %s is not a Go program", args[0], entrypoint), "leave it out")
	}
	flow, err := deploy.ReadFlow(dir, entrypoint)
	if err != nil {
		return err
	}
	d.Flow = *flow
	switch {
	case f.storage == "" && f.image == "":
		return cmdutil.Usage("nothing says where the code is", "give --storage to send it to Azure, or --image for an image that has it; {} lists blocks", cmdutil.ListBlocks())
	case f.storage == "":
		return nil
	case strings.Contains(f.storage, "://"):
		d.Storage = deploy.Storage{URL: f.storage, Container: f.container}
	default:
		d.Storage = deploy.Storage{Block: f.storage, Container: f.container}
	}
	d.Code, err = deploy.ReadTree(dir)
	return err
}

// cutProgram takes PROGRAM:FLOW apart. The colon of a drive is no part of that, as in C:\etl.exe:load.
func cutProgram(entrypoint string) (program, flow string) {
	drive := len(filepath.VolumeName(entrypoint))
	program, flow, _ = strings.Cut(entrypoint[drive:], ":")
	return entrypoint[:drive] + program, flow
}

// readSchema reads the file of --param-schema.
func (f *deployFlags) readSchema(ctx context.Context, a *cmdutil.App) (json.RawMessage, error) {
	text, err := a.ReadInput(ctx, "--param-schema", f.schema, maxSchema)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, cmdutil.Usage(fmt.Sprintf("--param-schema %s is not a JSON object", f.schema), "")
	}
	return text, nil
}

// schedules are those that the flags ask for; nil for none, which leaves those that are there.
func (f *deployFlags) schedules() []prefect.DeploymentSchedule {
	switch {
	case f.cron != "":
		return []prefect.DeploymentSchedule{{Active: true, Schedule: prefect.Schedule{Cron: f.cron, Timezone: f.timezone}}}
	case f.interval > 0:
		return []prefect.DeploymentSchedule{{Active: true, Schedule: prefect.Schedule{Interval: prefect.Seconds(f.interval)}}}
	}
	return nil
}

// inWords names the flags that an error is about.
func inWords(err error) error {
	if missing, ok := errors.AsType[*deploy.MissingError](err); ok {
		list := cmdutil.ListBlocks()
		if missing.Object == deploy.ObjectPool {
			list = cmdutil.ListPools()
		}
		return cmdutil.WithHint(missing, "{} lists them", list)
	}
	if unread, ok := errors.AsType[*deploy.EntrypointError](err); ok && unread.NeedsSchema() {
		return cmdutil.WithHint(err, "give the schema of the parameters with --param-schema")
	}
	if invalid, ok := errors.AsType[*deploy.InvalidError](err); ok && err == error(invalid) {
		return cmdutil.Usage(invalid.Problem, invalid.Hint())
	}
	return err
}
