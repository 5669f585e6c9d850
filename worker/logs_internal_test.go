package worker

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// printed is what a container prints that runs a flow: records that the flow also sends by itself, a record of another
// logger, a traceback, and what the program printed.
const printed = `Starting up
12:00:00.123 | INFO    | Flow run 'brave-otter' - hello
12:00:00.124 | WARNING | prefect.runner - the server is slow
12:00:01.000 | ERROR   | Flow run 'brave-otter' - Encountered exception during execution:
Traceback (most recent call last):
  File "/opt/prefect/flows.py", line 3, in hello
    raise ValueError("asked to fail")

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/opt/prefect/flows.py", line 5, in hello
ValueError: asked to fail
printed by a library
12:00:01.100 | INFO    | prefect.flow_runs.runner - Process exited cleanly
a | b
`

func messages(logs []prefect.Log) []string {
	var all []string
	for _, log := range logs {
		all = append(all, fmt.Sprintf("%d %s: %s", log.Level, log.Name, log.Message))
	}
	return all
}

var forwarded = []string{
	"20 prefect.flow_runs.container: Starting up",
	"30 prefect.runner: the server is slow",
	"20 prefect.flow_runs.container: printed by a library",
	"20 prefect.flow_runs.container: a | b",
}

func (s *side) outputs(to *text) *outputs {
	log := slog.New(slog.DiscardHandler)
	return newOutputs(s.Context(), s.client, newPrinter(to, false, log), log)
}

// TestOutputForwarded has the output in the flow run's logs, without what the flow sends by itself, and once, also when
// another worker reads it again from its beginning.
func TestOutputForwarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t)
		run := s.newRun("brave-otter")
		shown := &text{}
		first := s.outputs(shown)
		out := first.of(run, outputOptions{print: true, forward: true})
		for piece := range strings.SplitSeq(strings.TrimSuffix(printed, "a | b\n"), "ing") {
			_, _ = out.writer().Write([]byte(piece))
			if !strings.HasPrefix(piece, "\n") {
				_, _ = out.writer().Write([]byte("ing"))
			}
		}
		first.close(t.Context())
		if t.Failed() {
			return
		}
		second := s.outputs(&text{})
		out = second.of(run, outputOptions{forward: true})
		if err := out.resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, _ = out.writer().Write([]byte(strings.TrimSuffix(printed, "\n")))
		out.finish()
		second.close(t.Context())
		want(t, "logs", messages(s.logs(run)), forwarded)
		for line := range strings.Lines(shown.String()) {
			if !strings.HasPrefix(line, "brave-otter | ") {
				t.Errorf("a line without the run's name: %q", line)
			}
		}
	})
}

// TestOutputShown has two runs print at once: every line says whose it is, and long lines without an end are cut.
func TestOutputShown(t *testing.T) {
	s := newSide(t)
	shown := &text{}
	all := s.outputs(shown)
	one := all.of(prefect.FlowRun{ID: "1", Name: "one"}, outputOptions{print: true})
	two := all.of(prefect.FlowRun{ID: "2"}, outputOptions{print: true})
	silent := all.of(prefect.FlowRun{ID: "3", Name: "three"}, outputOptions{})
	_, _ = one.writer().Write([]byte("a"))
	_, _ = two.writer().Write([]byte("b\r\nc"))
	_, _ = one.writer().Write([]byte("d\n"))
	two.finish()
	all.close(t.Context())
	want(t, "output", shown.String(), "2 | b\none | ad\n2 | c\n")
	if silent.writer() != nil {
		t.Error("output that nobody wants is read")
	}
	_, _ = one.writer().Write([]byte(strings.Repeat("x", maxLine+5)))
	one.finish()
	all.close(t.Context())
	if got := len(shown.String()); got != len("2 | b\none | ad\n2 | c\n")+2*len("one | \n")+maxLine+5 {
		t.Errorf("got %d bytes of output", got)
	}
	if all.of(prefect.FlowRun{}, outputOptions{print: true}).writer() == nil {
		t.Error("output that is wanted is not read")
	}
	if newOutputs(t.Context(), s.client, nil, nil).of(prefect.FlowRun{}, outputOptions{print: true}).writer() != nil {
		t.Error("output is read though the worker has none")
	}
}

// TestLastLinesOfACrash has the last lines among the run's logs, those that the flow sent itself not twice, and none twice
// when a second worker reports the same crash.
func TestLastLinesOfACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t)
		run := s.newRun("brave-otter")
		sent := prefect.Log{Name: "prefect.flow_runs", Level: 20, Message: "line 140\nand more", Timestamp: prefect.At(time.Now()), FlowRunID: run.ID}
		if err := s.client.CreateLogs(t.Context(), []prefect.Log{sent}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		for range 2 {
			all := s.outputs(&text{})
			out := all.of(run, outputOptions{print: true})
			for i := range 150 {
				_, _ = fmt.Fprintf(out.writer(), "12:00:00.123 | INFO    | Flow run 'brave-otter' - line %d\n", i)
			}
			_, _ = fmt.Fprint(out.writer(), "Killed")
			if err := out.crashed(t.Context(), nil, ""); err != nil {
				t.Fatal(err)
			}
			out.note(slog.LevelError, "exit code %d", 137)
			all.close(t.Context())
		}
		logs := s.logs(run)
		want(t, "lines", len(logs), 1+98+1+2) // of 100 lines, one is there and one is the end; two notes
		want(t, "first", logs[1].Message, "line 51")
		want(t, "the notes", messages(logs[len(logs)-1:]), []string{"40 prefect.flow_runs.worker: exit code 137"})
		seen := map[string]int{}
		for _, log := range logs {
			seen[log.Message]++
		}
		want(t, "line 149", seen["line 149"], 1)
		want(t, "Killed", seen["Killed"], 1)
		want(t, "line 140", seen["line 140"], 0)
	})
}

func TestRecords(t *testing.T) {
	for line, wanted := range map[string]string{
		"12:00:00.123 | CRITICAL | prefect.engine - m - n": "50 prefect.engine: m - n",
		"12:00:00.123 | NOTICE  | prefect.engine - m":      "20 prefect.flow_runs.container: 12:00:00.123 | NOTICE  | prefect.engine - m",
		"12:00:00.123 | INFO    | no logger":               "20 prefect.flow_runs.container: no logger",
		"1x:00:00.123 | INFO    | prefect.engine - m":      "20 prefect.flow_runs.container: 1x:00:00.123 | INFO    | prefect.engine - m",
		"12:00:00.123":        "20 prefect.flow_runs.container: 12:00:00.123",
		"12:00:00.123 | INFO": "20 prefect.flow_runs.container: 12:00:00.123 | INFO",
		"12:00:00.123 | DEBUG   | Task run 'a - b' - progress": "own",
		"12:00:00.123 | DEBUG   | prefect.task_runs - m":       "own",
	} {
		var r recordReader
		log, own := r.read(line)
		got := messages([]prefect.Log{log})[0]
		if own {
			got = "own"
		}
		want(t, line, got, wanted)
	}
}
