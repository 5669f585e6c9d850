package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func (a *app) emulatorRunCommand() *cobra.Command {
	var f emulatorFlags
	cmd := &cobra.Command{
		Use:   "run [flags] -- COMMAND…",
		Short: "Run a command with a local Azure around it",
		Long: `Run starts a local Azure, runs COMMAND with the environment that makes az, Azure's SDKs
and pacific speak to it, ends the Azure, and exits with COMMAND's exit code: 125 if the
Azure could not start, 127 if there is no such command.`,
		Example: lines(
			"pacific emulator run -- make integration-test",
			"pacific emulator run --engine simulate -- sh job.sh",
			"pacific emulator run --with-prefect -- go test ./...",
		),
		Annotations: map[string]string{ownsExitCodes: "true"},
		Args:        cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{"emulator run needs a command", "for example pacific emulator run -- make integration-test"}
			}
			if cmd.ArgsLenAtDash() != 0 {
				return &usageError{fmt.Sprintf("%q stands before --", args[0]), "put -- before the command: pacific emulator run -- " + strings.Join(args, " ")}
			}
			return a.emulatorRun(cmd, f, args)
		},
	}
	addEmulatorFlags(cmd, &f)
	// A free port: a second run beside the first is the ordinary case here.
	const free = "127.0.0.1:0"
	cmd.Flags().Lookup("listen").DefValue, cmd.Flags().Lookup("prefect-listen").DefValue = free, free
	f.listen, f.prefectListen = free, free
	return cmd
}

func (a *app) emulatorRun(cmd *cobra.Command, f emulatorFlags, command []string) error {
	local, err := a.startEmulator(cmd, f)
	if err != nil {
		return err
	}
	code, err := a.runBeside(cmd.Context(), local, command)
	if closed := local.Close(); closed != nil {
		a.sayError(fmt.Errorf("ending the emulator: %w", closed))
	}
	if err != nil {
		return err
	}
	return &exitError{code}
}

// runBeside runs the command with the emulator's environment and gives its exit code. A signal is passed on; the command
// decides what comes of it.
func (a *app) runBeside(ctx context.Context, local *localEmulator, command []string) (int, error) {
	child := exec.Command(command[0], command[1:]...)
	child.Stdin, child.Stdout, child.Stderr = a.world.Stdin, a.world.Stdout, a.world.Stderr
	child.Dir = a.world.Dir
	child.Env = os.Environ()
	for _, v := range local.Environment() {
		child.Env = append(child.Env, v.Name+"="+v.Value)
	}
	if err := child.Start(); err != nil {
		a.sayError(fmt.Errorf("running %s: %w", command[0], err))
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			return exitNoProgram, nil
		}
		return exitNotExecutable, nil
	}
	ended := make(chan struct{})
	passed := make(chan struct{})
	go func() {
		defer close(passed)
		select {
		case <-ctx.Done():
			// Ctrl-C on a terminal has reached the command too: passed on, it would be its second, which many take for
			// "leave at once".
			if sig := endSignal(ctx); sig != os.Interrupt || !a.world.Terminal(a.world.Stdin) {
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
	if err != nil {
		return 0, fmt.Errorf("running %s: %w", command[0], err)
	}
	return exitOK, nil
}

// endSignal is the signal that ended the context; a kill where it ended for another reason.
func endSignal(ctx context.Context) os.Signal {
	if s, ok := context.Cause(ctx).(*signalError); ok {
		return s.sig
	}
	return os.Kill
}
