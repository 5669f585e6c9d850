package work

import (
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

func (w *handlers) registerConcurrency(r *api.Router) {
	r.Handle("POST /work_pools/{pool}/concurrency_status", w.poolConcurrency)
	r.Handle("POST /work_queues/{id}/concurrency_status", w.queueConcurrency)
}

// slotHolder is a run that holds a slot, as the status shows it.
type slotHolder struct {
	ID             uuid.UUID     `json:"id"`
	Name           string        `json:"name"`
	StateType      *db.StateType `json:"state_type"`
	StateName      *string       `json:"state_name"`
	StartTime      api.Time      `json:"start_time"`
	StateTimestamp api.Time      `json:"state_timestamp"`
	// SecondsInState is null for a run without a state.
	SecondsInState *float64 `json:"time_in_current_state"`
}

func viewHolder(run *db.FlowRun) slotHolder {
	holder := slotHolder{ID: run.ID, Name: run.Name, StartTime: run.StartTime}
	if s := run.State; s != nil {
		seconds := time.Since(s.Timestamp.Time).Seconds()
		holder.StateType, holder.StateName, holder.StateTimestamp, holder.SecondsInState = &s.Type, &s.Name, s.Timestamp, &seconds
	}
	return holder
}

// statusPage is the part of a status that a request asks for.
type statusPage struct {
	api.Loose
	Page  int  `json:"page" min:"1"`
	Limit *int `json:"limit"`
}

// pages is what says how much of the whole a reply is.
type pages struct {
	Count int `json:"count"`
	Limit int `json:"limit"`
	Pages int `json:"pages"`
	Page  int `json:"page"`
}

// cut gives the page's part of a list.
func cut[T any](p statusPage, all []T) ([]T, pages, error) {
	limit, _, err := api.Page{Limit: p.Limit}.Range()
	if err != nil {
		return nil, pages{}, err
	}
	about := pages{Count: len(all), Limit: limit, Page: p.Page}
	if limit > 0 {
		about.Pages = (about.Count + limit - 1) / limit
	}
	part, err := api.Cut(api.Page{Limit: &limit, Offset: (p.Page - 1) * limit}, all)
	return part, about, err
}

func (w *handlers) poolConcurrency(r *api.Request) (api.Reply, error) {
	body := struct {
		statusPage
		FlowRunLimit int `json:"flow_run_limit" min:"0" max:"200"`
	}{statusPage: statusPage{Page: 1}, FlowRunLimit: 10}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	pool := w.db.Pool(r.Path("pool"))
	if pool == nil {
		return api.Reply{}, api.Problem(http.StatusNotFound, "Work pool '"+r.Path("pool")+"' not found.")
	}
	queues, about, err := cut(body.statusPage, w.db.Queues(pool.ID))
	if err != nil {
		return api.Reply{}, err
	}
	holders := map[uuid.UUID][]slotHolder{}
	total := 0
	for run := range w.db.FlowRuns.All() {
		if q := w.db.WorkQueues.Pointed(run.WorkQueueID); q != nil && q.WorkPoolID == pool.ID && run.State != nil && busy(run) {
			holders[q.ID] = append(holders[q.ID], viewHolder(run))
			total++
		}
	}
	type queueStatus struct {
		ID               uuid.UUID    `json:"queue_id"`
		Name             string       `json:"queue_name"`
		ActiveSlots      int          `json:"active_slots"`
		ConcurrencyLimit *int         `json:"concurrency_limit"`
		FlowRuns         []slotHolder `json:"flow_runs"`
		FlowRunCount     int          `json:"flow_run_count"`
	}
	return api.OK(struct {
		ActiveSlots      int           `json:"active_slots"`
		ConcurrencyLimit *int          `json:"concurrency_limit"`
		Queues           []queueStatus `json:"queues"`
		pages
	}{total, pool.ConcurrencyLimit, api.Map(slices.Values(queues), func(q *db.WorkQueue) queueStatus {
		all := holders[q.ID]
		shown := append([]slotHolder{}, all[:min(len(all), body.FlowRunLimit)]...)
		return queueStatus{q.ID, q.Name, len(all), q.ConcurrencyLimit, shown, len(all)}
	}), about})
}

func (w *handlers) queueConcurrency(r *api.Request) (api.Reply, error) {
	body := statusPage{Page: 1}
	id, err := r.ID("id")
	if err != nil {
		return api.Reply{}, err
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	queue := w.db.WorkQueues.Get(id)
	if queue == nil {
		return api.Reply{}, api.Problem(http.StatusNotFound, "Work queue not found.")
	}
	var holders []slotHolder
	for run := range w.db.FlowRuns.All() {
		named := run.WorkQueueID == nil && run.WorkQueueName != nil && *run.WorkQueueName == queue.Name
		if (named || run.WorkQueueID != nil && *run.WorkQueueID == queue.ID) && run.State != nil && (busy(run) || run.State.Type == db.Cancelling) {
			holders = append(holders, viewHolder(run))
		}
	}
	shown, about, err := cut(body, holders)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(struct {
		ActiveSlots      int          `json:"active_slots"`
		ConcurrencyLimit *int         `json:"concurrency_limit"`
		FlowRuns         []slotHolder `json:"flow_runs"`
		pages
	}{len(holders), queue.ConcurrencyLimit, shown, about})
}
