package runs

import (
	"cmp"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/filter"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

func (x *handlers) registerFlows(r *api.Router) {
	r.Handle("POST /flows/", x.createFlow)
	r.Handle("GET /flows/{id}", x.readFlow)
	r.Handle("GET /flows/name/{name}", x.readFlowByName)
	r.Handle("PATCH /flows/{id}", x.updateFlow)
	r.Handle("DELETE /flows/{id}", x.deleteFlow)
	r.Handle("POST /flows/bulk_delete", x.deleteFlows)
	registerList(r, x.flows(), thingSort("NAME_ASC"))
}

// thingSort is the sort orders of flows and deployments.
type thingSort string

// Values lists them.
func (thingSort) Values() []string {
	return []string{"CREATED_DESC", "UPDATED_DESC", "NAME_ASC", "NAME_DESC"}
}

// things orders records with a name.
func things[T any](base func(*T) *db.Base, name func(*T) string) func(string) func(a, b *T) int {
	return func(by string) func(a, b *T) int {
		switch thingSort(by) {
		case "CREATED_DESC":
			return func(a, b *T) int { return base(b).Created.Compare(base(a).Created.Time) }
		case "UPDATED_DESC":
			return func(a, b *T) int { return base(b).Updated.Compare(base(a).Updated.Time) }
		case "NAME_DESC":
			return func(a, b *T) int { return cmp.Compare(name(b), name(a)) }
		}
		return func(a, b *T) int { return cmp.Compare(name(a), name(b)) }
	}
}

func (x *handlers) flows() listing[db.Flow] {
	return listing[db.Flow]{
		path:  "/flows",
		table: &x.db.Flows,
		match: func(q filter.Query) func(*db.Flow) bool { return q.MatchFlows(x.db) },
		view:  func(f *db.Flow) any { return f },
		order: things(func(f *db.Flow) *db.Base { return &f.Base }, func(f *db.Flow) string { return f.Name }),
	}
}

func (x *handlers) flowByName(name string) *db.Flow {
	return x.db.Flows.Find(func(f *db.Flow) bool { return f.Name == name })
}

func (x *handlers) createFlow(r *api.Request) (api.Reply, error) {
	var body struct {
		Name   api.Name `json:"name" req:"true"`
		Tags   []string `json:"tags"`
		Labels *labels  `json:"labels"`
	}
	body.Tags, body.Labels = []string{}, &labels{}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	if known := x.flowByName(string(body.Name)); known != nil {
		return api.OK(known)
	}
	flow := &db.Flow{Base: db.NewBase(), Name: string(body.Name), Tags: body.Tags, Labels: body.Labels.given()}
	x.db.Flows.Put(flow.ID, flow)
	view.EmitFlow(x.db, flow, "created")
	return api.Created(flow)
}

func (x *handlers) readFlow(r *api.Request) (api.Reply, error) {
	flow, err := find(r, &x.db.Flows, "Flow")
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(flow)
}

func (x *handlers) readFlowByName(r *api.Request) (api.Reply, error) {
	flow := x.flowByName(r.Path("name"))
	if flow == nil {
		return api.Reply{}, api.NotFound("Flow")
	}
	return api.OK(flow)
}

func (x *handlers) updateFlow(r *api.Request) (api.Reply, error) {
	var body struct {
		Tags api.Optional[[]string] `json:"tags"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	flow, err := find(r, &x.db.Flows, "Flow")
	if err != nil {
		return api.Reply{}, err
	}
	body.Tags.Apply(&flow.Tags)
	flow.Touch()
	view.EmitFlow(x.db, flow, "updated")
	return api.NoContent()
}

func (x *handlers) deleteFlow(r *api.Request) (api.Reply, error) {
	flow, err := find(r, &x.db.Flows, "Flow")
	if err != nil {
		return api.Reply{}, err
	}
	x.forgetFlow(flow)
	return api.NoContent()
}

// forgetFlow takes the flow's deployments and runs with it.
func (x *handlers) forgetFlow(flow *db.Flow) {
	for d := range x.db.Deployments.All() {
		if d.FlowID == flow.ID {
			x.forgetDeployment(d)
		}
	}
	for run := range x.db.FlowRuns.All() {
		if run.FlowID == flow.ID {
			concurrency.DeleteFlowRun(x.db, run.ID)
		}
	}
	x.db.Flows.Delete(flow.ID)
	view.EmitFlow(x.db, flow, "deleted")
}

func (x *handlers) deleteFlows(r *api.Request) (api.Reply, error) {
	body := struct {
		bulk
		Flows *filter.Flow `json:"flows"`
	}{bulk: bulk{Limit: bulkLimit}}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	flows := x.flows().first(filter.Query{Flows: body.Flows}, body.bulk, "NAME_ASC")
	return forgetAll(flows, func(f *db.Flow) uuid.UUID { return f.ID }, x.forgetFlow)
}
