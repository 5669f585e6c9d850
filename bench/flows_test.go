//go:build linux

package bench

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// flowRounds is how often each flow is started, in turns.
const flowRounds = 7

// measureFlows starts the sample flow Simple Demo in Go and in Python as a container would, and reads from the server when the
// run became Running. The Python flow's code is there already: nothing is pulled.
func measureFlows(t *testing.T, w *workers) {
	program := filepath.Join(t.TempDir(), "simple_demo")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "../examples/simple_demo/cmd/simple_demo")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the flow: %v\n%s", err, text)
	}
	folder, err := filepath.Abs("../examples/simple_demo/python")
	if err != nil {
		t.Fatal(err)
	}
	client, err := prefect.NewClient(prefect.Options{URL: w.api})
	if err != nil {
		t.Fatal(err)
	}
	deployment, err := deploySimple(t.Context(), client, folder)
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "PREFECT_HOME=" + home, "DO_NOT_TRACK=1", "PYTHONDONTWRITEBYTECODE=1", "PREFECT_API_URL=" + w.api}
	commands := [2][]string{{program}, {w.python, "-m", "prefect.engine"}}
	var running, whole [2]sample
	for range flowRounds {
		for n, command := range commands {
			run, err := client.CreateDeploymentFlowRun(t.Context(), deployment, prefect.DeploymentFlowRunCreate{})
			if err == nil {
				_, err = client.SetFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StatePending})
			}
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
			cmd.Env = append(env, "PREFECT__FLOW_RUN_ID="+string(run.ID))
			began := time.Now()
			text, err := cmd.CombinedOutput()
			whole[n].add(time.Since(began))
			if err != nil {
				t.Fatalf("%v: %v\n%s", command, err, text)
			}
			if run, err = client.FlowRun(t.Context(), run.ID); err != nil || run.StateType != prefect.StateCompleted {
				t.Fatalf("%v: the run is %s, %v\n%s", command, run.StateName, err, text)
			}
			running[n].add(run.StartTime.Sub(began))
		}
	}
	for _, f := range []struct {
		what  string
		times *[2]sample
	}{{"start of a flow's process, to Running on the server", &running}, {"whole process of a flow with one task", &whole}} {
		ours, theirs := f.times[0].median(), f.times[1].median()
		w.table.add(row{what: f.what, got: millis(ours), beside: "Python " + millis(theirs), ratio: times(ours, theirs)})
	}
}

// deploySimple makes a deployment that both can execute.
func deploySimple(ctx context.Context, client *prefect.Client, folder string) (prefect.ID, error) {
	flow, err := client.CreateFlow(ctx, prefect.FlowCreate{Name: "Simple Demo"})
	if err != nil {
		return "", err
	}
	made, err := client.CreateDeployment(ctx, prefect.DeploymentCreate{Name: "bench", FlowID: flow.ID, Entrypoint: "flow.py:simple_demo",
		PullSteps: []map[string]any{{"prefect.deployments.steps.set_working_directory": map[string]any{"directory": folder}}}})
	return made.ID, err
}
