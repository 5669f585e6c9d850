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
