// Package demo has the command that shows all of Pacific on one machine.
//
// Every step of it is a command line of Pacific's, which runs in this process with an environment of its own: the
// one that `pacific emulator start` writes, and nothing of the user's. So what the demo prints as the command that does a step by
// hand is what it has done.
package demo

import (
	"context"
	"slices"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// Runner runs one command line of Pacific's and gives its exit code, as the root of the command tree does.
type Runner func(context.Context, cmdutil.Env) int

// flags are what the command is told.
type flags struct {
	keep   bool
	engine string
	python bool
}

// NewCommand makes `pacific demo` and the commands below it. run runs the command lines that are the demo's steps.
func NewCommand(a *cmdutil.App, run Runner) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:     "demo [flags]",
		GroupID: cmdutil.GroupPrefect,
		Short:   "See a flow run on a local Azure, from nothing to its secret, in seconds",
		Long: `Demo starts a local Azure and a Prefect API inside this process, and does on
them what you would do on your own account: make a key vault and identities,
a service principal, a work pool and blocks, deploy a flow, run it with a
worker, and follow its logs. The flow reads a secret of the key vault with the
identity of its container. Another identity is refused. At the end everything
is gone.

Nothing but this program is needed, and nothing on this machine or in your
account is touched. Each step shows the command that does it by hand. With
--engine docker, the flow runs in a real container, from an image of this program
that the demo builds and pushes to the registry of the local Azure. With
--python, the flow is the one in Python, whose code is in a storage account of
the local Azure; Prefect must be on the PATH for that.

Where PREFECT_API_URL is set, that server is used, and you can watch the run in
its UI. The demo deletes there what it has made, but for the flow and its run.`,
		Example: cmdutil.Lines(
			"pacific demo",
			"pacific demo --keep",
			"pacific demo --engine docker",
			"pacific demo --python",
			"pacific demo --output json | jq .flowRun.states",
		),
		Args: cmdutil.OnlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(a, cmd, run, f) },
	}
	cmd.Flags().BoolVar(&f.keep, "keep", false, "leave all of it running until Ctrl-C, to look around")
	cmd.Flags().StringVar(&f.engine, "engine", engineProcess, "where containers run: process or docker, which builds an image of this program")
	cmd.Flags().BoolVar(&f.python, "python", false, "run the flow in Python, with the Prefect on the PATH")
	cmdutil.Must(cmd.RegisterFlagCompletionFunc("engine", cobra.FixedCompletions(engines, cobra.ShellCompDirectiveNoFileComp)))
	cmdutil.AddSettings(cmd, "output")
	cmd.AddCommand(newFlow(a), newFiles(a))
	return cmd
}

// The engines of the demo: what runs nothing has nothing to show.
const (
	engineProcess = "process"
	engineDocker  = "docker"
)

var engines = []string{engineProcess, engineDocker}

func runDemo(a *cmdutil.App, cmd *cobra.Command, run Runner, f flags) error {
	if !slices.Contains(engines, f.engine) {
		return cmdutil.UnknownValue("--engine", f.engine, engines)
	}
	settings, err := a.Settings(cmd)
	if err != nil {
		return err
	}
	if f.python && f.engine != engineProcess {
		return cmdutil.Usage("--python and --engine "+f.engine+" cannot be used together", "leave one of the two out: the demo cannot build an image with Python")
	}
	s := &story{a: a, run: run, engine: f.engine, python: f.python, began: time.Now(), view: view{a: a, silent: settings.Get("output") == "json"}}
	err = s.tell(cmd.Context(), f.keep)
	if s.view.silent && !s.printed {
		if failed := a.Out.JSON(s.result(err)); err == nil {
			err = failed
		}
	}
	return err
}
