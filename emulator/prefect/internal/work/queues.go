package work

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/filter"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

func (w *handlers) registerQueues(r *api.Router) {
	r.Handle("POST /work_pools/{pool}/queues", w.createQueue)
	r.Handle("POST /work_pools/{pool}/queues/filter", w.listQueues)
	r.Handle("GET /work_pools/{pool}/queues/{queue}", w.readQueue)
	r.Handle("PATCH /work_pools/{pool}/queues/{queue}", w.updateQueue)
	r.Handle("DELETE /work_pools/{pool}/queues/{queue}", w.deleteQueue)
}

// queueView is a queue on the wire.
type queueView struct {
	db.Base
	Name             string          `json:"name"`
	Description      string          `json:"description"`
	IsPaused         bool            `json:"is_paused"`
	ConcurrencyLimit *int            `json:"concurrency_limit"`
	Priority         int             `json:"priority"`
	WorkPoolID       uuid.UUID       `json:"work_pool_id"`
	Filter           json.RawMessage `json:"filter"`
	LastPolled       api.Time        `json:"last_polled"`
	WorkPoolName     string          `json:"work_pool_name"`
	Status           string          `json:"status"`
	ActiveSlots      *int            `json:"active_slots"`
}

// viewQueue shows a queue of a pool that workers poll.
func (w *handlers) viewQueue(q *db.WorkQueue) queueView {
	return w.viewQueueWith(q, func(run *db.FlowRun) bool { return busy(run) && run.WorkQueueID != nil && *run.WorkQueueID == q.ID })
}

func (w *handlers) viewQueueWith(q *db.WorkQueue, holds func(*db.FlowRun) bool) queueView {
	view := queueView{Base: q.Base, Name: q.Name, Description: q.Description, IsPaused: q.IsPaused, ConcurrencyLimit: q.ConcurrencyLimit, Priority: q.Priority,
		WorkPoolID: q.WorkPoolID, Filter: q.Filter, LastPolled: q.LastPolled, WorkPoolName: w.db.WorkPools.Get(q.WorkPoolID).Name, Status: q.Status()}
	if q.ConcurrencyLimit != nil {
		view.ActiveSlots = new(w.slots(holds))
	}
	return view
}

// queueFilter is by which old queues select runs.
type queueFilter struct {
	Tags        *[]string    `json:"tags"`
	Deployments *[]uuid.UUID `json:"deployment_ids"`
}

// newQueue is the body of a creation.
type newQueue struct {
	Name             api.Name     `json:"name" req:"true"`
	Description      *string      `json:"description"`
	IsPaused         bool         `json:"is_paused"`
	ConcurrencyLimit *int         `json:"concurrency_limit" min:"0"`
	Priority         *int         `json:"priority" above:"0"`
	Filter           *queueFilter `json:"filter"`
}

// queue is the record of it.
func (n newQueue) queue() db.WorkQueue {
	q := db.WorkQueue{Name: string(n.Name), IsPaused: n.IsPaused, ConcurrencyLimit: n.ConcurrencyLimit}
	if n.Description != nil {
		q.Description = *n.Description
	}
	if n.Priority != nil {
		q.Priority = *n.Priority
	}
	if n.Filter != nil {
		q.Filter = api.Raw(n.Filter)
	}
	return q
}

func (w *handlers) createQueue(r *api.Request) (api.Reply, error) {
	var body newQueue
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	p, err := w.pool(r)
	if err != nil {
		return api.Reply{}, err
	}
	if w.db.Queue(p.ID, string(body.Name)) != nil {
		// The braces are the server's.
		return api.Reply{}, api.Problem(http.StatusConflict, "A work queue with this name already exists in work pool {work_pool_name!r}.")
	}
	return api.Created(w.viewQueue(AddQueue(w.db, p, body.queue())))
}

func (w *handlers) readQueue(r *api.Request) (api.Reply, error) {
	q, err := w.queue(r)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(w.viewQueue(q))
}

// queuesWanted is the body of lists of queues.
type queuesWanted struct {
	api.Loose
	api.Page
	Queues *filter.WorkQueue `json:"work_queues"`
}

func (w *handlers) listQueues(r *api.Request) (api.Reply, error) {
	var body queuesWanted
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	p, err := w.pool(r)
	if err != nil {
		return api.Reply{}, err
	}
	part, err := api.Cut(body.Page, slices.DeleteFunc(w.db.Queues(p.ID), func(q *db.WorkQueue) bool { return !body.Queues.Match(q) }))
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(api.Map(slices.Values(part), w.viewQueue))
}

// queueUpdate is the body of an update. What may be null here may not be null in the server's database, but for the
// limit and the filter.
type queueUpdate struct {
	Name             api.Optional[*string]      `json:"name"`
	Description      api.Optional[*string]      `json:"description"`
	IsPaused         api.Optional[bool]         `json:"is_paused"`
	ConcurrencyLimit api.Optional[*int]         `json:"concurrency_limit" min:"0"`
	Priority         api.Optional[*int]         `json:"priority" above:"0"`
	LastPolled       api.Optional[api.Time]     `json:"last_polled"`
	Filter           api.Optional[*queueFilter] `json:"filter"`
}

func (w *handlers) updateQueue(r *api.Request) (api.Reply, error) {
	var body queueUpdate
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	if _, err := w.pool(r); err != nil {
		return api.Reply{}, err
	}
	q, err := w.queue(r)
	if err != nil {
		return api.Reply{}, err
	}
	return w.changeQueue(q, body)
}

// changeQueue writes what an update names.
func (w *handlers) changeQueue(q *db.WorkQueue, body queueUpdate) (api.Reply, error) {
	if body.Name.Given && body.Name.Value == nil || body.Description.Given && body.Description.Value == nil || body.Priority.Given && body.Priority.Value == nil {
		return api.Reply{}, api.IntegrityConflict()
	}
	if body.Name.Given {
		if other := w.db.Queue(q.WorkPoolID, *body.Name.Value); other != nil && other != q {
			return api.Reply{}, api.IntegrityConflict()
		}
	}
	before := *q
	if body.Name.Given {
		q.Name = *body.Name.Value
	}
	if body.Description.Given {
		q.Description = *body.Description.Value
	}
	if body.Priority.Given {
		Prioritize(w.db, q, *body.Priority.Value)
	}
	if body.Filter.Given {
		q.Filter = nil
		if body.Filter.Value != nil {
			q.Filter = api.Raw(body.Filter.Value)
		}
	}
	body.ConcurrencyLimit.Apply(&q.ConcurrencyLimit)
	body.LastPolled.Apply(&q.LastPolled)
	q.Touch()
	updates := changes{}
	updates.note("name", before.Name, q.Name)
	updates.note("description", before.Description, q.Description)
	updates.note("concurrency_limit", before.ConcurrencyLimit, q.ConcurrencyLimit)
	updates.note("priority", before.Priority, q.Priority)
	if len(updates) > 0 {
		view.EmitQueueUpdate(w.db, q, updates)
	}
	if body.IsPaused.Given && body.IsPaused.Value != q.IsPaused {
		q.IsPaused = body.IsPaused.Value
		q.Ready = PolledRecently(q)
		view.EmitQueueStatus(w.db, q)
	}
	return api.NoContent()
}

func (w *handlers) deleteQueue(r *api.Request) (api.Reply, error) {
	if _, err := w.pool(r); err != nil {
		return api.Reply{}, err
	}
	q, err := w.queue(r)
	if err != nil {
		return api.Reply{}, err
	}
	return w.dropQueue(q)
}

// errDefaultQueue is for a pool's default queue, which cannot be deleted; the server fails there.
var errDefaultQueue = errors.New("deleting a work queue: it is its pool's default queue, which stays")

func (w *handlers) dropQueue(q *db.WorkQueue) (api.Reply, error) {
	if w.db.WorkPools.Get(q.WorkPoolID).DefaultQueueID == q.ID {
		return api.Reply{}, errDefaultQueue
	}
	DeleteQueue(w.db, q)
	return api.NoContent()
}
