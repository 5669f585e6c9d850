package work_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/work"
)

// A priority that is taken moves others on by as little as is needed; without one a queue gets the first that is free.
func TestPriorities(t *testing.T) {
	d := db.New()
	p := work.AddPool(d, db.WorkPool{Name: "p", Type: "process"})
	order := func(want map[string]int) {
		t.Helper()
		got := map[string]int{}
		for _, q := range d.Queues(p.ID) {
			got[q.Name] = q.Priority
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("priorities (-want +got):\n%s", diff)
		}
	}
	work.EnsureQueue(d, p, "a")
	work.EnsureQueue(d, p, "a") // there already
	far := work.AddQueue(d, p, db.WorkQueue{Name: "far", Priority: 9})
	order(map[string]int{"default": 1, "a": 2, "far": 9})
	work.AddQueue(d, p, db.WorkQueue{Name: "first", Priority: 1})
	order(map[string]int{"first": 1, "default": 2, "a": 3, "far": 9})
	work.Prioritize(d, far, 3)
	order(map[string]int{"first": 1, "default": 2, "far": 3, "a": 4})
	work.DeleteQueue(d, far)
	work.EnsureQueue(d, p, "gap")
	order(map[string]int{"first": 1, "default": 2, "gap": 3, "a": 4})
	if q := d.WorkQueues.Get(p.DefaultQueueID); q == nil || q.Name != "default" {
		t.Errorf("the pool's default queue is %v", q)
	}
}

// Who polls makes a queue and its deployments ready for a minute, and asks for a look at its end; a paused queue stays so.
func TestMarkPolled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := db.New()
		var told []string
		var wake time.Duration
		d.Emit = func(e db.Event) { told = append(told, e.Event) }
		d.Wake = func(at time.Time) { wake = time.Until(at) }
		p := work.AddPool(d, db.WorkPool{Name: "p", Type: "process"})
		open, paused := work.EnsureQueue(d, p, "open"), work.AddQueue(d, p, db.WorkQueue{Name: "paused", IsPaused: true})
		deployment := &db.Deployment{Base: db.NewBase(), WorkQueueID: &open.ID}
		d.Deployments.Put(deployment.ID, deployment)
		told = nil
		for range 2 { // the second time there is nothing to tell
			work.MarkPolled(d, []*db.WorkQueue{open, paused})
		}
		if diff := cmp.Diff([]string{"prefect.work-queue.ready", "prefect.deployment.ready"}, told); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if !open.Ready || paused.Ready || !deployment.Ready || !work.PolledRecently(paused) || wake != work.PollTimeout {
			t.Errorf("ready: open %v, paused %v, deployment %v; woken in %v", open.Ready, paused.Ready, deployment.Ready, wake)
		}
		time.Sleep(work.PollTimeout + time.Second)
		if work.PolledRecently(open) {
			t.Error("the poll still counts after a minute")
		}
	})
}

// A worker is online until three of its heartbeats are missing; one that never said counts with 30 seconds.
func TestOnline(t *testing.T) {
	for name, test := range map[string]struct {
		interval *int
		want     time.Duration
	}{"said": {new(5), 15 * time.Second}, "never said": {nil, 90 * time.Second}, "nothing": {new(0), 90 * time.Second}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := db.New()
				p := work.AddPool(d, db.WorkPool{Name: "p"})
				w := &db.Worker{Base: db.NewBase(), WorkPoolID: p.ID, LastHeartbeat: api.Now(), Interval: test.interval}
				d.Workers.Put(w.ID, w)
				time.Sleep(test.want - time.Nanosecond)
				if !work.HasOnlineWorker(d, p.ID) {
					t.Errorf("offline before %v", test.want)
				}
				time.Sleep(time.Microsecond)
				if work.HasOnlineWorker(d, p.ID) {
					t.Errorf("online after %v", test.want)
				}
			})
		})
	}
}
