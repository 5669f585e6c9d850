package flow_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/prefect"
)

type params struct {
	Name string `json:"name" doc:"who is greeted"`
	N    int    `json:"n" default:"2"`
}

func TestRunIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		greet := func(ctx context.Context, name string) (string, error) {
			flow.Logger(ctx).Info("greeting", "who", name)
			time.Sleep(time.Second)
			return "hello " + name, nil
		}
		length := func(_ context.Context, s string) (int, error) { return len(s), nil }
		f := flow.New("greet", func(ctx context.Context, p params) (int, error) {
			text, err := flow.Task(ctx, "greet", greet, p.Name)
			if err != nil {
				return 0, err
			}
			n, err := flow.Task(ctx, "length", length, text, flow.Tags("cheap"))
			if err != nil {
				return 0, err
			}
			return n, flow.Do(ctx, "last", func(context.Context) error { return nil }, flow.After("length"))
		}, flow.Tags("a"), flow.RunName("first"))
		if got, err := f.Run(ctx, params{Name: "Ada", N: 1}); got != 9 || err != nil {
			t.Fatalf("Run = %d, %v", got, err)
		}

		run := theRun(t, client, "greet")
		if run.Name != "first" || !slices.Equal(run.Tags, []string{"a"}) || fmt.Sprint(run.Parameters) != "map[n:1 name:Ada]" {
			t.Errorf("run %s %v %v", run.Name, run.Tags, run.Parameters)
		}
		if got := stateNames(t, client, run.ID); !slices.Equal(got, []string{"Pending", "Running", "Completed"}) {
			t.Errorf("states %v", got)
		}
		tasks := taskRuns(t, client, run.ID)
		first, second, last := tasks["greet-0"], tasks["length-0"], tasks["last-0"]
		if len(tasks) != 3 || first.StateType != prefect.StateCompleted || first.RunCount != 1 || first.TotalRunTime.Duration().Round(time.Millisecond) != time.Second {
			t.Errorf("task runs %+v", tasks)
		}
		if in := first.TaskInputs["input"]; len(in) != 1 || in[0].InputType != "parameter" || in[0].Name != "name" {
			t.Errorf("greet comes from %v", in)
		}
		if in := second.TaskInputs["input"]; len(in) != 1 || in[0].ID != first.ID {
			t.Errorf("length comes from %v, want %s", in, first.ID)
		}
		if in := last.TaskInputs["wait_for"]; len(in) != 1 || in[0].ID != second.ID {
			t.Errorf("last comes after %v, want %s", in, second.ID)
		}
		if got := messages(t, client, run.ID); !slices.Contains(got, "greeting who=Ada") {
			t.Errorf("logs %q", got)
		}
	})
}

func TestTaskRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		var waits []time.Duration
		began, calls := time.Now(), 0
		f := flow.New("flaky", func(ctx context.Context, _ flow.None) (int, error) {
			return flow.Task(ctx, "flaky", func(_ context.Context, in int) (int, error) {
				waits = append(waits, time.Since(began).Round(time.Second))
				if calls++; calls < 4 {
					return 0, fmt.Errorf("attempt %d", calls)
				}
				return in + 1, nil
			}, 41, flow.Retries(3, time.Second, 10*time.Second))
		})
		if got, err := f.Run(ctx, flow.None{}); got != 42 || err != nil {
			t.Errorf("Run = %d, %v", got, err)
		}
		if want := []time.Duration{0, time.Second, 11 * time.Second, 21 * time.Second}; !slices.Equal(waits, want) {
			t.Errorf("attempts at %v, want %v", waits, want)
		}
		task := taskRuns(t, client, theRun(t, client, "flaky").ID)["flaky-0"]
		if task.RunCount != 4 || task.StateType != prefect.StateCompleted {
			t.Errorf("task run: %d runs, %s", task.RunCount, task.StateName)
		}
	})
}

func TestSubflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		child := flow.New("child", func(_ context.Context, p params) (string, error) { return strings.ToUpper(p.Name), nil })
		later := flow.New("later", func(context.Context, flow.None) (int, error) { return 1, nil }, flow.After("name", "child"))
		parent := flow.New("parent", func(ctx context.Context, p params) (string, error) {
			name, err := flow.Task(ctx, "name", func(_ context.Context, s string) (string, error) { return s + "!", nil }, p.Name)
			if err != nil {
				return "", err
			}
			loud, err := child.Run(ctx, params{Name: name})
			if err != nil {
				return "", err
			}
			if _, err := later.Run(ctx, flow.None{}); err != nil {
				return "", err
			}
			return flow.Task(ctx, "end", func(_ context.Context, s string) (string, error) { return s, nil }, loud)
		})
		if got, err := parent.Run(ctx, params{Name: "ada"}); got != "ADA!" || err != nil {
			t.Fatalf("Run = %q, %v", got, err)
		}
		run, sub := theRun(t, client, "parent"), theRun(t, client, "child")
		tasks := taskRuns(t, client, run.ID)
		stand := tasks["child-0"]
		if stand.ID != sub.ParentTaskRunID || stand.StateType != prefect.StateCompleted {
			t.Errorf("the subflow's parent is %s, its task run %s is %s", sub.ParentTaskRunID, stand.ID, stand.StateName)
		}
		if in := stand.TaskInputs["name"]; len(in) != 1 || in[0].ID != tasks["name-0"].ID {
			t.Errorf("the subflow comes from %v", in)
		}
		if in := tasks["later-0"].TaskInputs["wait_for"]; len(in) != 2 || in[0].ID != tasks["name-0"].ID || in[1].ID != sub.ID {
			t.Errorf("the later subflow comes after %v", in)
		}
		if in := tasks["end-0"].TaskInputs["input"]; len(in) != 1 || in[0].ID != sub.ID {
			t.Errorf("end comes from %v, want the subflow %s", in, sub.ID)
		}
	})
}
