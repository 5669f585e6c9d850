package orchestration_test

import (
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/orchestration"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/work"
)

// background is records with services, and the names of the events that they made.
type background struct {
	*db.DB
	*orchestration.Services
	events []string
}

func newBackground(t *testing.T) *background {
	t.Helper()
	w := &background{DB: db.New()}
	w.Emit = func(e db.Event) { w.events = append(w.events, e.Event) }
	w.Services = orchestration.NewServices(orchestration.New(w.DB), slog.New(slog.DiscardHandler))
	t.Cleanup(w.Close)
	return w
}

// do does something under the lock.
func (w *background) do(what func()) {
	w.Lock()
	defer w.Unlock()
	what()
}

// after lets time pass, and gives what a question about the records is answered with then.
func after[T any](w *background, d time.Duration, ask func() T) T {
	time.Sleep(d)
	synctest.Wait()
	w.Lock()
	defer w.Unlock()
	return ask()
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// A worker that sends no heartbeat for three intervals is gone, and its pool is not ready.
func TestPoolsWithoutWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newBackground(t)
		var pool *db.WorkPool
		w.do(func() {
			pool = work.AddPool(w.DB, db.WorkPool{Name: "p", Type: "process"})
			pool.Ready = true
			worker := &db.Worker{Base: db.NewBase(), Name: "w", WorkPoolID: pool.ID, LastHeartbeat: api.Now(), Interval: new(10)}
			w.Workers.Put(worker.ID, worker)
			w.Wake(work.OfflineAt(worker))
			w.events = nil
		})
		ready := func() bool { return pool.Ready }
		want(t, "just before", after(w, 30*time.Second-time.Nanosecond, ready), true)
		want(t, "after three intervals", after(w, time.Nanosecond, ready), false)
		if diff := cmp.Diff([]string{"prefect.work-pool.not-ready"}, w.events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// A queue that nobody polls for a minute is not ready, nor are its deployments.
func TestQueuesThatNobodyPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newBackground(t)
		deployment := &db.Deployment{Base: db.NewBase(), Name: "d"}
		var queue *db.WorkQueue
		w.do(func() {
			queue = work.AddQueue(w.DB, work.AddPool(w.DB, db.WorkPool{Name: "p", Type: "process"}), db.WorkQueue{Name: "q"})
			deployment.WorkQueueID = &queue.ID
			w.Deployments.Put(deployment.ID, deployment)
			work.MarkPolled(w.DB, []*db.WorkQueue{queue})
			w.events = nil
		})
		ready := func() [2]bool { return [2]bool{queue.Ready, deployment.Ready} }
		want(t, "after 59 s", after(w, 59*time.Second, ready), [2]bool{true, true})
		w.do(func() { work.MarkPolled(w.DB, []*db.WorkQueue{queue}) })
		want(t, "59 s after the second poll", after(w, 59*time.Second, ready), [2]bool{true, true})
		want(t, "a minute after it", after(w, time.Second, ready), [2]bool{false, false})
		if diff := cmp.Diff([]string{"prefect.work-queue.not-ready", "prefect.deployment.not-ready"}, w.events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestLeasesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newBackground(t)
		w.do(func() {
			concurrency.AddLease(w.DB, db.Lease{}, time.Minute)
			concurrency.AddLease(w.DB, db.Lease{}, 2*time.Minute)
		})
		leases := func() int { return w.Leases.Len() }
		want(t, "leases", after(w, 59*time.Second, leases), 2)
		want(t, "leases after one has ended", after(w, time.Second, leases), 1)
		want(t, "leases after both have", after(w, time.Minute, leases), 0)
	})
}

// After Close nothing happens any more, whatever is due.
func TestServicesClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newBackground(t)
		w.do(func() { concurrency.AddLease(w.DB, db.Lease{}, time.Minute) })
		w.Close()
		w.do(func() { concurrency.AddLease(w.DB, db.Lease{}, time.Second) })
		w.Close()
		want(t, "leases", after(w, time.Hour, func() int { return w.Leases.Len() }), 2)
	})
}

// With nothing to do there is no timer, and so no goroutine, however long one waits.
func TestIdleServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		w := newBackground(t)
		w.do(w.Look)
		want(t, "goroutines", after(w, time.Hour, runtime.NumGoroutine), before)
	})
}

// A panic in the background is one look's matter: the program lives on, the lock is free, and what is due later is done.
func TestPanicInServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newBackground(t)
		w.do(func() {
			concurrency.AddLease(w.DB, db.Lease{}, time.Hour)
			late := &db.FlowRun{Run: db.Run{Base: db.NewRunBase()}}
			state := orchestration.NewState(db.Scheduled, "")
			state.Details.ScheduledTime = api.Now()
			late.State, late.States, late.NextScheduledTime = &state, []*db.State{&state}, api.Now()
			w.AddFlowRun(late)
			w.Emit = func(db.Event) { panic("a mistake") }
			w.Wake(time.Now().Add(15 * time.Second)) // when it counts as late
		})
		want(t, "leases", after(w, time.Minute, func() int { return w.Leases.Len() }), 1)
		w.do(func() {
			w.Emit = func(db.Event) {}
			concurrency.AddLease(w.DB, db.Lease{}, time.Second)
		})
		want(t, "leases after one has ended", after(w, 2*time.Second, func() int { return w.Leases.Len() }), 1)
	})
}
