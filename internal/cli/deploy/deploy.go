// Package deploy has the command that makes deployments of flows.
package deploy

import (
	"fmt"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// deployFlags are the flags of deploy.
type deployFlags struct {
	name, version               string
	pool, queue, infrastructure string
	storage, container, image   string
	params, variables, tags     []string
	schema                      string
	cron, timezone              string
	interval                    time.Duration
	plan                        bool
}

// NewCommand makes `pacific deploy`.
func NewCommand(a *cmdutil.App) *cobra.Command {
	f := &deployFlags{}
	cmd := &cobra.Command{
		Use:     "deploy [flags] ENTRYPOINT [-- ARG…]",
		GroupID: cmdutil.GroupPrefect,
		Short:   "Send a flow's code to Azure and register its deployment",
		Long: `Deploy makes a deployment of a flow: what can be run, and where. It needs no
Python. ENTRYPOINT is PATH.py:FUNCTION below this folder, or the program of a Go
flow (PROGRAM, or PROGRAM:FLOW if it has several).

A Python file is read, never run. Its folder goes to --storage without what
.prefectignore names, and code that has not changed is not sent again. With
--image and without --storage, the image has the code. A Go program is asked for
its flows; its image has it under its name in /usr/local/bin. ARG is for a Go
program whose flows are behind a command of its own, such as "tool flows".

Whatever is not given is reset, except for schedules. --plan shows what would
be done and changes nothing. The V of --param and --job-variable is read as JSON
if it is JSON, else as text.`,
		Example: cmdutil.Lines(
			"pacific deploy flow.py:etl --pool aci --storage azure/az-storage",
			"pacific deploy flow.py:etl --queue q --infrastructure aci --storage azure/code",
			`pacific deploy flow.py:etl --pool aci --image etl:1 --cron "0 6 * * *" --plan`,
			"pacific deploy ./etl --pool aci --image etl.azurecr.io/etl:1 --param count=3",
			"pacific deploy ./tool:etl --pool aci --image etl.azurecr.io/tool:1 -- flows",
		),
		Args:        oneEntrypoint,
		Annotations: map[string]string{cmdutil.TakesBytes: "true"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			return run(a, cmd, args, f)
		},
	}
	f.add(a, cmd)
	return cmd
}

func (f *deployFlags) add(a *cmdutil.App, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "default", "name of the deployment")
	flags.StringVar(&f.version, "version", "", "version of the deployment (default: the flow's, else a checksum of its file)")
	flags.StringVar(&f.pool, "pool", "", "work `pool` that runs it (default: Prefect's default work pool)")
	flags.StringVar(&f.queue, "queue", "", "work `queue`: of the pool, or without one an agent's")
	flags.StringVar(&f.infrastructure, "infrastructure", "", "`block` that an agent starts runs with, as NAME or TYPE/NAME")
	flags.StringVar(&f.storage, "storage", "", "where the code goes: a `block` as TYPE/NAME, or the address of a container")
	flags.StringVar(&f.container, "container", "", "`CONTAINER` or CONTAINER/FOLDER, for a block of credentials")
	flags.StringVar(&f.image, "image", "", "container `image` of the runs (default: that of the pool or block)")
	flags.StringArrayVar(&f.params, "param", nil, "default of a parameter of the flow, as `K=V` (repeatable)")
	flags.StringVar(&f.schema, "param-schema", "", "JSON `file` with the schema of the parameters, if the source does not settle it (-: standard input)")
	flags.StringArrayVar(&f.variables, "job-variable", nil, "job variable of the work pool, or field of the block, as `K=V` (repeatable)")
	flags.StringArrayVar(&f.tags, "tag", nil, "`tag` of the deployment and its runs (repeatable)")
	flags.StringVar(&f.cron, "cron", "", "run by a cron `schedule` of five fields")
	flags.DurationVar(&f.interval, "interval", 0, "run again and again after this time, such as 1h")
	flags.StringVar(&f.timezone, "timezone", "", "time `zone` of --cron, such as Europe/Oslo (default UTC)")
	flags.BoolVar(&f.plan, "plan", false, "show what would be done, and change nothing")
	cmdutil.CompleteFlag(cmd, "pool", a.PoolNames())
	cmdutil.CompleteFlag(cmd, "infrastructure", a.BlockNames(cmdutil.SlugACIJob))
	cmdutil.CompleteFlag(cmd, "storage", a.BlockNames(""))
	a.AddPrefectFlags(cmd)
	cmdutil.AddSettings(cmd, "cloud", "credential", "tenant-id", "client-id")
}

// oneEntrypoint checks the arguments: one, and what comes after --.
func oneEntrypoint(cmd *cobra.Command, args []string) error {
	const form = "give PATH.py:FUNCTION, or the program of a Go flow"
	switch {
	case len(args) == 0 || strings.TrimSpace(args[0]) == "":
		return cmdutil.Usage(cmd.CommandPath()+" needs the entrypoint of a flow", form)
	case len(args) > 1 && (cmd.ArgsLenAtDash() < 0 || cmd.ArgsLenAtDash() > 1):
		return cmdutil.Usage(fmt.Sprintf("%s takes one entrypoint, got also %q", cmd.CommandPath(), args[1]), form)
	}
	return nil
}

// check refuses flags that cannot be meant, before anything is read.
func (f *deployFlags) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	switch {
	case strings.TrimSpace(f.name) == "":
		return cmdutil.Usage("--name is empty", "leave it out for the name default")
	case f.cron != "" && given("interval"):
		return cmdutil.Usage("--cron and --interval cannot be used together", "leave one of the two out")
	case given("interval") && f.interval <= 0:
		return cmdutil.Usage(fmt.Sprintf("--interval is %s: it must be positive", f.interval), "")
	case f.timezone != "" && f.cron == "":
		return cmdutil.Usage("--timezone needs --cron", "")
	case f.pool != "" && f.infrastructure != "":
		return cmdutil.Usage("--pool and --infrastructure cannot be used together", "leave one of the two out: a pool has its own infrastructure")
	case f.infrastructure != "" && f.queue == "":
		return cmdutil.Usage("--infrastructure needs --queue, which an agent polls", "")
	case f.container != "" && f.storage == "":
		return cmdutil.Usage("--container needs --storage", "give a block of type azure-blob-storage-credentials")
	}
	return nil
}
