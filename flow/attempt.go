package flow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"
	"slices"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// grace is how long a flow whose context has ended may go on before its run is reported without it. Reporting must come before the
// container is killed, which Docker does 10 s after the signal and Kubernetes after 30.
const grace = 5 * time.Second

func (r *flowRun) what() string { return fmt.Sprintf("flow %q", r.flow) }

// outcome is what became of one attempt at a flow. It goes through a channel, as an attempt that was given up may still end
// while the next one runs.
type outcome struct {
	result any
	err    error
}

// attempt runs the flow's function once, in a goroutine of its own.
func (r *flowRun) attempt(ctx context.Context, call func(context.Context) (any, error)) (any, error) {
	what := r.what()
	timed, cancel := withTimeout(ctx, what, r.options.timeout)
	defer cancel()
	ended := make(chan outcome, 1)
	go func() {
		var o outcome
		guard(what, func() (err error) {
			o.result, err = call(timed)
			return err
		}, func(err error) { ended <- outcome{o.result, err} })
	}()
	select {
	case o := <-ended:
		return o.result, explain(timed, r, o.err)
	case <-timed.Done():
	}
	select {
	case o := <-ended:
		return o.result, explain(timed, r, o.err)
	case <-time.After(grace):
		Logger(ctx).ErrorContext(ctx, what+" has not returned after its context ended; its run is reported without it", "waited", grace)
		return nil, whyEnded(timed, r)
	}
}

// guard calls fn and hands what became of it to report: its error, or a *CrashError if it did not return.
func guard(what string, fn func() error, report func(error)) {
	returned := false
	var err error
	defer func() {
		if returned {
			report(err)
			return
		}
		report(&CrashError{What: what, Value: recover(), Stack: debug.Stack()})
	}()
	err = fn()
	returned = true
}

func withTimeout(ctx context.Context, what string, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, limit, &TimeoutError{What: what, Limit: limit})
}

// explain puts the cause of ctx's end in the place of an error that only follows from it, and before one that says more, such
// as that of a clean-up.
func explain(ctx context.Context, run any, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	if _, crashed := errors.AsType[*CrashError](err); crashed {
		return err
	}
	end := &endedError{run: run, cause: context.Cause(ctx)}
	if inner, ok := err.(*endedError); ok && same(inner.cause, end.cause) {
		err = inner.returned // of a task or a subflow that the same end has met
	}
	if err != nil && !onlySays(err, ctx) {
		end.returned = err
	}
	return end
}

// onlySays reports whether an error says nothing but that ctx has ended: all that it wraps does.
func onlySays(err error, ctx context.Context) bool {
	if same(err, ctx.Err()) || same(err, context.Cause(ctx)) {
		return true
	}
	switch e := err.(type) {
	case *endedError:
		return e.returned == nil && same(e.cause, context.Cause(ctx))
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(one error) bool { return one != nil && !onlySays(one, ctx) })
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		return inner != nil && onlySays(inner, ctx)
	}
	return false
}

func same(a, b error) bool { return reflect.ValueOf(a).Comparable() && a == b }

// watched is ctx with the word of the server: it ends when the run must not go on. unwatch ends the asking.
func (r *flowRun) watched(ctx context.Context) (_ context.Context, unwatch func()) {
	ctx, stop := context.WithCancelCause(ctx)
	if r.session == nil {
		return ctx, func() { stop(nil) }
	}
	watching, end := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.watch(watching, stop)
	}()
	return ctx, func() {
		end()
		<-done
		stop(nil)
	}
}

// watchInterval is how often the server is asked for the run's state, as Prefect's runner does where it has no events.
const watchInterval = 10 * time.Second

// watch stops the run when the server says that the run is cancelled, or has come to an end without us; and renews the
// run's slot of a concurrency limit.
func (r *flowRun) watch(ctx context.Context, stop func(error)) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	renewed, beaten := time.Now(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if r.session.events != nil && time.Since(beaten) >= heartbeatInterval {
			beaten = time.Now()
			r.heartbeat(ctx)
		}
		run, err := r.session.client.FlowRun(ctx, r.id)
		switch {
		case errors.Is(err, prefect.ErrNotFound):
			stop(&StateError{prefect.State{Name: "deleted"}})
			return
		case err != nil:
			slog.DebugContext(ctx, "the run's state cannot be read", "error", err) // the next tick asks again
		case run.StateType == prefect.StateCancelling, run.StateType == prefect.StateCancelled:
			stop(ErrCancelled)
			return
		case run.StateType.Terminal() && run.State != nil:
			stop(&StateError{*run.State})
			return
		}
		if time.Since(renewed) >= prefect.ConcurrencyLease*3/4 && r.renewSlot(ctx) {
			renewed = time.Now()
		}
	}
}

// renewSlot renews the run's slot of a concurrency limit, and reports whether it did. A slot that is lost does not come back, and is
// asked for no more.
func (r *flowRun) renewSlot(ctx context.Context) bool {
	lease := r.currentLease()
	if lease == "" {
		return false
	}
	err := r.session.client.RenewConcurrencyLease(ctx, lease, prefect.ConcurrencyLease)
	switch {
	case err == nil:
		return true
	case ctx.Err() != nil: // the run has ended meanwhile
	case errors.Is(err, prefect.ErrNotFound):
		r.dropLease(lease)
		Logger(ctx).WarnContext(ctx, "the run has lost its slot of the concurrency limit, and goes on without it", "error", err)
	default:
		Logger(ctx).WarnContext(ctx, "the run's slot of the concurrency limit was not renewed", "error", err)
	}
	return false
}

// heartbeatInterval is how often Prefect's engine says that a flow runs.
const heartbeatInterval = 180 * time.Second

// heartbeat sends the event by whose absence automations find runs whose process is gone.
func (r *flowRun) heartbeat(ctx context.Context) {
	event := prefect.Event{Event: "prefect.flow-run.heartbeat", Resource: prefect.NewResource("prefect.flow-run."+string(r.id), r.name)}
	if err := r.session.events.Publish(ctx, event); err != nil {
		slog.DebugContext(ctx, "the heartbeat was not sent", "error", err)
	}
}
