package bench

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pacific-aci/pacific/internal/cli"
)

// TestMain lets the small run have a pacific on the PATH without building one: this binary.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"pacific": func() { os.Exit(cli.Main(context.Background(), cli.Env{Signals: cli.Signals()})) },
	})
}

// size says how much is measured.
type size struct {
	full     bool
	groups   int           // container groups that run at once
	printFor time.Duration // how long a job prints
	quiet    time.Duration // and how long it then says nothing
	rates    []int         // lines a second
	rounds   int           // repetitions of what is quick
	clients  int           // clients at once
	requests int           // requests of a throughput
	tunnel   int           // bytes through a tunnel
	azRounds int
	flowRuns int // flow runs of a list
	logLines int // log lines sent to Prefect
}

// measureEnv asks for the full size.
const measureEnv = "PACIFIC_BENCH"

func sizeFrom(env string) size {
	if env == "" {
		return size{groups: 40, printFor: 300 * time.Millisecond, rates: []int{200}, rounds: 1, clients: 20, requests: 40, tunnel: 1 << 20, flowRuns: 450, logLines: 500}
	}
	return size{
		full: true, groups: 1000, printFor: 20 * time.Second, quiet: 6 * time.Second, rates: []int{1_000, 10_000}, rounds: 31, clients: 1000,
		requests: 2000, tunnel: 128 << 20, azRounds: 5, flowRuns: 10_000, logLines: 100_000,
	}
}

// bench is what the parts of one run share.
type bench struct {
	size    size
	pacific string // the program
	table   *table
}

// TestFigures measures everything. PACIFIC_BENCH=1 is the full size, with the table.
func TestFigures(t *testing.T) {
	// A program with the race detector waits a second before it exits, and here it is started often.
	t.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	b := &bench{size: sizeFrom(os.Getenv(measureEnv)), table: &table{}}
	b.pacific = program(t, b.size.full)
	for _, part := range []struct {
		name    string
		measure func(*testing.T, *bench)
	}{
		{"Programs", measurePrograms},
		{"Groups", measureGroups},
		{"Logs", measureLogs},
		{"Reads", measureReads},
		{"Clients", measureClients},
		{"Connect", measureConnect},
		{"Az", measureAz},
		{"Provision", measureProvision},
		{"Bootstrap", measureBootstrap},
		{"Demo", measureDemo},
		{"PrefectStart", measurePrefectStart},
		{"PrefectLists", measurePrefectLists},
		{"PrefectLogs", measurePrefectLogs},
		{"Templates", measureTemplates},
		{"ARMTemplates", measureARMTemplates},
		{"Deployments", measureDeployments},
	} {
		t.Run(part.name, func(t *testing.T) {
			began := time.Now()
			part.measure(t, b)
			if b.size.full {
				fmt.Fprintf(os.Stderr, "bench: %s: %.1f s\n", part.name, time.Since(began).Seconds())
			}
		})
	}
	if b.size.full {
		fmt.Printf("\nPacific's figures, medians of one run on %s/%s, %d CPUs, %s\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
		b.table.print(os.Stdout)
	} else {
		b.table.print(t.Output())
	}
}
