package work

import (
	"net/http"
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

func (w *handlers) registerWorkers(r *api.Router) {
	r.Handle("POST /work_pools/{pool}/workers/heartbeat", w.heartbeat)
	r.Handle("POST /work_pools/{pool}/workers/filter", w.listWorkers)
	r.Handle("DELETE /work_pools/{pool}/workers/{worker}", w.deleteWorker)
}

// workerView is a worker on the wire.
type workerView struct {
	db.Base
	Name          string    `json:"name"`
	WorkPoolID    uuid.UUID `json:"work_pool_id"`
	LastHeartbeat api.Time  `json:"last_heartbeat_time"`
	Interval      *int      `json:"heartbeat_interval_seconds"`
	Status        status    `json:"status"`
}

// status is a worker's.
type status string

// Values are the two that there are.
func (status) Values() []string { return []string{"ONLINE", "OFFLINE"} }

func statusOf(worker *db.Worker) status {
	if Online(worker) {
		return "ONLINE"
	}
	return "OFFLINE"
}

func viewWorker(worker *db.Worker) workerView {
	return workerView{Base: worker.Base, Name: worker.Name, WorkPoolID: worker.WorkPoolID, LastHeartbeat: worker.LastHeartbeat, Interval: worker.Interval, Status: statusOf(worker)}
}

func (w *handlers) worker(pool uuid.UUID, name string) *db.Worker {
	return w.db.Workers.Find(func(worker *db.Worker) bool { return worker.WorkPoolID == pool && worker.Name == name })
}

// heartbeat notes that a worker is there, which makes its pool ready. The first one of a name makes the worker.
func (w *handlers) heartbeat(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		Name     string `json:"name" req:"true"`
		Interval *int   `json:"heartbeat_interval_seconds"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	p, err := w.pool(r)
	if err != nil {
		return api.Reply{}, err
	}
	worker := w.worker(p.ID, body.Name)
	if worker == nil {
		worker = &db.Worker{Base: db.NewBase(), Name: body.Name, WorkPoolID: p.ID}
		w.db.Workers.Put(worker.ID, worker)
	}
	worker.LastHeartbeat = api.Now()
	if body.Interval != nil {
		worker.Interval = body.Interval
	}
	w.db.Wake(OfflineAt(worker))
	if !p.IsPaused && !p.Ready {
		p.Ready = true
		p.Touch()
		view.EmitPoolStatus(w.db, p)
	}
	return api.NoContent()
}

// workerFilter selects workers.
type workerFilter struct {
	Operator      api.Operator `json:"operator"`
	LastHeartbeat *struct {
		Before *api.Time `json:"before_"`
		After  *api.Time `json:"after_"`
	} `json:"last_heartbeat_time"`
	Status *struct {
		Any    *[]status `json:"any_"`
		NotAny *[]status `json:"not_any_"`
	} `json:"status"`
}

func (f *workerFilter) match(worker *db.Worker) bool {
	if f == nil {
		return true
	}
	var each []bool
	if t := f.LastHeartbeat; t != nil {
		each = append(each, (t.Before == nil || !worker.LastHeartbeat.After(t.Before.Time)) && (t.After == nil || !worker.LastHeartbeat.Before(t.After.Time)))
	}
	if s := f.Status; s != nil {
		each = append(each, (s.Any == nil || slices.Contains(*s.Any, statusOf(worker))) && (s.NotAny == nil || !slices.Contains(*s.NotAny, statusOf(worker))))
	}
	return f.Operator.Join(each)
}

func (w *handlers) listWorkers(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		api.Page
		Workers *workerFilter `json:"workers"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	p, err := w.pool(r)
	if err != nil {
		return api.Reply{}, err
	}
	var found []*db.Worker
	for worker := range w.db.Workers.All() {
		if worker.WorkPoolID == p.ID && body.Workers.match(worker) {
			found = append(found, worker)
		}
	}
	slices.SortStableFunc(found, func(a, b *db.Worker) int { return b.LastHeartbeat.Compare(a.LastHeartbeat.Time) })
	part, err := api.Cut(body.Page, found)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(api.Map(slices.Values(part), viewWorker))
}

func (w *handlers) deleteWorker(r *api.Request) (api.Reply, error) {
	p, err := w.pool(r)
	if err != nil {
		return api.Reply{}, err
	}
	worker := w.worker(p.ID, r.Path("worker"))
	if worker == nil {
		return api.Reply{}, api.Problem(http.StatusNotFound, "Worker not found.")
	}
	w.db.Workers.Delete(worker.ID)
	return api.NoContent()
}
