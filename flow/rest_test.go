package flow_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/prefect"
)

// older makes a server say that it is a 2.20, whose task runs are orchestrated by REST. 3.x still has those routes.
type older struct{ http.RoundTripper }

func (o older) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/admin/version") {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`"2.20.27"`)), Request: r}, nil
	}
	return o.RoundTripper.RoundTrip(r)
}

func TestOlderServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, err := prefectemulator.NewServer(prefectemulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer api.Close()
		client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: older{api.Transport()}})
		if err != nil {
			t.Fatal(err)
		}
		ctx := flow.WithClient(t.Context(), client)
		calls := 0
		f := flow.New("older", func(ctx context.Context, _ flow.None) (string, error) {
			text, err := flow.Task(ctx, "flaky", func(_ context.Context, s string) (string, error) {
				if calls++; calls == 1 {
					return "", errors.New("not yet")
				}
				return s + "!", nil
			}, "ada", flow.Retries(1, 5*time.Second))
			if err != nil {
				return "", err
			}
			return flow.Task(ctx, "next", func(_ context.Context, s string) (string, error) { return s + "?", nil }, text)
		})
		if got, err := f.Run(ctx, flow.None{}); got != "ada!?" || err != nil {
			t.Fatalf("Run = %q, %v", got, err)
		}
		run := theRun(t, client, "older")
		if got := stateNames(t, client, run.ID); !slices.Equal(got, []string{"Pending", "Running", "Completed"}) {
			t.Errorf("states %v", got)
		}
		tasks := taskRuns(t, client, run.ID)
		flaky, next := tasks["flaky-0"], tasks["next-0"]
		if flaky.StateName != "Completed" || flaky.RunCount != 2 || flaky.DynamicKey != "0" {
			t.Errorf("the task run is %s after %d runs, key %s", flaky.StateName, flaky.RunCount, flaky.DynamicKey)
		}
		if in := next.TaskInputs["input"]; len(in) != 1 || in[0].ID != flaky.ID {
			t.Errorf("next comes from %v, want %s", in, flaky.ID)
		}
	})
}

// breaking ends a context with the first state of a task run that is proposed, which is lost.
type breaking struct {
	http.RoundTripper
	end func()
}

func (b *breaking) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, "/task_runs/") && strings.HasSuffix(r.URL.Path, "/set_state") && b.end != nil {
		b.end()
		b.end = nil
		return nil, context.Canceled
	}
	return b.RoundTripper.RoundTrip(r)
}

// A task run that was made on a 2.20 server gets an end there, also when its flow ends before it begins.
func TestOlderServerTaskEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, err := prefectemulator.NewServer(prefectemulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer api.Close()
		caller, end := context.WithCancel(t.Context())
		client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: &breaking{older{api.Transport()}, end}})
		if err != nil {
			t.Fatal(err)
		}
		f := flow.New("broken off", func(ctx context.Context, _ flow.None) (flow.None, error) {
			return flow.None{}, flow.Do(ctx, "never", func(context.Context) error {
				t.Error("the task was run")
				return nil
			})
		})
		if _, err := f.Run(flow.WithClient(caller, client), flow.None{}); !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
		run := theRun(t, client, "broken off")
		if task := taskRuns(t, client, run.ID)["never-0"]; run.StateType != prefect.StateCancelled || task.StateType != prefect.StateCancelled {
			t.Errorf("the flow run is %s, its task run %s", run.StateName, task.StateName)
		}
	})
}
