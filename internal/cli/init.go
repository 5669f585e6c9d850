package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os/exec"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/supervise"
	"github.com/spf13/cobra"
)

// newInit makes the command that images begin with. It is hidden: people look for another thing under this name.
func newInit(a *cmdutil.App) *cobra.Command {
	return &cobra.Command{
		Use:     "init -- COMMAND…",
		GroupID: cmdutil.GroupSetup,
		Hidden:  true,
		Short:   "Run a command as the first process of a container",
		Long: `Init runs COMMAND and does what the first process of a container must do: it
hands on signals to COMMAND, and waits for processes that lose their parent. It
exits with COMMAND's exit code, or with 128 and the number of the signal that
ended it: 126 if COMMAND cannot be run, 127 if it does not exist.

Images of image build --init begin with it. It needs Linux.`,
		Example:     cmdutil.Lines("pacific init -- python flow.py"),
		Annotations: map[string]string{cmdutil.OwnsExitCodes: "true", cmdutil.TakesBytes: "true"},
		Args:        cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return cmdutil.Usage("init needs a command", "put it after --; see {}", cmdutil.Help(cmd))
			case cmd.ArgsLenAtDash() != 0:
				return cmdutil.Usage(fmt.Sprintf("%q comes before --", args[0]), "put -- before the command; see {}", cmdutil.Help(cmd))
			}
			return runInit(a, cmd, args)
		},
	}
}

func runInit(a *cmdutil.App, cmd *cobra.Command, command []string) error {
	a.TakeSignals()
	if err := cmd.Context().Err(); err != nil { // a signal came before there was anybody to hand it on to
		return err
	}
	file, err := exec.LookPath(command[0])
	if err == nil {
		var end supervise.End
		if end, err = supervise.Run(file, command, a.Env.Environ()); err == nil {
			return cmdutil.Exit(end.Code)
		}
	}
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return errors.New("init runs only on Linux, in a container")
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		a.SayError(fmt.Errorf("command not found: %s", command[0]), nil)
		return cmdutil.Exit(cmdutil.ExitNoProgram)
	}
	a.SayError(fmt.Errorf("running %s: %w", command[0], err), nil)
	return cmdutil.Exit(cmdutil.ExitNotExecutable)
}
