package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/flow"
)

func TestArtifacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		leave := func(ctx context.Context) error {
			for _, err := range []error{
				flow.Markdown(ctx, "report", "# done"),
				flow.Link(ctx, "link", "here", "https://example.com"),
				flow.Table(ctx, "table", []struct {
					A int `json:"a"`
				}{{1}, {2}}),
				flow.Progress(ctx, "bar", 1, 4),
				flow.Progress(ctx, "bar", 3, 4),
			} {
				if err != nil {
					return err
				}
			}
			return nil
		}
		f := flow.New("artifacts", func(ctx context.Context, _ flow.None) (flow.None, error) {
			return flow.None{}, flow.Do(ctx, "leave", leave)
		})
		if _, err := f.Run(ctx, flow.None{}); err != nil {
			t.Fatal(err)
		}
		run := theRun(t, client, "artifacts")
		task := taskRuns(t, client, run.ID)["leave-0"]
		for key, want := range map[string]string{
			"report": "markdown # done", "link": "markdown [here](https://example.com)", "table": `table [{"a":1},{"a":2}]`, "bar": "progress 75",
		} {
			got, err := client.LatestArtifact(ctx, key)
			if err != nil {
				t.Error(err)
				continue
			}
			if text := fmt.Sprint(got.Type, " ", got.Data); text != want || got.FlowRunID != run.ID || got.TaskRunID != task.ID {
				t.Errorf("%s is %s of %s and %s, want %s", key, text, got.FlowRunID, got.TaskRunID, want)
			}
		}
		if err := flow.Progress(ctx, "bar", 1, 0); err == nil {
			t.Error("a part of nothing is taken")
		}
		if err := leave(t.Context()); err != nil {
			t.Errorf("without a server: %v", err)
		}
	})
}
