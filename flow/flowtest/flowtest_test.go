package flowtest_test

import (
	"context"
	"errors"
	"slices"
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
