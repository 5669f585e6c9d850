package flowrun_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// world is a Prefect with a pool "aci" and a deployment "etl/nightly" in it.
type world struct {
	*clitest.Harness
	*prefect.Client
	flow, deployment prefect.ID
}

func newWorld(t *testing.T) world {
	t.Helper()
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	w := world{Harness: h, Client: h.Client()}
	version := must(w.ServerVersion(t.Context()))(t)
	template := must(jobtemplate.BaseJobTemplate(jobtemplate.TypeWorker, version))(t)
	must(w.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "aci", Type: jobtemplate.TypeWorker, BaseJobTemplate: template}))(t)
	w.flow = must(w.CreateFlow(t.Context(), prefect.FlowCreate{Name: "etl"}))(t).ID
	w.deployment = must(w.CreateDeployment(t.Context(), prefect.DeploymentCreate{
		Name: "nightly", FlowID: w.flow, WorkPoolName: "aci",
		JobVariables: map[string]any{"resource_group_name": "jobs", "subscription_id": "sub", "image": "example.azurecr.io/etl:1"},
	}))(t).ID
	return w
}

// run makes a run of the deployment.
func (w world) run(name string, variables map[string]any) prefect.FlowRun {
	w.T.Helper()
	return must(w.CreateDeploymentFlowRun(w.T.Context(), w.deployment, prefect.DeploymentFlowRunCreate{Name: name, JobVariables: variables}))(w.T)
}

// put forces a run into states, one after the other.
func (w world) put(run prefect.FlowRun, states ...prefect.StateType) {
	w.T.Helper()
	for _, state := range states {
		must(w.ForceFlowRunState(w.T.Context(), run.ID, prefect.State{Type: state}))(w.T)
	}
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// inBubble runs a test in fake time, so that waits take none.
func inBubble(t *testing.T, test func(t *testing.T, w world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t)) })
}

func TestLs(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		w.put(w.run("old-ox", nil), prefect.StatePending, prefect.StateRunning, prefect.StateCompleted)
		time.Sleep(time.Hour)
		w.put(w.run("busy-bee", nil), prefect.StatePending, prefect.StateRunning)
		time.Sleep(70 * time.Second)
		late := w.run("late-lark", nil)
		must(w.ForceFlowRunState(t.Context(), late.ID, prefect.State{Type: prefect.StateScheduled, Name: prefect.StateNameLate, Details: prefect.StateDetails{ScheduledTime: prefect.At(time.Now())}}))(t)

		r := w.Must("flow-run", "ls")
		want := "NAME       STATE      START   TRY  FLOW  POOL\n" +
			"late-lark  Late       0s ago  -    etl   aci\n" +
			"busy-bee   Running    1m ago  1    etl   aci\n" +
			"old-ox     Completed  1h ago  1    etl   aci\n"
		if r.Stdout != want || r.Stderr != "" {
			t.Errorf("got\n%s%s\nwant\n%s", r.Stdout, r.Stderr, want)
		}
		for _, test := range []struct {
			args, want string
		}{
			{"--state running", "busy-bee"},
			{"--state LATE", "late-lark"},
			{"--state late --state completed", "late-lark old-ox"},
			{"--state late,scheduled", "late-lark"},
			{"--name old-ox", "old-ox"},
			{"-n 1", "late-lark"},
			{"--limit 0", "late-lark busy-bee old-ox"},
		} {
			var views []struct{ Name, ID, Flow string }
			w.JSON(w.Must(append(strings.Fields("flow-run ls --output json "), strings.Fields(test.args)...)...), &views)
			names := []string{}
			for _, v := range views {
				names = append(names, v.Name)
				if v.Flow != "etl" {
					t.Errorf("%s is of flow %q", v.Name, v.Flow)
				}
			}
			if got := strings.Join(names, " "); got != test.want {
				t.Errorf("%s: got %q, want %q", test.args, got, test.want)
			}
		}
		w.Run("flow-run", "ls", "-o", "wide").Wants(t, 0, string(late.ID), "")
		w.Run("flow-run", "ls", "--state", "runing").Wants(t, 2, "", `--state "runing" is not a state of flow runs`)
		w.Run("flow-run", "ls", "--limit", "-1").Wants(t, 2, "", "must not be negative")
		w.Terminal, w.Vars["NO_COLOR"] = true, "1"
		w.run(strings.Repeat("very-long-name-", 10), nil)
		for line := range strings.Lines(w.Must("flow-run", "ls").Stdout) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("a line of %d columns: %s", n, line)
			}
		}
		w.Run("flow-run", "ls", "--name", "none").Wants(t, 0, "", "no flow runs")
		w.Run("flow-run", "ls", "--pool", "aci", "--name", "none").Wants(t, 0, "", "no flow runs")
		w.Run("flow-run", "ls", "--pool", "none").Wants(t, 1, "", "there is no work pool none\npacific: hint: pacific work-pool ls lists them")
	})
}

func TestPreview(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		must(w.SaveBlock(t.Context(), "db", &prefect.SecretBlock{Value: "hunter2"}, prefect.SaveBlockOptions{}))(t)
		run := w.run("fox", map[string]any{"cpu": 2, "env": map[string]any{"PASSWORD": "{{ prefect.blocks.secret.db }}"}})
		r := w.Must("flow-run", "preview", "fox")
		var group struct {
			Tags       map[string]string
			Properties struct {
				Containers []struct {
					Properties struct {
						Image   string
						Command []string
					}
				}
			}
		}
		w.JSON(r, &group)
		container := group.Properties.Containers[0].Properties
		if container.Image != "example.azurecr.io/etl:1" || !slices.Equal(container.Command[1:], []string{"prefect", "flow-run", "execute"}) {
			t.Errorf("got the container %+v", container)
		}
		if group.Tags["pacific-flow-run"] != string(run.ID) || group.Tags["pacific-work-pool"] != "aci" {
			t.Errorf("got the tags %v", group.Tags)
		}
		table := strings.Join(strings.Fields(r.Stderr), " ")
		for _, want := range []string{"cpu flow run -", "image deployment -", `env["PASSWORD"] flow run prefect.blocks.secret.db`, `env["PREFECT_API_URL"] Pacific -`} {
			if !strings.Contains(table, want) {
				t.Errorf("%q is missing in\n%s", want, r.Stderr)
			}
		}
		asJSON := w.Must("flow-run", "preview", "--output", "json", string(run.ID))
		var view struct {
			ResourceGroup, Infrastructure string
			ContainerGroup                json.RawMessage
			Origins                       []jobtemplate.Origin
		}
		w.JSON(asJSON, &view)
		if view.ResourceGroup != "jobs" || view.Infrastructure != string(run.ID)+":etl-"+string(run.ID) || len(view.Origins) < 20 || len(view.ContainerGroup) < 100 {
			t.Errorf("got %+v", view)
		}
		if all := r.Stdout + r.Stderr + asJSON.Stdout + asJSON.Stderr; strings.Contains(all, "hunter2") {
			t.Error("the secret is in the output")
		}
	})
}

// TestPreviewOfTheWorkersPlace: a pool that leaves its place to the worker, as a worker makes it, has a preview all the same.
func TestPreviewOfTheWorkersPlace(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		run := must(w.CreateFlowRun(t.Context(), prefect.FlowRunCreate{FlowID: w.flow, Name: "fox", WorkPoolName: "aci", State: &prefect.State{Type: prefect.StateScheduled}}))(t)
		r := w.Must("flow-run", "preview", "--output", "json", string(run.ID))
		var view struct {
			ResourceGroup string
			Origins       []jobtemplate.Origin
		}
		w.JSON(r, &view)
		if view.ResourceGroup != "" || strings.Contains(r.Stdout, `"*"`) {
			t.Errorf("got %s", r.Stdout)
		}
		for _, o := range view.Origins {
			if (o.Field == "resource_group_name" || o.Field == "subscription_id") && o.From != jobtemplate.LayerPacific {
				t.Errorf("%s is from %s", o.Field, o.From)
			}
		}
	})
}

// TestPreviewOfAnAttempt: a run whose first container group is there shows that one; scheduled once more, it shows the next.
// Where the pool leaves the place open, that of the settings is shown.
func TestPreviewOfAnAttempt(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		run := must(w.CreateFlowRun(t.Context(), prefect.FlowRunCreate{FlowID: w.flow, Name: "fox", WorkPoolName: "aci", State: &prefect.State{Type: prefect.StateScheduled}}))(t)
		first := "etl-" + string(run.ID)
		if err := w.UpdateFlowRun(t.Context(), run.ID, prefect.FlowRunUpdate{InfrastructurePID: prefect.Set(string(run.ID) + ":" + first)}); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			state   prefect.StateType
			attempt float64
			group   string
		}{{prefect.StateScheduled, 2, first + "-2"}, {prefect.StateRunning, 1, first}, {prefect.StateCrashed, 1, first}} {
			must(w.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: test.state}))(t)
			var view map[string]any
			w.JSON(w.Must("flow-run", "preview", "fox", "--output", "json", "--resource-group", "mine", "--location", "westeurope"), &view)
			group, _ := view["containerGroup"].(map[string]any)
			if view["attempt"] != test.attempt || view["infrastructure"] != string(run.ID)+":"+test.group || view["resourceGroup"] != "mine" ||
				view["location"] != "westeurope" || group["location"] != "westeurope" {
				t.Errorf("%s: got attempt %v, %v, group %v in %v", test.state, view["attempt"], view["infrastructure"], view["resourceGroup"], view["location"])
			}
		}
		w.Run("flow-run", "preview", "fox").Wants(t, 0, "{\n", "pacific: attempt 1, in the worker's own resource group and in the resource group's region\n")
		w.Run("flow-run", "preview", "fox", "--resource-group", "mine").Wants(t, 0, "", "pacific: attempt 1, in resource group mine and in the resource group's region\n")
	})
}

// TestPreviewOfOtherPools: a run that no worker of Pacific's starts has no container group of Pacific's to show.
func TestPreviewOfOtherPools(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		for kind, says := range map[string]string{
			"prefect-agent": `work pool "of prefect-agent" is for agents: what its runs start is in the infrastructure block of their deployment` +
				"\npacific: hint: pacific block ls --type azure-container-instance-job lists the blocks; " +
				"pacific run --block azure-container-instance-job/NAME --dry-run shows the job of one that is called NAME\n",
			"kubernetes": `work pool "of kubernetes" is of type kubernetes; Pacific serves azure-container-instance and azure-container-instance:push`,
		} {
			pool := "of " + kind
			must(w.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: pool, Type: kind}))(t)
			deployment := must(w.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: kind, FlowID: w.flow, WorkPoolName: pool}))(t)
			must(w.CreateDeploymentFlowRun(t.Context(), deployment.ID, prefect.DeploymentFlowRunCreate{Name: kind}))(t)
			w.Run("flow-run", "preview", kind).Wants(t, 1, "", says)
		}
	})
}

func TestPreviewRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		w.run("fox", map[string]any{"image": "{{ prefect.variables.image }}"})
		w.Run("flow-run", "preview", "fox").Wants(t, 1, "", "the variable image does not exist")
		w.run("local", nil)
		run := must(w.CreateFlowRun(t.Context(), prefect.FlowRunCreate{FlowID: w.flow, Name: "ape"}))(t)
		w.Run("flow-run", "preview", "ape").Wants(t, 1, "", "flow run "+string(run.ID)+" has no work pool")
		w.Run("flow-run", "preview", "none").Wants(t, 1, "", "there is no flow run none\npacific: hint: pacific flow-run ls lists them")
		w.Run("flow-run", "preview").Wants(t, 2, "", "needs a flow run: its id or its name")
		w.Run("flow-run", "preview", "a", "b").Wants(t, 2, "", `takes one flow run, got also "b"`)
		w.Run("flow-run", "preview", " ").Wants(t, 2, "", "the flow run's name is empty")
		w.Run("flow-run", "preview", string(w.flow)).Wants(t, 1, "", "there is no flow run "+string(w.flow))
	})
}
