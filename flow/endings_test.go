package flow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/prefect"
)

func TestEndings(t *testing.T) {
	for _, test := range []struct {
		name   string
		fn     func(context.Context, flow.None) (flow.None, error)
		opts   []flow.Option
		states []string
		reason string // of the last state
	}{
		{
			name:   "error",
			fn:     func(context.Context, flow.None) (flow.None, error) { return flow.None{}, errors.New("no such vault") },
			states: []string{"Pending", "Running", "Failed"}, reason: "no such vault",
		},
		{
			name:   "panic",
			fn:     func(context.Context, flow.None) (flow.None, error) { panic("boom") },
			opts:   []flow.Option{flow.Retries(3)},
			states: []string{"Pending", "Running", "Crashed"}, reason: `flow "panic" panicked: boom`,
		},
		{
			name: "task panic",
			fn: func(ctx context.Context, _ flow.None) (flow.None, error) {
				return flow.None{}, flow.Do(ctx, "bad", func(context.Context) error { panic("boom") })
			},
			states: []string{"Pending", "Running", "Crashed"}, reason: `task "bad" panicked: boom`,
		},
		{
			name: "timeout",
			fn: func(ctx context.Context, _ flow.None) (flow.None, error) {
				<-ctx.Done()
				return flow.None{}, ctx.Err()
			},
			opts:   []flow.Option{flow.Timeout(time.Minute)},
			states: []string{"Pending", "Running", "TimedOut"}, reason: `flow "timeout" took longer than 1m0s`,
		},
		{
			name: "cleanup fails",
			fn: func(ctx context.Context, _ flow.None) (flow.None, error) {
				<-ctx.Done()
				return flow.None{}, errors.Join(fmt.Errorf("copying: %w", ctx.Err()), errors.New("cannot delete the copy"))
			},
			opts:   []flow.Option{flow.Timeout(time.Minute)},
			states: []string{"Pending", "Running", "TimedOut"},
			reason: "flow \"cleanup fails\" took longer than 1m0s; then the function failed: copying: context deadline exceeded\ncannot delete the copy",
		},
		{
			name: "cleanup of a task fails",
			fn: func(ctx context.Context, _ flow.None) (flow.None, error) {
				return flow.None{}, flow.Do(ctx, "copy", func(ctx context.Context) error {
					<-ctx.Done()
					return errors.New("cannot delete the copy")
				})
			},
			opts:   []flow.Option{flow.Timeout(time.Minute)},
			states: []string{"Pending", "Running", "TimedOut"},
			reason: "flow \"cleanup of a task fails\" took longer than 1m0s; then the function failed: cannot delete the copy",
		},
		{
			name: "ends with its context",
			fn: func(ctx context.Context, _ flow.None) (flow.None, error) {
				<-ctx.Done()
				return flow.None{}, errors.Join(fmt.Errorf("copying: %w", ctx.Err()), fmt.Errorf("then: %w", context.Cause(ctx)))
			},
			opts:   []flow.Option{flow.Timeout(time.Minute)},
			states: []string{"Pending", "Running", "TimedOut"}, reason: `flow "ends with its context" took longer than 1m0s`,
		},
		{
			name:   "deaf",
			fn:     func(context.Context, flow.None) (flow.None, error) { time.Sleep(time.Hour); return flow.None{}, nil },
			opts:   []flow.Option{flow.Timeout(time.Minute)},
			states: []string{"Pending", "Running", "TimedOut"}, reason: `flow "deaf" took longer than 1m0s`,
		},
		{
			name: "task timeout", // is the task's alone
			fn: func(ctx context.Context, _ flow.None) (flow.None, error) {
				return flow.None{}, flow.Do(ctx, "slow", func(ctx context.Context) error {
					<-ctx.Done()
					return ctx.Err()
				}, flow.Timeout(time.Second))
			},
			states: []string{"Pending", "Running", "Failed"}, reason: `task "slow" took longer than 1s`,
		},
		{
			name:   "deaf and retried",
			fn:     func(context.Context, flow.None) (flow.None, error) { time.Sleep(time.Hour); return flow.None{}, nil },
			opts:   []flow.Option{flow.Timeout(time.Minute), flow.Retries(1)},
			states: []string{"Pending", "Running", "AwaitingRetry", "Running", "TimedOut"}, reason: `flow "deaf and retried" took longer than 1m0s`,
		},
		{
			name:   "retries",
			fn:     func(context.Context, flow.None) (flow.None, error) { return flow.None{}, errors.New("again") },
			opts:   []flow.Option{flow.Retries(1, 20*time.Second)},
			states: []string{"Pending", "Running", "AwaitingRetry", "Running", "Failed"}, reason: "again",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, client := server(t)
				if _, err := flow.New(test.name, test.fn, test.opts...).Run(ctx, flow.None{}); err == nil {
					t.Error("Run gives no error")
				}
				run := theRun(t, client, test.name)
				if got := stateNames(t, client, run.ID); !slices.Equal(got, test.states) {
					t.Errorf("states %v, want %v", got, test.states)
				}
				if run.State.Message != test.reason {
					t.Errorf("reason %q, want %q", run.State.Message, test.reason)
				}
				if strings.HasPrefix(test.name, "deaf") {
					time.Sleep(time.Hour) // its goroutine must end with the bubble
				}
			})
		})
	}
}

func TestCancelledOnTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		f := flow.New("long", func(ctx context.Context, _ flow.None) (flow.None, error) {
			return flow.None{}, flow.Do(ctx, "wait", func(ctx context.Context) error {
				info, _ := flow.Info(ctx)
				if _, err := client.SetFlowRunState(context.WithoutCancel(ctx), info.FlowRunID, prefect.State{Type: prefect.StateCancelling}); err != nil {
					t.Error(err)
				}
				<-ctx.Done()
				return ctx.Err()
			})
		})
		began := time.Now()
		if _, err := f.Run(ctx, flow.None{}); !errors.Is(err, flow.ErrCancelled) {
			t.Errorf("Run gives %v", err)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("noticed after %v", took)
		}
		run := theRun(t, client, "long")
		if got := stateNames(t, client, run.ID); !slices.Equal(got, []string{"Pending", "Running", "Cancelling", "Cancelled"}) {
			t.Errorf("states %v", got)
		}
		if task := taskRuns(t, client, run.ID)["wait-0"]; task.StateType != prefect.StateCancelled {
			t.Errorf("the task is %s", task.StateName)
		}
	})
}

func TestCancelledWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		f := flow.New("waits", func(ctx context.Context, _ flow.None) (flow.None, error) {
			return flow.None{}, errors.New("not yet")
		}, flow.Retries(1, 10*time.Hour))
		go func() {
			time.Sleep(5 * time.Minute)
			if _, err := client.SetFlowRunState(context.Background(), theRun(t, client, "waits").ID, prefect.State{Type: prefect.StateCancelling}); err != nil {
				t.Error(err)
			}
		}()
		began := time.Now()
		if _, err := f.Run(ctx, flow.None{}); !errors.Is(err, flow.ErrCancelled) {
			t.Errorf("Run gives %v", err)
		}
		if took := time.Since(began); took > 6*time.Minute {
			t.Errorf("noticed after %v", took)
		}
		if got := stateNames(t, client, theRun(t, client, "waits").ID); !slices.Equal(got, []string{"Pending", "Running", "AwaitingRetry", "Cancelled"}) {
			t.Errorf("states %v", got)
		}
	})
}

// Somebody cancels a subflow alone. Its parent has an error to deal with, and is not cancelled itself.
func TestCancelledSubflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		child := flow.New("child", func(ctx context.Context, _ flow.None) (flow.None, error) {
			info, _ := flow.Info(ctx)
			if _, err := client.SetFlowRunState(context.WithoutCancel(ctx), info.FlowRunID, prefect.State{Type: prefect.StateCancelling}); err != nil {
				t.Error(err)
			}
			<-ctx.Done()
			return flow.None{}, ctx.Err()
		})
		parent := flow.New("parent", func(ctx context.Context, _ flow.None) (flow.None, error) { return child.Run(ctx, flow.None{}) })
		if _, err := parent.Run(ctx, flow.None{}); !errors.Is(err, flow.ErrCancelled) {
			t.Errorf("Run gives %v", err)
		}
		if sub, run := theRun(t, client, "child"), theRun(t, client, "parent"); sub.StateName != "Cancelled" || run.StateName != "Failed" {
			t.Errorf("the subflow is %s, its parent %s", sub.StateName, run.StateName)
		}
	})
}

// A run that came to an end without its process is left as it is.
func TestEndedElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		f := flow.New("lost", func(ctx context.Context, _ flow.None) (flow.None, error) {
			info, _ := flow.Info(ctx)
			if _, err := client.ForceFlowRunState(context.WithoutCancel(ctx), info.FlowRunID, prefect.State{Type: prefect.StateCrashed, Message: "no heartbeat"}); err != nil {
				t.Error(err)
			}
			<-ctx.Done()
			return flow.None{}, ctx.Err()
		}, flow.Retries(2))
		_, err := f.Run(ctx, flow.None{})
		if state, ok := errors.AsType[*flow.StateError](err); !ok || state.State.Message != "no heartbeat" {
			t.Errorf("Run gives %v", err)
		}
		if got := stateNames(t, client, theRun(t, client, "lost").ID); !slices.Equal(got, []string{"Pending", "Running", "Crashed"}) {
			t.Errorf("states %v", got)
		}
	})
}

func TestSignals(t *testing.T) {
	for _, test := range []struct {
		reschedule bool
		want       string
	}{{false, "Crashed"}, {true, "AwaitingRetry"}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, client := server(t)
			ctx, cancel := context.WithCancelCause(ctx)
			f := flow.New("signal", func(ctx context.Context, _ flow.None) (flow.None, error) {
				cancel(&flow.SignalError{Signal: syscall.SIGTERM, Reschedule: test.reschedule})
				<-ctx.Done()
				return flow.None{}, ctx.Err()
			}, flow.Retries(2))
			if _, err := f.Run(ctx, flow.None{}); err == nil || err.Error() != "stopped by signal: terminated" {
				t.Errorf("Run gives %v", err)
			}
			if run := theRun(t, client, "signal"); run.StateName != test.want {
				t.Errorf("the run is %s, want %s", run.StateName, test.want)
			}
		})
	}
}
