package simpledemo_test

import (
	"slices"
	"testing"

	"github.com/pacific-aci/pacific/deploy"
	simpledemo "github.com/pacific-aci/pacific/examples/simple_demo"
	"github.com/pacific-aci/pacific/flow/flowtest"
)

func TestFlow(t *testing.T) {
	flowtest.Run(t, func(t *testing.T, s *flowtest.Server) {
		if got, err := simpledemo.Flow.Run(s.Context(), simpledemo.Params{Name: "Ada"}); got != "Hello, Ada!" || err != nil {
			t.Fatalf("Run = %q, %v", got, err)
		}
		run := s.LastRun("Simple Demo")
		if !slices.Equal(run.States, []string{"Pending", "Running", "Completed"}) || run.Task("greet-0").StateName != "Completed" {
			t.Errorf("the run is %v, its task %s", run, run.Task("greet-0").StateName)
		}
	})
}

// TestPython wants that the flow in Python can be deployed without Python, under the same name.
func TestPython(t *testing.T) {
	read, err := deploy.ReadFlow("python", "flow.py:simple_demo")
	if err != nil {
		t.Fatal(err)
	}
	if read.Name != simpledemo.Flow.Name() {
		t.Errorf("the flow in Python is %q, want %q", read.Name, simpledemo.Flow.Name())
	}
}
