package worker_test

import (
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

func TestRunCompletes(t *testing.T) {
	inWorld(t, "", func(t *world) {
		run := t.run()
		began := time.Now()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
		containers := t.containersOf(run.ID)
		if len(containers) != 1 {
			t.Fatalf("got %d containers, want 1", len(containers))
		}
		if delay := containers[0].began.Sub(began); delay > 15*time.Second {
			t.Errorf("the container began after %v", delay)
		}
		got := must(t.prefect.FlowRun(t.Context(), run.ID))(t)
		if want := string(run.ID) + ":" + containers[0].group; got.InfrastructurePID != want {
			t.Errorf("got infrastructure id %q, want %q", got.InfrastructurePID, want)
		}
		if s := m.Status(); s.Claimed != 1 || s.Started != 1 || s.Finished["succeeded"] != 1 {
			t.Errorf("got status %+v", s)
		}
	})
}
