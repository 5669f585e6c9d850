package worker_test

import (
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// TestPollByEvents: a run that is due at once is started at once, however long the time between two polls.
func TestPollByEvents(t *testing.T) {
	inWorld(t, "", func(t *world) {
		m := t.start("one", func(c *worker.Config) { c.Poll = time.Hour })
		time.Sleep(5 * time.Minute)
		began := time.Now()
		run := t.run()
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
		containers := t.containersOf(run.ID)
		if len(containers) != 1 {
			t.Fatalf("got %d containers, want 1", len(containers))
		}
		const azure = 6 * time.Second // of usualLatency
		if delay := containers[0].began.Sub(began); delay > azure+time.Second {
			t.Errorf("the container began after %v; Azure takes %v of that", delay, azure)
		}
	})
}

// TestPollAfterEnd: a run for which the worker had no room is started when another has ended.
func TestPollAfterEnd(t *testing.T) {
	inWorld(t, "", func(t *world) {
		m := t.start("one", func(c *worker.Config) { c.Poll, c.Limit = time.Hour, 1 })
		var runs []prefect.FlowRun
		for range 3 {
			runs = append(runs, t.run())
		}
		began := time.Now()
		for _, run := range runs {
			t.untilState(run.ID, prefect.StateCompleted)
		}
		if took := time.Since(began); took > 10*time.Minute {
			t.Errorf("three runs of 20 s took %v", took)
		}
		t.untilClean()
		m.join(t)
	})
}
