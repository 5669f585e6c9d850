package bench

import (
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// groupMemory is what a container group may cost.
const groupMemory = 20 << 10

// creators is how many groups are created at a time.
const creators = 16

// measureGroups creates many container groups that then all run: how long each takes, and what memory they hold.
func measureGroups(t *testing.T, b *bench) {
	ctx := t.Context()
	server, err := azureemulator.NewServer(azureemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	transport := server.Transport().(*http.Transport)
	c, err := signIn(ctx, transport, server.Account())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.makeResourceGroup(ctx); err != nil {
		t.Fatal(err)
	}
	// The request log is bounded and no part of a group: it is filled first.
	var reads sample
	inParallel(t, creators, max(b.size.groups, b.size.rounds*400), func(int) error {
		began := time.Now()
		err := c.call(ctx, http.MethodGet, "/resourceGroups/"+resourceGroup, "", nil)
		reads.add(time.Since(began))
		return err
	})
	transport.CloseIdleConnections()
	before := liveMemory()
	var creates sample
	began := time.Now()
	inParallel(t, creators, b.size.groups, func(i int) error {
		took, err := c.createToRunning(ctx, fmt.Sprintf("group-%d", i))
		creates.add(took)
		return err
	})
	all := time.Since(began)
	transport.CloseIdleConnections()
	each := (liveMemory() - before) / int64(b.size.groups)

	if listed, err := c.groups(ctx); err != nil || listed != b.size.groups {
		t.Errorf("%d groups are listed, want %d (%v)", listed, b.size.groups, err)
	}
	what := fmt.Sprintf("%s groups on simulate, %d at a time, create to Running", thousands(b.size.groups), creators)
	beside := "a GET of a resource group " + millis(reads.median())
	b.table.add(row{what: what + ", p50", got: millis(creates.median()), beside: beside, ratio: times(creates.median(), reads.median())})
	b.table.add(row{
		what: what + ", p99", got: millis(creates.at(99)), beside: "p50 " + millis(creates.median()), ratio: times(creates.at(99), creates.median()),
	})
	b.table.add(row{
		what: fmt.Sprintf("%s groups, all Running", thousands(b.size.groups)), got: millis(all), beside: "p50 × groups ÷ " + fmt.Sprint(creators),
		ratio: times(all, creates.median()*time.Duration(b.size.groups)/creators),
	})
	b.table.add(row{
		what: "memory of a running group (heap and stacks)", got: fmt.Sprintf("%.1f KB", float64(each)/1024), beside: "20 KB",
		ratio: times(each, groupMemory), expected: "under 20 KB", missed: each >= groupMemory,
	})
}

// liveMemory is what is in use after a collection: the heap's objects and the goroutines' stacks.
func liveMemory() int64 {
	// Pools are emptied by the second collection, finalizers have run by the third.
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// inParallel does n things, some at a time, and fails the test with the first error.
func inParallel(t *testing.T, atOnce, n int, do func(i int) error) {
	t.Helper()
	work, failed := make(chan int), make(chan error, atOnce)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for i := range work {
				if err := do(i); err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	workers.Wait()
	select {
	case err := <-failed:
		t.Fatal(err)
	default:
	}
}
