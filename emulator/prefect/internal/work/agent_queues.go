package work

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

// registerAgentQueues adds the routes of agents, which know queues without pools: theirs are in a pool of their own.
func (w *handlers) registerAgentQueues(r *api.Router) {
	r.Handle("POST /work_queues/", w.createAgentQueue)
	r.Handle("POST /work_queues/filter", w.listAgentQueues)
	r.Handle("GET /work_queues/name/{name}", w.readAgentQueueByName)
	r.Handle("GET /work_queues/{id}", w.readAgentQueue)
	r.Handle("GET /work_queues/{id}/{what}", w.readAgentQueueStatus) // "status" alone would be at odds with a queue of that name
	r.Handle("PATCH /work_queues/{id}", w.updateAgentQueue)
	r.Handle("DELETE /work_queues/{id}", w.deleteAgentQueue)
	r.Handle("POST /work_queues/{id}/get_runs", w.pollAgentQueue)
}

// viewAgentQueue counts what is being cancelled too, as agents' limits do.
func (w *handlers) viewAgentQueue(q *db.WorkQueue) queueView {
	if f := filterOf(q); f != nil {
		return w.viewQueueWith(q, func(run *db.FlowRun) bool { return busy(run) && f.match(run) })
	}
	return w.viewQueueWith(q, func(run *db.FlowRun) bool {
		return (busy(run) || run.State.Type == db.Cancelling) && run.WorkQueueID != nil && *run.WorkQueueID == q.ID
	})
}

// filterOf is what an old queue selects runs by; nil for others.
func filterOf(q *db.WorkQueue) *queueFilter {
	if len(q.Filter) == 0 {
		return nil
	}
	f := &queueFilter{}
	_ = json.Unmarshal(q.Filter, f) // it was written by us
	return f
}

func (f *queueFilter) match(run *db.FlowRun) bool {
	if run.DeploymentID == nil || f.Deployments != nil && !slices.Contains(*f.Deployments, *run.DeploymentID) {
		return false
	}
	return f.Tags == nil || !slices.ContainsFunc(*f.Tags, func(tag string) bool { return !slices.Contains(run.Tags, tag) })
}

// agentQueue finds the queue that the address names; missing is how the server says that it is not there.
func (w *handlers) agentQueue(r *api.Request, missing func(uuid.UUID) *api.Error) (*db.WorkQueue, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	if q := w.db.WorkQueues.Get(id); q != nil {
		return q, nil
	}
	return nil, missing(id)
}

func noQueue(uuid.UUID) *api.Error { return api.NotFound("work queue") }

func (w *handlers) createAgentQueue(r *api.Request) (api.Reply, error) {
	var body newQueue
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	isNew := w.db.Pool(db.AgentPool) == nil
	p := EnsureAgentPool(w.db)
	known := w.db.Queue(p.ID, string(body.Name))
	switch {
	case known != nil && isNew: // the pool's default queue, made with it
		return api.Created(w.viewAgentQueue(known))
	case known != nil:
		return api.Reply{}, api.Problem(http.StatusConflict, "A work queue with this name already exists.")
	}
	return api.Created(w.viewAgentQueue(AddQueue(w.db, p, body.queue())))
}

func (w *handlers) listAgentQueues(r *api.Request) (api.Reply, error) {
	var body queuesWanted
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	var found []*db.WorkQueue
	for q := range w.db.WorkQueues.All() { // those of all pools
		if body.Queues.Match(q) {
			found = append(found, q)
		}
	}
	slices.SortStableFunc(found, func(a, b *db.WorkQueue) int { return cmp.Compare(a.Name, b.Name) })
	part, err := api.Cut(body.Page, found)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(api.Map(slices.Values(part), w.viewAgentQueue))
}

func (w *handlers) readAgentQueueByName(r *api.Request) (api.Reply, error) {
	name := r.Path("name")
	pool := w.db.Pool(db.AgentPool)
	q := w.db.WorkQueues.Find(func(q *db.WorkQueue) bool { return q.Name == name && (pool == nil || q.WorkPoolID == pool.ID) })
	if q == nil {
		return api.Reply{}, noQueue(uuid.Nil)
	}
	return api.OK(w.viewAgentQueue(q))
}

func (w *handlers) readAgentQueue(r *api.Request) (api.Reply, error) {
	q, err := w.agentQueue(r, noQueue)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(w.viewAgentQueue(q))
}

func (w *handlers) updateAgentQueue(r *api.Request) (api.Reply, error) {
	var body queueUpdate
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	q, err := w.agentQueue(r, func(id uuid.UUID) *api.Error { return api.NotFound("Work Queue " + id.String()) })
	if err != nil {
		return api.Reply{}, err
	}
	return w.changeQueue(q, body)
}

func (w *handlers) deleteAgentQueue(r *api.Request) (api.Reply, error) {
	q, err := w.agentQueue(r, noQueue)
	if err != nil {
		return api.Reply{}, err
	}
	return w.dropQueue(q)
}

// healthPolicy is when a queue is healthy: no run is late, and somebody polled it within the last minute.
type healthPolicy struct {
	MaximumLateRuns               int `json:"maximum_late_runs"`
	MaximumSecondsSinceLastPolled int `json:"maximum_seconds_since_last_polled"`
}

func (w *handlers) readAgentQueueStatus(r *api.Request) (api.Reply, error) {
	if r.Path("what") != "status" {
		return api.Reply{}, api.Problem(http.StatusNotFound, "Not Found")
	}
	q, err := w.agentQueue(r, func(id uuid.UUID) *api.Error { return noObject("Work queue with id " + id.String() + " not found") })
	if err != nil {
		return api.Reply{}, err
	}
	late := w.slots(func(run *db.FlowRun) bool {
		return run.State.Name == "Late" && run.WorkQueueID != nil && *run.WorkQueueID == q.ID
	})
	return api.OK(struct {
		Healthy       bool         `json:"healthy"`
		LateRunsCount int          `json:"late_runs_count"`
		LastPolled    api.Time     `json:"last_polled"`
		Policy        healthPolicy `json:"health_check_policy"`
	}{late == 0 && PolledRecently(q), late, q.LastPolled, healthPolicy{0, int(PollTimeout.Seconds())}})
}

// noObject is how the server says it where nothing of the route itself looks whether a thing is there.
func noObject(text string) *api.Error {
	return &api.Error{Status: http.StatusNotFound, Body: map[string]any{"exception_message": text}}
}

func (w *handlers) pollAgentQueue(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		Limit  *int     `json:"limit"`
		Before api.Time `json:"scheduled_before"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	limit, _, err := api.Page{Limit: body.Limit}.Range()
	if err != nil {
		return api.Reply{}, err
	}
	q, err := w.agentQueue(r, func(id uuid.UUID) *api.Error { return noObject("Work queue with id " + id.String() + " not found.") })
	if err != nil {
		return api.Reply{}, err
	}
	runs := w.agentRuns(q, body.Before)
	runs = runs[:min(limit, w.agentSlots(q, limit), len(runs))]
	reply := api.Map(slices.Values(runs), view.AgentFlowRun)
	// The header says that somebody only looks.
	if ui, _ := strconv.ParseBool(r.HTTP.Header.Get("X-Prefect-UI")); !ui {
		MarkPolled(w.db, []*db.WorkQueue{q})
	}
	return api.OK(reply)
}

// agentRuns are those that an agent may start now, by when they should: of whichever pool, if only they were made with
// a queue of this name. Pools do not matter here.
func (w *handlers) agentRuns(q *db.WorkQueue, before api.Time) []*db.FlowRun {
	if q.IsPaused {
		return nil
	}
	f := filterOf(q)
	var due []*db.FlowRun
	for run := range w.db.FlowRuns.All() {
		if run.State == nil || run.State.Type != db.Scheduled || !(span{before: before}).has(run) {
			continue
		}
		if f != nil && f.match(run) || f == nil && run.WorkQueueName != nil && *run.WorkQueueName == q.Name {
			due = append(due, run)
		}
	}
	slices.SortStableFunc(due, func(a, b *db.FlowRun) int {
		return cmp.Or(a.NextScheduledTime.Compare(b.NextScheduledTime.Time), slices.Compare(a.ID[:], b.ID[:]))
	})
	return due
}

// agentSlots is how many runs of a queue may still start; without a limit as many as are wanted.
func (w *handlers) agentSlots(q *db.WorkQueue, wanted int) int {
	if q.ConcurrencyLimit == nil {
		return wanted
	}
	f := filterOf(q)
	taken := w.slots(func(run *db.FlowRun) bool {
		if f != nil {
			return busy(run) && f.match(run)
		}
		return (busy(run) || run.State.Type == db.Cancelling) && run.WorkQueueName != nil && *run.WorkQueueName == q.Name
	})
	return max(0, *q.ConcurrencyLimit-taken)
}
