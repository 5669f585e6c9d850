package cli

import (
	"context"
	"errors"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// report says an error and returns the exit code: the only place where an
// error becomes either.
func report(ctx context.Context, a *cmdutil.App, cmd *cobra.Command, err error) int {
	if e, ok := errors.AsType[*cmdutil.ExitError](err); ok {
		return e.Code
	}
	failed, usage := cmdutil.ExitFailed, cmdutil.ExitUsage
	if cmd != nil && cmd.Annotations[cmdutil.OwnsExitCodes] != "" {
		failed, usage = cmdutil.ExitNotRun, cmdutil.ExitNotRun
	}
	// After a signal the error is only its echo.
	if sig, ok := errors.AsType[*cmdutil.SignalError](context.Cause(ctx)); ok {
		if _, echo := errors.AsType[*cmdutil.SignalError](err); echo || errors.Is(err, context.Canceled) {
			a.Say.Error(sig.Error(), "")
			return sig.Code()
		}
	}
	switch said := a.SayError(err, cmd); {
	case said.Usage:
		return usage
	case said.TimedOut:
		return cmdutil.ExitTimedOut
	}
	return failed
}
