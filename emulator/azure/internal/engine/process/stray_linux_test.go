package process_test

import (
	"fmt"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// A process that has left its session holds the output of a container that has ended: it is found and ended too.
func TestDaemonsEndWithTheContainer(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("no setsid on this machine")
	}
	b := newBench(t, nil)
	fifo := newFIFO(t)
	c, log := b.start(t, sh("exec 3>"+fifo.name+"; setsid sh -c 'echo daemon; sleep 1000' & read x <"+fifo.name))
	log.Wait(t, "daemon")
	asked := time.Now()
	c.Stop(0)
	<-c.Done()
	fifo.waitForClose(t)
	// Without the search it would be two seconds, and the daemon would go on.
	if took := time.Since(asked); took > 1500*time.Millisecond {
		t.Errorf("the end of the container took %v", took)
	}
}

// The thread that asked for a container may end before it: Linux then kills the children that it has started.
func TestContainersOutliveTheThreadThatAskedForThem(t *testing.T) {
	b := newBench(t, nil)
	const n = 4 // one of the threads may be the process's first, which never ends
	started := make(chan engine.Container)
	for i := range n {
		spec := sh("sleep 1000")
		spec.Name = fmt.Sprint("job-", i)
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			c, _ := b.start(t, spec)
			started <- c
		}()
	}
	var all []engine.Container
	for range n {
		all = append(all, <-started)
	}
	// The threads end at some time soon. Had they started the containers, most would not last for all of these.
	for range 25 {
		for _, c := range all {
			if code, err := c.Exec(t.Context(), engine.ExecSpec{Command: "true"}); code != 0 || err != nil {
				t.Fatalf("exec: %d, %v", code, err)
			}
		}
	}
	for _, c := range all {
		c.Stop(0)
		<-c.Done()
	}
}
