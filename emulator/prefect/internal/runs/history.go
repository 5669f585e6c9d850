package runs

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/filter"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

// maxIntervals is the most intervals of a history: the server gives no more, however long it is asked for.
const maxIntervals = 500

// stateHistory is how many runs of an interval are in a state.
type stateHistory struct {
	Type            *db.StateType `json:"state_type"`
	Name            *string       `json:"state_name"`
	Runs            int           `json:"count_runs"`
	RunTimeSeconds  float64       `json:"sum_estimated_run_time"`
	LatenessSeconds float64       `json:"sum_estimated_lateness"`
}

type intervalHistory struct {
	Start  api.Time        `json:"interval_start"`
	End    api.Time        `json:"interval_end"`
	States []*stateHistory `json:"states"`
}

// add counts a run in the interval.
func (h *intervalHistory) add(run *db.FlowRun) {
	if run.State == nil {
		return
	}
	at := slices.IndexFunc(h.States, func(s *stateHistory) bool { return *s.Type == run.State.Type && *s.Name == run.State.Name })
	if at < 0 {
		at = len(h.States)
		h.States = append(h.States, &stateHistory{Type: &run.State.Type, Name: &run.State.Name})
	}
	s := h.States[at]
	s.Runs++
	runTime, lateness := view.Estimates(&run.Run)
	s.RunTimeSeconds += max(0, runTime)
	s.LatenessSeconds += max(0, lateness)
}

func (x *handlers) flowRunHistory(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		filter.Query
		WorkQueues *filter.WorkQueue `json:"work_queues"`
		Start      api.Time          `json:"history_start" req:"true"`
		End        api.Time          `json:"history_end" req:"true"`
		Seconds    float64           `json:"history_interval_seconds" req:"true"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	if body.WorkQueues != nil {
		body.WorkPoolQueues = body.WorkQueues
	}
	if body.Seconds < 1 {
		return api.Reply{}, api.Problem(http.StatusUnprocessableEntity, "History interval must not be less than 1 second.")
	}
	each := time.Duration(body.Seconds * float64(time.Second))
	elapsed := body.End.Sub(body.Start.Time)
	n := int(min(max(0, (elapsed+each-1)/each), maxIntervals))
	history := make([]intervalHistory, n)
	for i := range history {
		history[i] = intervalHistory{
			Start: api.At(body.Start.Add(time.Duration(i) * each)), End: api.At(body.Start.Add(time.Duration(i+1) * each)), States: []*stateHistory{},
		}
	}
	match := body.MatchFlowRuns(x.db)
	for run := range x.db.FlowRuns.All() {
		expected := run.ExpectedStartTime
		if expected.IsZero() || expected.Before(body.Start.Time) {
			continue
		}
		if i := int(expected.Sub(body.Start.Time) / each); i < n && match(run) {
			history[i].add(run)
		}
	}
	for i := range history {
		slices.SortFunc(history[i].States, func(a, b *stateHistory) int {
			return cmp.Or(cmp.Compare(*a.Type, *b.Type), cmp.Compare(*a.Name, *b.Name))
		})
	}
	return api.OK(history)
}
