package emulator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

func newRun(a *cmdutil.App) *cobra.Command {
	var f options
	cmd := &cobra.Command{
		Use:   "run [flags] -- COMMAND…",
		Short: "Run a command with a local Azure around it",
		Long: `Run starts a local Azure and runs COMMAND in an environment that makes az,
Azure's SDKs and pacific use it. When COMMAND ends, it stops the local Azure and
exits with COMMAND's exit code: 125 if the local Azure could not start, 126 if
COMMAND cannot be run, 127 if it does not exist.`,
		Example: cmdutil.Lines(
			"pacific emulator run -- make integration-test",
			"pacific emulator run --engine simulate -- sh job.sh",
			"pacific emulator run --with-prefect -- go test ./...",
		),
		Annotations: map[string]string{cmdutil.OwnsExitCodes: "true", cmdutil.TakesBytes: "true"},
		Args:        cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmdutil.Usage("emulator run needs a command", "put it after --: {}", cmdutil.RunEmulated("env"))
			}
			if cmd.ArgsLenAtDash() != 0 {
				return cmdutil.Usage(fmt.Sprintf("%q comes before --", args[0]), "put -- before the command: {}", cmdutil.RunEmulated(args...))
			}
			return runRun(a, cmd, f, args)
		},
	}
	addFlags(cmd, &f)
	// A free port: a second run beside the first is the ordinary case here.
	const free = "127.0.0.1:0"
	cmd.Flags().Lookup("listen").DefValue, cmd.Flags().Lookup("prefect-listen").DefValue = free, free
	f.listen, f.prefectListen = free, free
	return cmd
}

func runRun(a *cmdutil.App, cmd *cobra.Command, f options, command []string) error {
	local, err := start(a, cmd, f)
	if err != nil {
		return err
	}
	code, err := runBeside(cmd.Context(), a, local, command)
	if closed := local.Close(); closed != nil {
		a.SayError(fmt.Errorf("ending the emulator: %w", closed), nil)
	}
	if err != nil {
		return err
	}
	return cmdutil.Exit(code)
}

// runBeside runs the command with the emulator's environment and gives its exit code. A signal is passed on; the command
// decides what comes of it.
func runBeside(ctx context.Context, a *cmdutil.App, local *local, command []string) (int, error) {
	child := exec.Command(command[0], command[1:]...)
	child.Stdin, child.Stdout, child.Stderr = a.Env.Stdin, a.Env.Stdout, a.Env.Stderr
	child.Dir = a.Env.Dir
	child.Env = os.Environ()
	for _, v := range local.Environment() {
		child.Env = append(child.Env, v.Name+"="+v.Value)
	}
	if err := child.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			a.SayError(fmt.Errorf("command not found: %s", command[0]), nil)
			return cmdutil.ExitNoProgram, nil
		}
		a.SayError(fmt.Errorf("running %s: %w", command[0], err), nil)
		return cmdutil.ExitNotExecutable, nil
	}
	ended := make(chan struct{})
	passed := make(chan struct{})
	go func() {
		defer close(passed)
		select {
		case <-ctx.Done():
			// Ctrl-C on a terminal has reached the command too: passed on, it would be its second, which many take for
			// "leave at once".
			if sig := endSignal(ctx); sig != os.Interrupt || !a.Env.Terminal(a.Env.Stdin) {
				child.Process.Signal(sig)
			}
		case <-ended:
		}
	}()
	err := child.Wait()
	close(ended)
	<-passed
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal()), nil
		}
		return exit.ExitCode(), nil
	}
	if err != nil { // its streams, where they are no files
		return 0, fmt.Errorf("passing on what %s reads and prints: %w", command[0], err)
	}
	return cmdutil.ExitOK, nil
}

// endSignal is the signal that ended the context; a kill where it ended for another reason.
func endSignal(ctx context.Context) os.Signal {
	if s, ok := context.Cause(ctx).(*cmdutil.SignalError); ok {
		return s.Sig
	}
	return os.Kill
}
