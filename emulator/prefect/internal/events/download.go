package events

import (
	"encoding/csv"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// downloadLogs gives a flow run's log as a table of comma-separated values, in Python's forms.
func (s *store) downloadLogs(r *api.Request) (api.Reply, error) {
	id, err := r.ID("id")
	if err != nil {
		return api.Reply{}, err
	}
	run := s.db.FlowRuns.Get(id)
	if run == nil {
		return api.Reply{}, api.NotFound("Flow run")
	}
	var table strings.Builder
	w := csv.NewWriter(&table)
	w.UseCRLF = true
	rows := [][]string{{"timestamp", "level", "flow_run_id", "task_run_id", "message"}}
	for _, l := range s.db.Logs[id] {
		rows = append(rows, []string{pythonTime(l.Timestamp), strconv.Itoa(l.Level), id.String(), idText(l.TaskRunID), l.Message})
	}
	if err := w.WriteAll(rows); err != nil {
		return api.Reply{}, err
	}
	reply, err := api.Text("text/csv; charset=utf-8", table.String())
	// As in Python's quote: a blank is %20.
	name := strings.ReplaceAll(url.QueryEscape(run.Name+"-logs.csv"), "+", "%20")
	reply.Header["Content-Disposition"] = `attachment; filename="flow-run-logs.csv"; filename*=UTF-8''` + name
	return reply, err
}

// pythonTime is how str() shows a moment in UTC: without a fraction for a whole second.
func pythonTime(t api.Time) string {
	if t.Nanosecond() == 0 {
		return t.UTC().Format("2006-01-02 15:04:05+00:00")
	}
	return t.UTC().Format("2006-01-02 15:04:05.000000+00:00")
}

func idText(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}
