package flow_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/prefect"
)

func TestHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		var local bytes.Buffer
		log := slog.New(flow.NewHandler(flow.NewHandler(slog.NewTextHandler(&local, &slog.HandlerOptions{Level: slog.LevelWarn}))))
		log.WarnContext(ctx, "outside")
		f := flow.New("logs", func(ctx context.Context, _ flow.None) (flow.None, error) {
			time.Sleep(time.Millisecond)
			log.InfoContext(ctx, "plain")
			time.Sleep(time.Millisecond)
			log.DebugContext(ctx, "too fine")
			log.With("a", 1).WithGroup("g").With("b", "two words").WarnContext(ctx, "with", "level", 3, "msg", "m")
			time.Sleep(time.Millisecond)
			defer time.Sleep(time.Millisecond)
			return flow.None{}, flow.Do(ctx, "task", func(ctx context.Context) error {
				log.ErrorContext(ctx, "in a task")
				time.Sleep(time.Millisecond)
				return nil
			})
		}, flow.RunName("first"))
		if _, err := f.Run(ctx, flow.None{}); err != nil {
			t.Fatal(err)
		}

		run := theRun(t, client, "logs")
		if got, want := messages(t, client, run.ID), []string{
			`flow run "first" of flow "logs" begins`, "plain", `with a=1 g.b="two words" g.level=3 g.msg=m`, "in a task",
			`task run "task-0" finished: Completed`, `flow run "first" finished: Completed`,
		}; !slices.Equal(got, want) {
			t.Errorf("the server has %q, want %q", got, want)
		}
		if strings.Contains(local.String(), "plain") || strings.Count(local.String(), "in a task") != 1 || !strings.Contains(local.String(), "outside") {
			t.Errorf("the local log is %s", local.String())
		}
		task := taskRuns(t, client, run.ID)["task-0"]
		lines, err := prefect.Collect(client.Logs(ctx, prefect.LogQuery{TaskRunIDs: []prefect.ID{task.ID}}))
		if err != nil || len(lines) != 2 || lines[0].Level != 40 || lines[0].Name != "prefect.task_runs" {
			t.Errorf("the task's log is %+v, %v", lines, err)
		}
	})
}
