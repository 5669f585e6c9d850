package work

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/filter"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/parameters"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

func (w *handlers) registerPools(r *api.Router) {
	r.Handle("POST /work_pools/", w.createPool)
	r.Handle("POST /work_pools/filter", w.listPools)
	r.Handle("POST /work_pools/count", w.countPools)
	r.Handle("GET /work_pools/{pool}", w.readPool)
	r.Handle("PATCH /work_pools/{pool}", w.updatePool)
	r.Handle("DELETE /work_pools/{pool}", w.deletePool)
}

// poolView is a pool on the wire.
type poolView struct {
	db.Base
	Name             string          `json:"name"`
	Description      *string         `json:"description"`
	Type             string          `json:"type"`
	BaseJobTemplate  json.RawMessage `json:"base_job_template"`
	IsPaused         bool            `json:"is_paused"`
	ConcurrencyLimit *int            `json:"concurrency_limit"`
	Status           *string         `json:"status"`
	DefaultQueueID   uuid.UUID       `json:"default_queue_id"`
	Storage          json.RawMessage `json:"storage_configuration"`
	ActiveSlots      *int            `json:"active_slots"`
}

func (w *handlers) viewPool(p *db.WorkPool) poolView {
	view := poolView{Base: p.Base, Name: p.Name, Description: p.Description, Type: p.Type, BaseJobTemplate: p.BaseJobTemplate, IsPaused: p.IsPaused,
		ConcurrencyLimit: p.ConcurrencyLimit, Status: p.Status(), DefaultQueueID: p.DefaultQueueID, Storage: p.Storage}
	if len(view.Storage) == 0 {
		view.Storage = api.Raw(storage{})
	}
	if p.ConcurrencyLimit != nil {
		view.ActiveSlots = new(w.poolSlots(p.ID))
	}
	return view
}

// poolSlots counts the runs that hold the pool's slots.
func (w *handlers) poolSlots(pool uuid.UUID) int {
	mine := map[uuid.UUID]bool{}
	for _, q := range w.db.Queues(pool) {
		mine[q.ID] = true
	}
	return w.slots(func(run *db.FlowRun) bool { return busy(run) && run.WorkQueueID != nil && mine[*run.WorkQueueID] })
}

// storage is where a pool's flows and results are kept.
type storage struct {
	UploadStep    map[string]json.RawMessage `json:"bundle_upload_step"`
	ExecutionStep map[string]json.RawMessage `json:"bundle_execution_step"`
	ResultBlockID *uuid.UUID                 `json:"default_result_storage_block_id"`
}

// baseTemplate is a base job template in a request.
type baseTemplate struct{ api.Object }

// Check is the server's own.
func (t baseTemplate) Check() string {
	if err := parameters.ValidateTemplate(t.JSON()); err != nil {
		return err.Error()
	}
	return ""
}

func (w *handlers) createPool(r *api.Request) (api.Reply, error) {
	body := struct {
		Name             api.PoolName `json:"name" req:"true"`
		Description      *string      `json:"description"`
		Type             string       `json:"type"`
		BaseJobTemplate  baseTemplate `json:"base_job_template"`
		IsPaused         bool         `json:"is_paused"`
		ConcurrencyLimit *int         `json:"concurrency_limit" min:"0"`
		Storage          storage      `json:"storage_configuration"`
	}{Type: db.AgentType}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	name, raw := string(body.Name), body.BaseJobTemplate.JSON()
	if reserved(name) {
		return api.Reply{}, api.Problem(http.StatusForbidden, "Work pools starting with 'Prefect' are reserved for internal use.")
	}
	// Only here: an update takes defaults that do not fit.
	defaults := parameters.JobVariables{Template: raw, Defaults: true, Block: w.db.BlockDocumentData, What: "Validation failed for work pool's job variable defaults: "}
	if err := defaults.Validate(); err != nil {
		return api.Reply{}, err
	}
	if w.db.Pool(name) != nil {
		return api.Reply{}, api.Problem(http.StatusConflict, "A work pool with this name already exists.")
	}
	p := AddPool(w.db, db.WorkPool{Name: name, Description: body.Description, Type: body.Type, BaseJobTemplate: raw, IsPaused: body.IsPaused,
		ConcurrencyLimit: body.ConcurrencyLimit, Storage: api.Raw(body.Storage)})
	view.EmitPoolStatus(w.db, p)
	return api.Created(w.viewPool(p))
}

func (w *handlers) readPool(r *api.Request) (api.Reply, error) {
	p, err := w.pool(r)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(w.viewPool(p))
}

// poolUpdate is the body of an update.
type poolUpdate struct {
	Description      api.Optional[*string]      `json:"description"`
	IsPaused         api.Optional[*bool]        `json:"is_paused"`
	BaseJobTemplate  api.Optional[baseTemplate] `json:"base_job_template"`
	ConcurrencyLimit api.Optional[*int]         `json:"concurrency_limit" min:"0"`
	Storage          api.Optional[*storage]     `json:"storage_configuration"`
}

func (w *handlers) updatePool(r *api.Request) (api.Reply, error) {
	var body poolUpdate
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	if reserved(r.Path("pool")) && (body.Description.Given || body.BaseJobTemplate.Given || body.Storage.Given) {
		return api.Reply{}, api.Problem(http.StatusForbidden, "Work pools starting with 'Prefect' are reserved for internal use and can only be updated to set concurrency limits or pause.")
	}
	p, err := w.pool(r)
	if err != nil {
		return api.Reply{}, err
	}
	if body.IsPaused.Given && body.IsPaused.Value == nil || body.Storage.Given && body.Storage.Value == nil {
		return api.Reply{}, api.IntegrityConflict()
	}
	updates := w.changePool(p, body)
	if len(updates) > 0 {
		view.EmitPoolUpdate(w.db, p, updates)
	}
	if body.IsPaused.Given {
		p.IsPaused = *body.IsPaused.Value
		p.Ready = HasOnlineWorker(w.db, p.ID)
		view.EmitPoolStatus(w.db, p)
	}
	p.Touch()
	return api.NoContent()
}

// changePool writes what an update names, but for the pause, and gives what is other than before.
func (w *handlers) changePool(p *db.WorkPool, body poolUpdate) changes {
	updates := changes{}
	before := *p
	body.Description.Apply(&p.Description)
	body.ConcurrencyLimit.Apply(&p.ConcurrencyLimit)
	if body.BaseJobTemplate.Given {
		p.BaseJobTemplate = body.BaseJobTemplate.Value.JSON()
	}
	if body.Storage.Given {
		p.Storage = api.Raw(body.Storage.Value)
	}
	updates.note("description", before.Description, p.Description)
	updates.note("concurrency_limit", before.ConcurrencyLimit, p.ConcurrencyLimit)
	updates.note("base_job_template", before.BaseJobTemplate, p.BaseJobTemplate)
	updates.note("storage_configuration", before.Storage, p.Storage)
	return updates
}

func (w *handlers) deletePool(r *api.Request) (api.Reply, error) {
	if reserved(r.Path("pool")) {
		return api.Reply{}, api.Problem(http.StatusForbidden, "Work pools starting with 'Prefect' are reserved for internal use and can not be deleted.")
	}
	p, err := w.pool(r)
	if err != nil {
		return api.Reply{}, err
	}
	for _, q := range w.db.Queues(p.ID) {
		DeleteQueue(w.db, q)
	}
	for worker := range w.db.Workers.All() {
		if worker.WorkPoolID == p.ID {
			w.db.Workers.Delete(worker.ID)
		}
	}
	view.EmitPool(w.db, p, "deleted")
	w.db.WorkPools.Delete(p.ID)
	return api.NoContent()
}

// poolsWanted is the body of lists of pools.
type poolsWanted struct {
	api.Loose
	api.Page
	Pools *filter.WorkPool `json:"work_pools"`
}

func (w *handlers) findPools(r *api.Request) (api.Page, []*db.WorkPool, error) {
	var body poolsWanted
	if err := r.Decode(&body); err != nil {
		return api.Page{}, nil, err
	}
	var found []*db.WorkPool
	for p := range w.db.WorkPools.All() {
		if body.Pools.Match(p) {
			found = append(found, p)
		}
	}
	slices.SortStableFunc(found, func(a, b *db.WorkPool) int { return cmp.Compare(a.Name, b.Name) })
	return body.Page, found, nil
}

func (w *handlers) listPools(r *api.Request) (api.Reply, error) {
	page, found, err := w.findPools(r)
	if err != nil {
		return api.Reply{}, err
	}
	part, err := api.Cut(page, found)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(api.Map(slices.Values(part), w.viewPool))
}

func (w *handlers) countPools(r *api.Request) (api.Reply, error) {
	_, found, err := w.findPools(r)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(len(found))
}
