package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/prefect"
)

// pythonEnv names a Python that has Prefect 3; make e2e installs one.
const pythonEnv = "PACIFIC_E2E_PREFECT3_PYTHON"

const (
	embeddedWithin = 50 * time.Millisecond // start of the API in memory, to its first answer
	listMemory     = 1 << 20               // what a list may hold more at its end than at its beginning
)

// memoryAPI is a Prefect API in memory with a client.
func memoryAPI(t *testing.T) (*prefect.Client, http.RoundTripper) {
	t.Helper()
	server, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: server.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	return client, server.Transport()
}

// measurePrefectStart times the API in memory from nothing to its first answer, beside one more answer of it.
func measurePrefectStart(t *testing.T, b *bench) {
	var starts, answers sample
	for range max(b.size.rounds, 3) {
		began := time.Now()
		client, _ := memoryAPI(t)
		for _, s := range []*sample{&starts, &answers} {
			if _, err := client.Health(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.add(time.Since(began))
			began = time.Now()
		}
	}
	b.table.add(row{
		what: "Prefect API in memory, from nothing to its first answer", got: millis(starts.median()), beside: "its next answer " + millis(answers.median()),
		ratio: times(starts.median(), answers.median()), expected: "under 50 ms", missed: starts.median() >= embeddedWithin,
	})
}

// measurePrefectLists lists many flow runs one by one: how quickly, and what memory it holds at its last run more than at
// its first one. The same list kept whole is beside it.
func measurePrefectLists(t *testing.T, b *bench) {
	ctx, runs := t.Context(), b.size.flowRuns
	client, transport := memoryAPI(t)
	flow, err := client.CreateFlow(ctx, prefect.FlowCreate{Name: "bench"})
	if err != nil {
		t.Fatal(err)
	}
	inParallel(t, creators, runs, func(i int) error {
		_, err := client.CreateFlowRun(ctx, prefect.FlowRunCreate{FlowID: flow.ID, Name: fmt.Sprintf("run-%d", i), Parameters: map[string]any{"i": i}})
		return err
	})
	var took time.Duration
	var first, last int64
	seen, began := 0, time.Now()
	for _, err := range client.FlowRuns(ctx, prefect.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		switch seen++; seen {
		case 1:
			first = liveMemory()
			began = time.Now()
		case runs:
			took = time.Since(began)
			last = liveMemory()
		}
	}
	if seen != runs {
		t.Fatalf("listed %d runs, want %d", seen, runs)
	}
	before := liveMemory()
	whole, err := prefect.Collect(client.FlowRuns(ctx, prefect.Query{}))
	if err != nil {
		t.Fatal(err)
	}
	kept := liveMemory() - before
	if len(whole) != runs {
		t.Fatalf("collected %d runs, want %d", len(whole), runs)
	}
	runtime.KeepAlive(whole)
	what := fmt.Sprintf("%s flow runs listed one by one", thousands(runs))
	more := last - first
	b.table.add(row{
		what: what + ": memory at the last more than at the first", got: fmt.Sprintf("%.0f KB", float64(more)/1024),
		beside: fmt.Sprintf("the list kept whole %.0f KB", float64(kept)/1024), ratio: times(more, kept), expected: "under 1 MB", missed: more >= listMemory,
	})
	raw := readPages(t, transport, runs)
	b.table.add(row{what: what + ": all", got: millis(took), beside: "their pages read and thrown away " + millis(raw), ratio: times(took, raw)})
}

// readPages times the same pages by plain HTTP, unread: what the API in memory alone takes.
func readPages(t *testing.T, transport http.RoundTripper, runs int) time.Duration {
	t.Helper()
	client := &http.Client{Transport: transport}
	began := time.Now()
	for offset := 0; offset < runs; offset += 200 {
		reply, err := client.Post(prefectemulator.URL+"/flow_runs/filter", "application/json", strings.NewReader(fmt.Sprintf(`{"limit":200,"offset":%d}`, offset)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, reply.Body); err != nil || reply.StatusCode != http.StatusOK {
			t.Fatalf("reading a page: %s, %v", reply.Status, err)
		}
		_ = reply.Body.Close()
	}
	return time.Since(began)
}

// logText makes a line as long as log lines are.
const logText = "a line of a flow run's log that says what was done, with which file, and how long it took, in words"

// logSink counts the lines that come in, as a server that takes no time at all would.
func logSink(t *testing.T) (*httptest.Server, *atomic.Int64) {
	var lines atomic.Int64
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/logs/"):
			var batch []json.RawMessage
			if err := json.NewDecoder(r.Body).Decode(&batch); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			lines.Add(int64(len(batch)))
			w.WriteHeader(http.StatusCreated)
		case strings.HasSuffix(r.URL.Path, "/admin/version"):
			fmt.Fprintf(w, "%q", prefectemulator.Version)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(sink.Close)
	return sink, &lines
}

// measurePrefectLogs sends many log lines to the same sink with our client and with Prefect's own.
func measurePrefectLogs(t *testing.T, b *bench) {
	sink, got := logSink(t)
	url := sink.URL + "/api"
	client, err := prefect.NewClient(prefect.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	var ours, theirs sample
	python := os.Getenv(pythonEnv)
	for range min(b.size.rounds, 3) {
		ours.add(sendLogs(t, client, b.size.logLines))
		if n := got.Swap(0); n != int64(b.size.logLines) {
			t.Fatalf("%d lines of ours came in, want %d", n, b.size.logLines)
		}
		if python == "" || !b.size.full || theirs.median() != 0 {
			continue // once: it takes its time
		}
		theirs.add(sendLogsByPython(t, python, url, b.size.logLines))
		if n := got.Swap(0); n != int64(b.size.logLines) {
			t.Fatalf("%d lines of Prefect's client came in, want %d", n, b.size.logLines)
		}
	}
	what := fmt.Sprintf("%s log lines sent", thousands(b.size.logLines))
	if theirs.median() == 0 {
		b.table.add(row{what: what, got: millis(ours.median()), beside: "LEFT OUT: " + pythonEnv + " names no Python with Prefect"})
		return
	}
	b.table.add(row{
		what: what, got: millis(ours.median()), beside: "Prefect's Python client " + millis(theirs.median()), ratio: times(ours.median(), theirs.median()),
	})
}

// sendLogs gives the time from the first line to the last one's receipt.
func sendLogs(t *testing.T, client *prefect.Client, lines int) time.Duration {
	t.Helper()
	ctx := t.Context()
	began := time.Now()
	sender := client.NewLogSender(ctx, prefect.LogSenderOptions{})
	for i := range lines {
		line := prefect.Log{Name: "bench", Level: 20, Message: fmt.Sprintf("%d %s", i, logText), Timestamp: prefect.At(time.Now()), FlowRunID: "3c3a7d7e-3d8f-4e24-9c73-7d8f3f2c9a10"}
		if err := sender.Add(ctx, line); err != nil {
			t.Fatal(err)
		}
	}
	if err := sender.Close(ctx); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

// sendLogsByPython gives what Prefect's own client says of the same, without the start of Python.
func sendLogsByPython(t *testing.T, python, url string, lines int) time.Duration {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), python, "testdata/send_logs.py", strconv.Itoa(lines), logText)
	cmd.Env = append(os.Environ(), "PREFECT_API_URL="+url, "PREFECT_HOME="+t.TempDir(), "PREFECT_SERVER_ANALYTICS_ENABLED=false")
	cmd.Stderr = t.Output()
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("sending logs by Prefect's client: %v", err)
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil {
		t.Fatalf("Prefect's client printed %q", text)
	}
	return time.Duration(seconds * float64(time.Second))
}
