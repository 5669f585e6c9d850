//go:build linux

package bench

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"
)

const (
	// workersEnv asks for TestWorkers at full size. It takes most of an hour, so make bench does not set it.
	workersEnv = "PACIFIC_BENCH_WORKERS"
	// longRunEnv is how long the runs take whose reads are counted, such as 2m. Empty: ten minutes.
	longRunEnv = "PACIFIC_BENCH_LONG_RUN"
	// upstream is how the table calls prefect-azure's worker.
	upstream = "prefect-azure"
)

// What is wanted of our worker, in MB and otherwise as named.
const (
	wantIdle, wantThousand, wantAttached = 25, 60, 200
	wantDelay                            = time.Second
	wantReads                            = 15
)

// TestWorkers measures pacific worker start beside prefect-azure's own worker, each a process of its own with an emulator of
// its own, and both on one Prefect server that this test starts.
//
// Without PACIFIC_BENCH_WORKERS it has our worker alone run a few jobs for the API in memory, and times nothing.
func TestWorkers(t *testing.T) {
	w := &workers{full: os.Getenv(workersEnv) != "", python: os.Getenv(pythonEnv), table: &table{}}
	w.pacific = program(t, w.full)
	if w.full && w.python == "" {
		t.Fatalf("%s is not set: it names a Python that has Prefect and prefect-azure", pythonEnv)
	}
	if w.full {
		w.api = startPrefect(t, w.python)
	}
	for _, part := range []struct {
		name    string
		measure func(*testing.T, *workers)
		small   bool
	}{
		{"Small", measureSmall, true},
		{"Flows", measureFlows, false},
		{"Delay", measureDelay, false},
		{"Hundred", measureHundred, false},
		{"Thousand", measureThousand, false},
		{"Throttle", measureThrottle, false},
		{"Quota", measureQuota, false},
		{"LongRun", measureLongRun, false},
	} {
		if part.small == w.full {
			continue
		}
		t.Run(part.name, func(t *testing.T) {
			began := time.Now()
			part.measure(t, w)
			if w.full {
				fmt.Fprintf(os.Stderr, "bench: %s: %.0f s\n", part.name, time.Since(began).Seconds())
			}
		})
	}
	if w.full {
		fmt.Printf("\nPacific's worker beside prefect-azure's, one run on %s/%s, %d CPUs, load %s\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), load())
		w.table.print(os.Stdout)
	}
}

// workers is what the parts of one run share.
type workers struct {
	full            bool
	pacific, python string // programs
	api             string // of the Prefect server; empty: each emulator has an API in memory
	table           *table
}

// beside adds a figure of ours beside theirs.
func (w *workers) beside(what string, unit string, ours, theirs, limit float64) {
	r := row{what: what, got: figure(ours, unit), beside: upstream + " " + figure(theirs, unit), ratio: times(ours, theirs)}
	if limit > 0 {
		r.expected, r.missed = "at most "+figure(limit, unit), ours > limit
	}
	w.table.add(r)
}

// figure writes a number with three digits.
func figure(v float64, unit string) string {
	digits := 2
	switch {
	case v >= 100 || v == float64(int(v)):
		digits = 0
	case v >= 10:
		digits = 1
	}
	text := fmt.Sprintf("%.*f", digits, v)
	if unit != "" {
		text += " " + unit
	}
	return text
}

// measureSmall has our worker run a few jobs, without a clock.
func measureSmall(t *testing.T, w *workers) {
	const runs = 5
	s := newSide(t, w, sideOptions{name: "pacific"})
	s.start()
	ids := s.schedule(runs, map[string]any{"env": map[string]string{"SIM_RUN_FOR": "100ms"}})
	if !s.until(5*time.Minute, func(l *traffic) bool { return l.deleted(ids) == runs }) {
		t.Errorf("%d of %d runs were started, and %d of their groups deleted", s.traffic.created(ids), runs, s.traffic.deleted(ids))
	}
}

// measureDelay schedules runs that are due at once, at moments that have nothing to do with either worker's polls. Before, it
// reads the memory of the idle workers.
func measureDelay(t *testing.T, w *workers) {
	const runs = 40
	sides := bothSides(t, w, sideOptions{})
	time.Sleep(20 * time.Second)
	w.beside("memory of an idle worker", "MB", sides[0].process.memory(), sides[1].process.memory(), wantIdle)
	w.beside("memory of an idle worker without the program's own file", "MB", sides[0].process.own(), sides[1].process.own(), 0)
	var delays [2]sample
	began := time.Now()
	var ids [2][]string
	for i := range runs {
		time.Sleep(time.Until(began.Add(time.Duration(i)*2*time.Second + time.Duration(i*i*137%1900)*time.Millisecond)))
		for n, s := range sides {
			ids[n] = append(ids[n], s.schedule(1, simulated10s)...)
		}
	}
	for n, s := range sides {
		if !s.until(2*time.Minute, func(l *traffic) bool { return l.created(ids[n]) == runs }) {
			t.Errorf("%s started %d of %d runs", s.name, s.traffic.created(ids[n]), runs)
		}
		for _, id := range ids[n] {
			if at := s.traffic.createdAt(id); !at.IsZero() {
				delays[n].add(at.Sub(s.due[id]))
			}
		}
	}
	for _, p := range []float64{50, 95} {
		limit := 0.0
		if p == 50 {
			limit = wantDelay.Seconds()
		}
		w.beside(fmt.Sprintf("from a run's scheduled time to the PUT of its group, p%.0f", p), "s", delays[0].at(p).Seconds(), delays[1].at(p).Seconds(), limit)
	}
}

var simulated10s = map[string]any{"env": map[string]string{"SIM_RUN_FOR": "10s"}}

// measureHundred has 100 runs in flight at once, of four minutes each, on one side after the other.
func measureHundred(t *testing.T, w *workers) {
	const runs, lasting = 100, 4 * time.Minute
	var memory, cpu, signIns, sockets [2]float64
	for n, name := range sideNames {
		s := newSide(t, w, sideOptions{name: name})
		s.start()
		ids := s.schedule(runs, map[string]any{"env": map[string]string{"SIM_RUN_FOR": lasting.String()}})
		s.until(lasting, func(l *traffic) bool { return l.created(ids) == runs })
		t.Logf("%s: %d of %d runs started", name, s.traffic.created(ids), runs)
		time.Sleep(20 * time.Second)
		memory[n] = s.process.memory()
		s.until(lasting+2*time.Minute, func(l *traffic) bool { return l.deleted(ids) == runs })
		if gone := s.traffic.deleted(ids); gone < runs {
			t.Logf("%s: %d of %d groups were deleted", name, gone, runs)
		}
		cpu[n], signIns[n], sockets[n] = s.process.seconds(), float64(s.traffic.signIns), float64(s.process.peakSockets)
		fmt.Fprintf(os.Stderr, "bench: %s: %.1f MB with %d runs in flight, %.1f s of processor time, %.0f sign-in requests, %.0f connections at most\n",
			name, memory[n], runs, cpu[n], signIns[n], sockets[n])
		s.stop()
	}
	w.beside("memory with 100 runs in flight", "MB", memory[0], memory[1], 0)
	w.beside("processor time of 1,000 runs of 4 min (ten times that of 100, start included)", "s", 10*cpu[0], 10*cpu[1], 0)
	w.beside("sign-in requests for 100 runs", "", signIns[0], signIns[1], 0)
	w.beside("most connections to Azure at once, 100 runs", "", sockets[0], sockets[1], 0)
}

// measureThousand has as many runs of an hour in flight as the worker takes within ten minutes, a thousand at most.
func measureThousand(t *testing.T, w *workers) {
	const runs, patience = 1000, 10 * time.Minute
	measure := func(name string, attach bool) (mb float64, started int) {
		s := newSide(t, w, sideOptions{name: name})
		s.start()
		began := time.Now()
		ids := s.schedule(runs, map[string]any{"env": map[string]string{"SIM_RUN_FOR": "1h", "SIM_LINES_PER_SECOND": "1"}, "stream_output": attach})
		s.until(patience, func(l *traffic) bool { return l.created(ids) == runs })
		started = s.traffic.created(ids)
		t.Logf("%s, attach %t: %d of %d runs started within %.0f s", name, attach, started, runs, time.Since(began).Seconds())
		time.Sleep(30 * time.Second)
		t.Logf("%s, attach %t: %s", name, attach, s.process.describe())
		mb = s.process.memory()
		s.kill() // its runs would last an hour
		return mb, started
	}
	alone, _ := measure("pacific", false)
	attached, n := measure("pacific", true)
	theirs, started := measure(upstream, false)
	w.beside(fmt.Sprintf("memory with 1,000 runs in flight (%s: %d within 10 min)", upstream, started), "MB", alone, theirs, wantThousand)
	w.table.add(row{what: fmt.Sprintf("memory with %s runs in flight and attached", thousands(n)), got: figure(attached, "MB"),
		beside: "not attached " + figure(alone, "MB"), ratio: times(attached, alone), expected: "at most " + figure(wantAttached, "MB"), missed: attached > wantAttached})
}
