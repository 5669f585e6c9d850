package runs

import (
	"bytes"
	"cmp"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/filter"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/orchestration"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

func (x *handlers) registerFlowRunLists(r *api.Router) {
	registerList(r, x.flowRuns(), flowRunSort("ID_DESC"))
	r.Handle("POST /flow_runs/history", x.flowRunHistory)
	r.Handle("POST /flow_runs/bulk_delete", x.deleteFlowRuns)
	r.Handle("POST /flow_runs/bulk_set_state", x.setFlowRunStates)
}

// flowRunSort is the sort orders of flow runs.
type flowRunSort string

// Values lists them.
func (flowRunSort) Values() []string {
	return []string{"ID_DESC", "START_TIME_ASC", "START_TIME_DESC", "EXPECTED_START_TIME_ASC", "EXPECTED_START_TIME_DESC", "NAME_ASC", "NAME_DESC", "NEXT_SCHEDULED_START_TIME_ASC", "END_TIME_DESC"}
}

// runOrder compares runs; nil for ID_DESC. Without the moment a run comes first in ascending order.
func runOrder(by string) func(a, b *db.Run) int {
	switch by {
	case "START_TIME_ASC":
		return func(a, b *db.Run) int { return filter.Begun(a).Compare(filter.Begun(b).Time) }
	case "START_TIME_DESC":
		return func(a, b *db.Run) int { return filter.Begun(b).Compare(filter.Begun(a).Time) }
	case "EXPECTED_START_TIME_ASC":
		return func(a, b *db.Run) int { return a.ExpectedStartTime.Compare(b.ExpectedStartTime.Time) }
	case "EXPECTED_START_TIME_DESC":
		return func(a, b *db.Run) int { return b.ExpectedStartTime.Compare(a.ExpectedStartTime.Time) }
	case "NAME_ASC":
		return func(a, b *db.Run) int { return cmp.Compare(a.Name, b.Name) }
	case "NAME_DESC":
		return func(a, b *db.Run) int { return cmp.Compare(b.Name, a.Name) }
	case "NEXT_SCHEDULED_START_TIME_ASC":
		return func(a, b *db.Run) int { return a.NextScheduledTime.Compare(b.NextScheduledTime.Time) }
	case "END_TIME_DESC":
		return func(a, b *db.Run) int { return b.EndTime.Compare(a.EndTime.Time) }
	}
	return nil
}

func (x *handlers) flowRuns() listing[db.FlowRun] {
	return listing[db.FlowRun]{
		path:  "/flow_runs",
		table: &x.db.FlowRuns,
		match: func(q filter.Query) func(*db.FlowRun) bool { return q.MatchFlowRuns(x.db) },
		view:  func(run *db.FlowRun) any { return view.FlowRun(x.db, run) },
		order: func(by string) func(a, b *db.FlowRun) int {
			order := runOrder(by)
			if order == nil {
				return nil // ids grow, so the table has them in order
			}
			return func(a, b *db.FlowRun) int { return order(&a.Run, &b.Run) }
		},
	}
}

func (x *handlers) taskRuns() listing[db.TaskRun] {
	return listing[db.TaskRun]{
		path:  "/task_runs",
		table: &x.db.TaskRuns,
		match: func(q filter.Query) func(*db.TaskRun) bool { return q.MatchTaskRuns(x.db) },
		view:  view.TaskRun, pageView: view.TaskRunPage,
		order: func(by string) func(a, b *db.TaskRun) int {
			order := runOrder(by)
			if order == nil { // clients may choose their ids
				return func(a, b *db.TaskRun) int { return bytes.Compare(b.ID[:], a.ID[:]) }
			}
			return func(a, b *db.TaskRun) int { return order(&a.Run, &b.Run) }
		},
	}
}

func (x *handlers) deleteFlowRuns(r *api.Request) (api.Reply, error) {
	body := struct {
		bulk
		FlowRuns *filter.FlowRun `json:"flow_runs"`
	}{bulk: bulk{Limit: bulkLimit}}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	runs := x.flowRuns().first(filter.Query{FlowRuns: body.FlowRuns}, body.bulk, "ID_DESC")
	return forgetAll(runs, func(run *db.FlowRun) uuid.UUID { return run.ID }, func(run *db.FlowRun) { concurrency.DeleteFlowRun(x.db, run.ID) })
}

func (x *handlers) setFlowRunStates(r *api.Request) (api.Reply, error) {
	body := struct {
		bulk
		FlowRuns *filter.FlowRun           `json:"flow_runs"`
		State    orchestration.StateCreate `json:"state" req:"true"`
		Force    bool                      `json:"force"`
	}{bulk: bulk{Limit: bulkLimit}}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	type result struct {
		FlowRunID uuid.UUID `json:"flow_run_id"`
		orchestration.Result
	}
	results := []result{}
	for _, run := range x.flowRuns().first(filter.Query{FlowRuns: body.FlowRuns}, body.bulk, "ID_DESC") {
		results = append(results, result{run.ID, x.rules.Set(run, body.State.State(), body.Force)})
	}
	return api.OK(map[string]any{"results": results})
}
