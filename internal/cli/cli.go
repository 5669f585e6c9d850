// Package cli is Pacific's command line: the root of the command tree, the
// process's signals, and the exit codes.
//
// [Main] is all there is to call. The commands are in packages beside it, one a
// noun, with one file a verb: it turns flags into options, calls the room that
// does the work, and prints the result. What nouns share is in cmdutil. Only
// exit.go decides which exit code an error becomes.
package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/agent"
	"github.com/pacific-aci/pacific/internal/cli/block"
	"github.com/pacific-aci/pacific/internal/cli/bootstrap"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/cli/demo"
	"github.com/pacific-aci/pacific/internal/cli/deploy"
	"github.com/pacific-aci/pacific/internal/cli/doctor"
	"github.com/pacific-aci/pacific/internal/cli/emulator"
	"github.com/pacific-aci/pacific/internal/cli/flowrun"
	"github.com/pacific-aci/pacific/internal/cli/group"
	"github.com/pacific-aci/pacific/internal/cli/image"
	"github.com/pacific-aci/pacific/internal/cli/job"
	"github.com/pacific-aci/pacific/internal/cli/profile"
	"github.com/pacific-aci/pacific/internal/cli/provision"
	"github.com/pacific-aci/pacific/internal/cli/role"
	"github.com/pacific-aci/pacific/internal/cli/serviceprincipal"
	"github.com/pacific-aci/pacific/internal/cli/template"
	"github.com/pacific-aci/pacific/internal/cli/worker"
	"github.com/pacific-aci/pacific/internal/cli/workpool"
	"github.com/spf13/cobra"
)

// Env is everything outside that the command line touches.
type Env = cmdutil.Env

// Main runs one command line and returns its exit code. It may be called any
// number of times and at once: nothing outlives it, unless a second signal
// made it leave early.
func Main(ctx context.Context, w Env) int {
	a := cmdutil.NewApp(w)
	ctx, again, stop := listen(ctx, a)
	defer stop()
	done := make(chan int, 1)
	go func() { done <- execute(ctx, a) }()
	select {
	case code := <-done:
		return code
	case sig := <-again:
		return leave(a, sig)
	}
}

func execute(ctx context.Context, a *cmdutil.App) int {
	root := tree(a)
	root.SetArgs(a.Env.Args)
	root.SetIn(a.Env.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if lost := a.Stdout.Lost(); err == nil && lost != nil {
		err = fmt.Errorf("writing standard output: %w", lost)
	}
	if a.Stdout.ReaderWent(err) {
		// JSON that nobody reads to its end is no failure, as a table is none; what a job prints was to be read.
		err = nil
		if cmd.Annotations[cmdutil.OwnsExitCodes] != "" {
			err = errors.New("standard output was closed")
		}
	}
	if err == nil {
		return cmdutil.ExitOK
	}
	code := report(ctx, a, cmd, err)
	if _, said := errors.AsType[*cmdutil.ExitError](err); !said && cmd.Annotations[cmdutil.PrintsResult] != "" && wantsJSON(a, cmd) {
		_ = a.Out.JSON(job.FailedView(err, code)) // the exit code tells of a broken stdout already
	}
	return code
}

// tree is the whole command line.
func tree(a *cmdutil.App) *cobra.Command {
	root := &cobra.Command{
		Use:   "pacific",
		Short: "Run container jobs on Azure Container Instances",
		Long: `Pacific runs container jobs on Azure Container Instances: it creates the
container group, streams its output, exits with its exit code and cleans up.
With --local, it does all of that on an emulated Azure inside its own process;
no account is needed.

New here? Begin with pacific demo: it shows, in seconds and with no account, how
a Prefect flow is deployed, run by a worker, and reads a secret of a key vault.`,
		Example: `  pacific demo
  pacific run --local -- echo "hello world"
  pacific run --image alpine:3 --resource-group jobs -- sh -c 'echo $HOSTNAME'
  pacific ps
  pacific doctor`,
		Args:              cmdutil.OnlyCommands,
		RunE:              func(*cobra.Command, []string) error { return firstSteps(a) },
		PersistentPreRunE: cmdutil.CheckUTF8,
		Version:           cmdutil.ThisBuild().Version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		// completion.go has our own, with examples.
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.AddGroup(&cobra.Group{ID: cmdutil.GroupJobs, Title: "Jobs:"}, &cobra.Group{ID: cmdutil.GroupPrefect, Title: "Prefect:"}, &cobra.Group{ID: cmdutil.GroupSetup, Title: "Setup:"})
	root.SetVersionTemplate("pacific {{.Version}}\n")
	root.SetHelpCommand(newHelp())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return flagError(cmd, err, a.Env.Args) })
	root.SetUsageFunc(func(cmd *cobra.Command) error { return usage(cmd, a.Width()) })
	root.AddCommand(
		job.NewRun(a),
		job.NewWait(a),
		job.NewPs(a),
		job.NewLogs(a),
		job.NewExec(a),
		job.NewKill(a),
		job.NewGC(a),
		block.NewCommand(a),
		workPool(a),
		deploy.NewCommand(a),
		flowrun.NewCommand(a),
		profile.NewCommand(a),
		worker.NewCommand(a),
		agent.NewCommand(a),
		provision.NewCommand(a),
		bootstrap.NewCommand(a),
		demo.NewCommand(a, Main),
		emulator.NewCommand(a),
		group.NewCommand(a),
		template.NewCommand(a),
		image.NewCommand(a),
		role.NewCommand(a),
		serviceprincipal.NewCommand(a),
		doctor.NewCommand(a, provision.ForDoctor(a)),
		newConfig(a),
		newVersion(a),
		newCompletion(a),
		newMan(a),
		newInit(a),
	)
	cmdutil.CompleteAzureFlags(a, root)
	return root
}

// firstSteps is what somebody sees who types the program's name alone: three lines to begin with, and not all there is.
func firstSteps(a *cmdutil.App) error {
	a.Out.Line("Pacific runs Prefect flows and other jobs on Azure Container Instances. Begin with")
	a.Out.Line("  pacific demo      to see all of it on this machine in seconds, with no account;")
	a.Out.Line("  pacific doctor    to check what an account of your own still needs;")
	a.Out.Line("  pacific --help    to read about every command.")
	return nil
}

// workPool are the commands for work pools, with the one that belongs to another noun.
func workPool(a *cmdutil.App) *cobra.Command {
	cmd := workpool.NewCommand(a, provision.ForPools(a))
	cmd.AddCommand(provision.NewInfrastructure(a))
	return cmd
}

// wantsJSON reports whether a command that failed was to print JSON. Its flags
// may be read only in part, because one of them is what failed; then the
// arguments themselves tell.
func wantsJSON(a *cmdutil.App, cmd *cobra.Command) bool {
	if settings, err := a.Settings(cmd); err == nil && settings.Get("output") == "json" {
		return true
	}
	args := a.Env.Args
	if dashes := slices.Index(args, "--"); dashes >= 0 {
		args = args[:dashes]
	}
	joined := strings.Join(args, " ")
	return slices.ContainsFunc([]string{"--output=json", "--output json", "-o json", "-ojson", "-o=json"}, func(form string) bool {
		return strings.Contains(" "+joined+" ", " "+form+" ")
	})
}
