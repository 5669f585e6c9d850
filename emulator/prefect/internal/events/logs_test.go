package events_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/apitest"
)

func TestLogFilters(t *testing.T) {
	r := newRoom(t, "")
	one, two, task := uuid.NewString(), uuid.NewString(), uuid.NewString()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	lines := []map[string]any{
		{"name": "n\x00", "level": 20, "message": "a\x00 first", "timestamp": at, "flow_run_id": one},
		{"name": "n", "level": 40, "message": "c third", "timestamp": at.Add(2 * time.Second), "flow_run_id": one, "task_run_id": task},
		{"name": "n", "level": 30, "message": "b late", "timestamp": at.Add(time.Second), "flow_run_id": one},
		{"name": "other", "level": 10, "message": "d", "timestamp": at.Add(time.Second), "flow_run_id": two},
		{"name": "n", "level": 10, "message": "e", "timestamp": at.Add(3 * time.Second)},
	}
	if status, text := r.post(t, "/logs/", lines); status != http.StatusCreated || string(text) != "null" {
		t.Fatalf("got %d %s", status, text)
	}
	run := `{"flow_run_id":{"any_":["` + one + `"]}}`
	tests := map[string]struct{ body, want string }{
		"a run's, by time":    {`{"logs":` + run + `}`, "a first|b late|c third"},
		"newest first":        {`{"logs":` + run + `,"sort":"TIMESTAMP_DESC"}`, "c third|b late|a first"},
		"a page":              {`{"logs":` + run + `,"limit":1,"offset":1}`, "b late"},
		"none":                {`{"logs":{"flow_run_id":{"any_":[]}}}`, ""},
		"another run's":       {`{"logs":{"flow_run_id":{"any_":["` + uuid.NewString() + `"]}}}`, ""},
		"one run named twice": {`{"logs":{"flow_run_id":{"any_":["` + two + `","` + two + `"]}}}`, "d"},
		"by level":            {`{"logs":{"level":{"ge_":20,"le_":30}}}`, "a first|b late"},
		"after":               {`{"logs":{"timestamp":{"after_":"2026-01-01T00:00:02Z"}}}`, "c third|e"},
		"before":              {`{"logs":{"timestamp":{"before_":"2026-01-01T00:00:00Z"}}}`, "a first"},
		"a task run's":        {`{"logs":{"task_run_id":{"any_":["` + task + `"]}}}`, "c third"},
		"of no task run":      {`{"logs":{"task_run_id":{"is_null_":true},"flow_run_id":{"any_":["` + one + `"]}}}`, "a first|b late"},
		"of a task run":       {`{"logs":{"task_run_id":{"is_null_":false}}}`, "c third"},
		"text":                {`{"logs":{"text":{"query":"OTHER late"}}}`, "b late|d"},
		"either":              {`{"logs":{"operator":"or_","level":{"ge_":40},"flow_run_id":{"any_":["` + two + `"]}}}`, "d|c third"},
		"nulls":               {`{"logs":{"level":null,"timestamp":null,"flow_run_id":null,"task_run_id":null,"text":null},"limit":null}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, text := r.post(t, "/logs/filter", json.RawMessage(tt.body))
			var got []struct{ Message, Name string }
			if err := json.Unmarshal(text, &got); err != nil || status != http.StatusOK {
				t.Fatalf("got %d %s", status, text)
			}
			var messages []string
			for _, l := range got {
				messages = append(messages, l.Message)
				if strings.ContainsRune(l.Name, 0) {
					t.Errorf("the name %q has a zero byte", l.Name)
				}
			}
			if name == "nulls" {
				if len(got) != len(lines) {
					t.Errorf("got %d lines, want all", len(got))
				}
				return
			}
			if joined := strings.Join(messages, "|"); joined != tt.want {
				t.Errorf("got %q, want %q", joined, tt.want)
			}
		})
	}
}

func TestContractBadLogs(t *testing.T) { apitest.Both(t, newRoom(t, "").router, badLogs) }

func badLogs(t *testing.T, h http.Handler) {
	for name, tt := range map[string]struct{ path, body, want string }{
		"no list":         {"/logs/", `{}`, "Input should be an instance of Sequence"},
		"nothing in it":   {"/logs/", `[{}]`, "Field required"},
		"a worker's":      {"/logs/", `[{"name":"n","level":1,"message":"m","timestamp":"2026-01-01","worker_id":"x"}]`, "Extra inputs are not permitted"},
		"a filter's word": {"/logs/filter", `{"logs":{"x":1}}`, "Extra inputs are not permitted"},
		"sort":            {"/logs/filter", `{"sort":"x"}`, "Input should be 'TIMESTAMP_ASC' or 'TIMESTAMP_DESC'"},
		"limit":           {"/logs/filter", `{"limit":201}`, "Invalid limit"},
		"long search":     {"/logs/filter", `{"logs":{"text":{"query":"` + strings.Repeat("x", 201) + `"}}}`, "at most 200 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			if status, text := post(t, h, tt.path, json.RawMessage(tt.body)); status != http.StatusUnprocessableEntity || !strings.Contains(string(text), tt.want) {
				t.Errorf("got %d %s, want %s", status, text, tt.want)
			}
		})
	}
}

// A batch may be in any order, and be long: its lines are sorted once, not each by itself.
func TestLogsBackwards(t *testing.T) {
	r := newRoom(t, "")
	run, begin := uuid.NewString(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const n = 20_000
	var lines []map[string]any
	for i := range n {
		at := begin.Add(time.Duration(n-i/2) * time.Second) // two of each time
		lines = append(lines, map[string]any{"name": "n", "level": 20, "message": fmt.Sprint(i), "timestamp": at, "flow_run_id": run})
	}
	if status, text := r.post(t, "/logs/", lines[n/2:]); status != http.StatusCreated {
		t.Fatalf("got %d %s", status, text)
	}
	if status, text := r.post(t, "/logs/", lines[:n/2]); status != http.StatusCreated {
		t.Fatalf("got %d %s", status, text)
	}
	for offset, want := range map[int][]string{0: {"19998", "19999", "19996", "19997"}, n/2 - 2: {"10000", "10001", "9998", "9999"}, n - 2: {"0", "1"}} {
		var got []struct{ Message string }
		_, text := r.post(t, "/logs/filter", map[string]any{"offset": offset, "limit": 4, "logs": map[string]any{"flow_run_id": map[string]any{"any_": []string{run}}}})
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		var messages []string
		for _, l := range got {
			messages = append(messages, l.Message)
		}
		if diff := cmp.Diff(want, messages); diff != "" {
			t.Errorf("at %d (-want +got):\n%s", offset, diff)
		}
	}
}

// Lines without a flow run would stay for ever, so the oldest of them are forgotten; a run's own all stay.
func TestLooseLogsAreBounded(t *testing.T) {
	r := newRoom(t, "")
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	run := uuid.New()
	const each = 5_001
	for batch := range 5 {
		var lines []map[string]any
		for i := range each {
			line := map[string]any{"name": "n", "level": 20, "message": "m", "timestamp": at.Add(time.Duration(batch*each+i) * time.Second)}
			lines = append(lines, line)
			if i == 0 {
				lines = append(lines, map[string]any{"name": "n", "level": 20, "message": "m", "timestamp": at, "flow_run_id": run})
			}
		}
		if status, text := r.post(t, "/logs/", lines); status != http.StatusCreated {
			t.Fatalf("got %d %s", status, text)
		}
	}
	r.Lock()
	defer r.Unlock()
	loose := r.Logs[uuid.UUID{}]
	if len(loose) != 20_000 || !loose[len(loose)-1].Timestamp.Equal(at.Add((5*each-1)*time.Second)) {
		t.Errorf("got %d lines without a flow run, the newest of %v, want the newest 20,000", len(loose), loose[len(loose)-1].Timestamp)
	}
	if got := len(r.Logs[run]); got != 5 {
		t.Errorf("got %d lines of the run, want all 5", got)
	}
}
