package prefect_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

// rows serves n flow runs, each with size bytes of parameters; shift makes every page begin so much earlier, as when new runs
// come in front of a newest-first list.
func rows(t *testing.T, n, size, shift int) http.HandlerFunc {
	padding := strings.Repeat("x", size)
	return func(w http.ResponseWriter, r *http.Request) {
		q := body(r)
		limit, offset := int(q["limit"].(float64)), int(q["offset"].(float64))
		if limit != 200 {
			t.Errorf("got limit %d, want the server's 200", limit)
		}
		var items []string
		for i := max(0, offset-offset/200*shift); i < min(n, offset-offset/200*shift+limit); i++ {
			items = append(items, fmt.Sprintf(`{"id":"r%d","parameters":{"p":%q}}`, i, padding))
		}
		says(200, page(items))(w, r)
	}
}

func TestPages(t *testing.T) {
	for name, test := range map[string]struct{ n, shift, limit, got, requests int }{
		"none":               {0, 0, 0, 0, 1},
		"one page, not full": {199, 0, 0, 199, 1},
		"full pages":         {400, 0, 0, 400, 3},
		"a limit":            {1000, 0, 250, 250, 2},
		"rows that move on":  {450, 30, 0, 450, 3},
	} {
		t.Run(name, func(t *testing.T) {
			c, s := client(t, rows(t, test.n, 0, test.shift))
			var got []prefect.ID
			for run, err := range c.FlowRuns(t.Context(), prefect.Query{Limit: test.limit}) {
				check(t, err)
				if want := prefect.ID(fmt.Sprint("r", len(got))); run.ID != want {
					t.Fatalf("got %s, want %s", run.ID, want)
				}
				got = append(got, run.ID)
			}
			want(t, "runs", len(got), test.got)
			want(t, "requests", s.count("POST /api/flow_runs/filter"), test.requests)
		})
	}
}

func TestPagesStopEarly(t *testing.T) {
	c, s := client(t, rows(t, 1000, 0, 0))
	for range c.FlowRuns(t.Context(), prefect.Query{}) {
		break
	}
	want(t, "requests", s.count("POST /api/flow_runs/filter"), 1)
}

func TestPagesEndWithAnError(t *testing.T) {
	c, _ := client(t, answers(rows(t, 1000, 0, 0), says(404, `{"detail":"gone"}`)))
	n := 0
	var last error
	for _, err := range c.FlowRuns(t.Context(), prefect.Query{}) {
		n++
		last = err
	}
	want(t, "items and the error", n, 201)
	wantKind(t, last, prefect.ErrNotFound)
}

// A list of 50 MB is walked through in the memory of a few pages.
func TestPagesHaveFlatMemory(t *testing.T) {
	c, _ := client(t, rows(t, 5000, 10_000, 0))
	var most, before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for _, err := range c.FlowRuns(t.Context(), prefect.Query{}) {
		check(t, err)
		if n++; n%1000 == 0 {
			runtime.GC()
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			if now.HeapAlloc > most.HeapAlloc {
				most = now
			}
		}
	}
	want(t, "runs", n, 5000)
	if grown := int64(most.HeapAlloc) - int64(before.HeapAlloc); grown > 20<<20 {
		t.Errorf("the heap grew by %d MB over 50 MB of runs, want about a page of 2 MB", grown>>20)
	}
}

func TestQueryOnTheWire(t *testing.T) {
	var got map[string]any
	c, _ := client(t, func(w http.ResponseWriter, r *http.Request) { got = body(r); says(200, "[]")(w, r) })
	must(prefect.Collect(c.FlowRuns(t.Context(), prefect.Query{
		Sort: prefect.SortIDDesc, FlowRuns: prefect.FlowRunFilter{State: prefect.StateFilter{Type: prefect.Match{Any: []string{"RUNNING"}}}, ParentTaskRunID: prefect.Match{IsNull: new(false)}},
	})))(t)
	var sent any
	check(t, json.Unmarshal([]byte(`{"sort":"ID_DESC","limit":200,"offset":0,"flow_runs":{"state":{"type":{"any_":["RUNNING"]}},"parent_task_run_id":{"is_null_":false}}}`), &sent))
	same(t, "query", any(got), sent)
}
