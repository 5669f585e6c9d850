package flow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/pacific-aci/pacific/prefect"
)

// logStart says that an attempt begins. Runs without a server do not say it: a call of a function is nothing to report.
func (r *flowRun) logStart(ctx context.Context) {
	if r.session != nil {
		Logger(ctx).InfoContext(ctx, fmt.Sprintf("flow run %q of flow %q begins", r.name, r.flow))
	}
}

// logName is what the run's own log calls it. Without a server a run has no name.
func (r *flowRun) logName() string {
	if r.name == "" {
		return fmt.Sprintf("flow %q", r.flow)
	}
	return fmt.Sprintf("flow run %q", r.name)
}

// logState says what a run has come to, as Prefect's engine does: the log of a run that did nothing but fail is not empty.
// Without a server a run that has completed is not reported.
func logState(ctx context.Context, what string, recorded bool, state prefect.State) {
	level, verb := slog.LevelError, "finished"
	switch {
	case state.Type == prefect.StateScheduled:
		level, verb = slog.LevelWarn, "is to run again"
	case state.Type == prefect.StateCompleted && !recorded:
		return
	case state.Type == prefect.StateCompleted:
		level = slog.LevelInfo
	}
	text := fmt.Sprintf("%s %s: %s", what, verb, stateName(state))
	if state.Message != "" {
		text += ": " + state.Message
	}
	Logger(ctx).Log(ctx, level, text)
}

// logPanic writes the stack of a run's own panic; a flow that crashes with its task has none.
func logPanic(ctx context.Context, what string, err error) {
	if crash, ok := errors.AsType[*CrashError](err); ok && crash.What == what {
		Logger(ctx).ErrorContext(ctx, err.Error()+"\n"+string(crash.Stack))
	}
}
