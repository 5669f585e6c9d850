package worker_test

import (
	"bytes"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// goroutines counts those that are in this package's code, or called by it.
func goroutines(t *testing.T) (n int, profile string) {
	t.Helper()
	synctest.Wait()
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 2); err != nil {
		t.Fatal(err)
	}
	for goroutine := range strings.SplitSeq(b.String(), "\n\n") {
		if strings.Contains(goroutine, "pacific/worker.(") {
			n++
		}
	}
	return n, b.String()
}

// TestFlightsRest holds that runs in flight have no goroutines: a worker may have a thousand of them. The worker's own loops may have
// a few more when they are counted again. It must not run beside other tests of workers.
func TestFlightsRest(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(10 * time.Minute)
		m := t.start("one", nil)
		time.Sleep(time.Minute)
		before, _ := goroutines(t.T)
		var runs []prefect.FlowRun
		for range 10 {
			runs = append(runs, t.run())
		}
		for _, run := range runs {
			t.untilState(run.ID, prefect.StateRunning)
		}
		time.Sleep(5 * time.Minute)
		if now, profile := goroutines(t.T); before == 0 || now >= before+len(runs) {
			t.Errorf("got %d goroutines with runs in flight, and %d before:\n%s", now, before, profile)
		}
		for _, run := range runs {
			t.untilState(run.ID, prefect.StateCompleted)
		}
		t.untilClean()
		m.join(t)
	})
}
