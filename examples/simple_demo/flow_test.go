package simpledemo_test

import (
	"slices"
	"testing"

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
