// Package cli is Pacific's command line: one file a command, whose name is the
// command's.
//
// [Main] is all there is to call. A command turns its flags into a value of
// the room that does the work, calls it, and prints what came of it; nothing
// else lives here. Which exit code an error becomes is decided in exit.go
// alone.
package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/spf13/cobra"
)

// app is what the commands of one Main share.
type app struct {
	world  World
	stdout *gate
	stderr *gate
	// out prints what was asked for, say what is said about it.
	out, say *console.Printer

	mu sync.Mutex
	// leftover says how to clean up what a second Ctrl-C would leave; "" when
	// nothing would be left.
	leftover string
	// abandon ends what would outlive this process; nil when nothing would.
	abandon func()
}

// Main runs one command line and returns its exit code. It may be called any
// number of times and at once: nothing outlives it, unless a second signal
// made it leave early.
func Main(ctx context.Context, w World) int {
	a := newApp(w)
	ctx, again, stop := a.listen(ctx)
	defer stop()
	done := make(chan int, 1)
	go func() { done <- a.execute(ctx) }()
	select {
	case code := <-done:
		return code
	case sig := <-again:
		return a.leave(sig)
	}
}

func newApp(w World) *app {
	w = w.withDefaults()
	a := &app{world: w, stdout: &gate{w: w.Stdout}, stderr: &gate{w: w.Stderr}}
	a.out = a.printer(a.stdout, w.Stdout)
	a.say = a.printer(a.stderr, w.Stderr)
	return a
}

// printer looks at the stream behind the gate to learn whether it is a
// terminal.
func (a *app) printer(through *gate, stream any) *console.Printer {
	return console.New(through, console.Options{
		LookupEnv: a.world.LookupEnv,
		Terminal:  func(any) bool { return a.world.Terminal(stream) },
	})
}

func (a *app) execute(ctx context.Context) int {
	root := a.tree()
	root.SetArgs(a.world.Args)
	root.SetIn(a.world.Stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if lost := a.stdout.lost(); err == nil && lost != nil {
		err = fmt.Errorf("writing standard output: %w", lost)
	}
	if a.stdout.readerWent(err) {
		// JSON that nobody reads to its end is no failure, as a table is none; what a job prints was to be read.
		err = nil
		if cmd.Annotations[ownsExitCodes] != "" {
			err = errors.New("standard output was closed")
		}
	}
	if err == nil {
		return exitOK
	}
	code := a.report(ctx, cmd, err)
	if _, said := errors.AsType[*exitError](err); !said && cmd.Annotations[printsResult] != "" && a.wantsJSON(cmd) {
		_ = a.out.JSON(failedView(err, code)) // the exit code tells of a broken stdout already
	}
	return code
}

const (
	groupJobs    = "jobs"
	groupPrefect = "prefect"
	groupSetup   = "setup"
)

// tree is the whole command line.
func (a *app) tree() *cobra.Command {
	root := &cobra.Command{
		Use:   "pacific",
		Short: "Run container jobs on Azure Container Instances",
		Long: `Pacific runs container jobs on Azure Container Instances: it creates the
container group, streams its output, exits with its exit code and cleans up.
With --local it does all of that on an Azure inside its own process, without
an account.`,
		Example: `  pacific run --local -- echo "hello world"
  pacific run --image alpine:3 --resource-group jobs -- sh -c 'echo $HOSTNAME'
  pacific ps
  pacific doctor`,
		Args:          a.onlyCommands,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Version:       thisBuild().Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		// completion.go has our own, with examples.
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.AddGroup(&cobra.Group{ID: groupJobs, Title: "Jobs:"}, &cobra.Group{ID: groupPrefect, Title: "Prefect:"}, &cobra.Group{ID: groupSetup, Title: "Setup:"})
	root.SetVersionTemplate("pacific {{.Version}}\n")
	root.SetHelpCommand(a.helpCommand())
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		a.runCommand(),
		a.waitCommand(),
		a.psCommand(),
		a.logsCommand(),
		a.execCommand(),
		a.killCommand(),
		a.gcCommand(),
		a.blockCommand(),
		a.workPoolCommand(),
		a.profileCommand(),
		a.emulatorCommand(),
		a.doctorCommand(),
		a.configCommand(),
		a.versionCommand(),
		a.completionCommand(),
	)
	return root
}

// settings reads all settings, with the flags of cmd that were given.
func (a *app) settings(cmd *cobra.Command) (*config.Config, error) {
	return a.settingsOver(cmd, nil)
}

// wantsJSON tells whether a command that failed was to print JSON. Its flags
// may be read only in part, because one of them is what failed; then the
// arguments themselves tell.
func (a *app) wantsJSON(cmd *cobra.Command) bool {
	if settings, err := a.settings(cmd); err == nil && settings.Get("output") == "json" {
		return true
	}
	args := a.world.Args
	if dashes := slices.Index(args, "--"); dashes >= 0 {
		args = args[:dashes]
	}
	joined := strings.Join(args, " ")
	return slices.ContainsFunc([]string{"--output=json", "--output json", "-o json", "-ojson", "-o=json"}, func(form string) bool {
		return strings.Contains(" "+joined+" ", " "+form+" ")
	})
}
