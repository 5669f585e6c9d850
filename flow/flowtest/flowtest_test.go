package flowtest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/flow/flowtest"
)

func TestRun(t *testing.T) {
	calls := 0
	f := flow.New("nightly", func(ctx context.Context, _ flow.None) (flow.None, error) {
		return flow.None{}, flow.Do(ctx, "fetch", func(ctx context.Context) error {
			if calls++; calls < 3 {
				return errors.New("not there yet")
			}
			flow.Logger(ctx).Info("fetched")
			return nil
		}, flow.Retries(2, 30*time.Minute))
	})
	flowtest.Run(t, func(t *testing.T, s *flowtest.Server) {
		began := time.Now()
		if _, err := f.Run(s.Context(), flow.None{}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < time.Hour || took > 2*time.Hour {
			t.Errorf("the night took %v", took)
		}
		run := s.LastRun("nightly")
		if run.Task("fetch-0").RunCount != 3 || !slices.Contains(run.Logs, "fetched") || !slices.Equal(run.States, []string{"Pending", "Running", "Completed"}) {
			t.Errorf("the server has %v, %q", run, run.Logs)
		}
		if none := run.Task("fetch-1"); none.ID != "" {
			t.Errorf("there is a second task run: %v", none)
		}
	})
}

func TestCancel(t *testing.T) {
	flowtest.Run(t, func(t *testing.T, s *flowtest.Server) {
		f := flow.New("long", func(ctx context.Context, _ flow.None) (flow.None, error) {
			info, _ := flow.Info(ctx)
			s.Cancel(info.FlowRunID)
			<-ctx.Done()
			return flow.None{}, ctx.Err()
		})
		if _, err := f.Run(s.Context(), flow.None{}); !errors.Is(err, flow.ErrCancelled) {
			t.Errorf("Run gives %v", err)
		}
		if run := s.LastRun("long"); run.StateName != "Cancelled" {
			t.Errorf("the server has %v", run)
		}
	})
}

// A flow over 1,000 files, 20 at a time, of which one is retried and one fails.
func TestManyTasks(t *testing.T) {
	const n = 1000
	var retried atomic.Bool
	size := func(_ context.Context, file string) (int, error) {
		switch {
		case file == "file-7" && retried.CompareAndSwap(false, true):
			return 0, errors.New("busy")
		case file == "file-13":
			return 0, errors.New("no file-13")
		}
		time.Sleep(time.Second)
		return len(file), nil
	}
	f := flow.New("sizes", func(ctx context.Context, _ flow.None) (flow.None, error) {
		var group sync.WaitGroup
		slots := make(chan struct{}, 20)
		problems := make([]error, n)
		for i := range n {
			slots <- struct{}{}
			group.Go(func() {
				defer func() { <-slots }()
				_, problems[i] = flow.Task(ctx, "size", size, fmt.Sprint("file-", i), flow.Retries(1, time.Minute))
			})
		}
		group.Wait()
		return flow.None{}, errors.Join(problems...)
	})
	flowtest.Run(t, func(t *testing.T, s *flowtest.Server) {
		if _, err := f.Run(s.Context(), flow.None{}); err == nil || err.Error() != "no file-13" {
			t.Errorf("Run gives %v", err)
		}
		run := s.LastRun("sizes")
		ends := map[string]int{}
		for _, task := range run.Tasks {
			ends[fmt.Sprint(task.StateName, " ", task.RunCount)]++
		}
		if want := map[string]int{"Completed 1": n - 2, "Completed 2": 1, "Failed 2": 1}; !maps.Equal(ends, want) {
			t.Errorf("task runs by their ends: %v, want %v", ends, want)
		}
	})
}
