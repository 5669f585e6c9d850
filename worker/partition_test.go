package worker_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/prefect"
)

// cutOff lets nothing of a member's reach the Prefect server until end is called. Others take it for dead after three heartbeats,
// while all that it asks of Azure is done.
func (m *member) cutOff() (end func()) {
	var ended atomic.Bool
	m.wire.mu.Lock()
	defer m.wire.mu.Unlock()
	before := m.wire.fault
	m.wire.fault = func(n int, r *http.Request) fault {
		if !ended.Load() && strings.HasPrefix(r.URL.String(), prefectemulator.URL) {
			return fault{drop: true}
		}
		if before != nil {
			return before(n, r)
		}
		return fault{}
	}
	return func() { ended.Store(true) }
}

// A run that waits for room in Azure is made only while it is still this worker's to start. Another may have run it to its end by
// the time that there is room, and the worker that waited may not have heard of it.
func TestWaitsForRoomCutOff(t *testing.T) {
	inWorld(t, `{"quota":{"enforced":true,"containerGroups":1},"latency":{"place":"2s","pull":"3s","start":"1s","stop":"2s","delete":"3s"}}`, func(t *world) {
		t.program = flowFor(10 * time.Minute)
		long := t.run()
		one := t.start("one", nil)
		t.untilState(long.ID, prefect.StateRunning)
		t.program = flowFor(20 * time.Second)
		run := t.run()
		t.until("the second run waits for room", func() bool { return t.stateOf(run.ID).Name == "AwaitingQuota" })
		end := one.cutOff()
		two := t.start("two", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		time.Sleep(30 * time.Minute)
		end()
		time.Sleep(10 * time.Minute)
		t.untilClean()
		one.join(t)
		two.join(t)
		if n := len(t.containersOf(run.ID)); n != 1 {
			t.Errorf("got %d containers, want 1", n)
		}
		if n := t.endsOf(run.ID); n != 1 {
			t.Errorf("the run ended %d times", n)
		}
	})
}
