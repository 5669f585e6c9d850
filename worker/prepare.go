package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// Tags of a flow run's container group, besides those of package aci. By them a worker that starts finds its runs again.
const (
	// TagFlowRun is the flow run's id.
	TagFlowRun = aci.TagPrefix + "flow-run"
	// TagPool is the name of the work pool that the run was claimed from.
	TagPool = aci.TagPrefix + "work-pool"
	// TagPoolID is the pool's id. Pools of several servers may have one name; by the id a worker knows that the server that it
	// asks about a run is the run's own.
	TagPoolID = aci.TagPrefix + "work-pool-id"
)

// Work is a flow run with all that its job is made of. Make it with [Load].
type Work struct {
	Run  prefect.FlowRun
	Pool prefect.WorkPool
	// Deployment is nil for a run without one.
	Deployment *prefect.Deployment
	Flow       *prefect.Flow
	// Version is the server's.
	Version prefect.Version

	client source
}

// A source is where a run's objects are read: the client, or what is shared among runs that were polled together.
type source interface {
	HandedOn() map[string]string
	ServerVersion(context.Context) (prefect.Version, error)
	Deployment(context.Context, prefect.ID) (prefect.Deployment, error)
	Flow(context.Context, prefect.ID) (prefect.Flow, error)
	BlockDocument(context.Context, prefect.ID, prefect.Secrets) (prefect.BlockDocument, error)
	BlockDocumentByName(ctx context.Context, typeSlug, name string, secrets prefect.Secrets) (prefect.BlockDocument, error)
	VariableByName(ctx context.Context, name string) (prefect.Variable, error)
}

// GoneError is a flow run whose job cannot be made any more because something that it belongs to was deleted. It matches
// [prefect.ErrNotFound].
type GoneError struct {
	// What is "deployment", "flow" or "work pool"; Name is its id, or the pool's name.
	What, Name string
	// Run is the flow run.
	Run prefect.ID
	err error
}

// Error names what is gone.
func (e *GoneError) Error() string {
	return fmt.Sprintf("the %s %s of flow run %s does not exist any more", e.What, e.Name, e.Run)
}

// Unwrap gives the server's answer.
func (e *GoneError) Unwrap() error { return e.err }

// NoPoolError is a flow run that no worker starts: it has no work pool, because its deployment has none or because somebody's
// own process runs it.
type NoPoolError struct{ Run prefect.ID }

// Error names the run.
func (e *NoPoolError) Error() string {
	return fmt.Sprintf("flow run %s has no work pool, so no worker can start it", e.Run)
}

// Load reads what the run's job is made of: its flow, its deployment, its pool and the server's version. The errors are a
// *GoneError, a *NoPoolError, or those of the client: none of them says that the run has failed.
func Load(ctx context.Context, client *prefect.Client, run prefect.FlowRun) (*Work, error) {
	if run.WorkPoolName == "" {
		return nil, &NoPoolError{run.ID}
	}
	pool, err := client.WorkPool(ctx, run.WorkPoolName)
	if err != nil {
		return nil, gone(err, run.ID, "work pool", run.WorkPoolName)
	}
	return load(ctx, client, run, pool)
}

// load is [Load] for a caller that knows the pool. It reads the deployment and the flow side by side: the start of a run waits
// for both, and a busy server takes its time over each.
func load(ctx context.Context, client source, run prefect.FlowRun, pool prefect.WorkPool) (*Work, error) {
	w := &Work{Run: run, Pool: pool, client: client}
	var err error
	if w.Version, err = client.ServerVersion(ctx); err != nil {
		return nil, err
	}
	var readers sync.WaitGroup
	var noDeployment, noFlow error
	readers.Go(func() { w.Deployment, noDeployment = readDeployment(ctx, client, run) })
	readers.Go(func() { w.Flow, noFlow = readFlow(ctx, client, run) })
	readers.Wait()
	if noDeployment != nil {
		return nil, noDeployment
	}
	if noFlow != nil {
		return nil, noFlow
	}
	return w, nil
}

// readDeployment reads the run's deployment: nil for a run without one.
func readDeployment(ctx context.Context, client source, run prefect.FlowRun) (*prefect.Deployment, error) {
	if run.DeploymentID == "" {
		return nil, nil
	}
	deployment, err := client.Deployment(ctx, run.DeploymentID)
	if err != nil {
		return nil, gone(err, run.ID, "deployment", string(run.DeploymentID))
	}
	return &deployment, nil
}

func readFlow(ctx context.Context, client source, run prefect.FlowRun) (*prefect.Flow, error) {
	flow, err := client.Flow(ctx, run.FlowID)
	if err != nil {
		return nil, gone(err, run.ID, "flow", string(run.FlowID))
	}
	return &flow, nil
}

func gone(err error, run prefect.ID, what, name string) error {
	if errors.Is(err, prefect.ErrNotFound) {
		return &GoneError{What: what, Name: name, Run: run, err: err}
	}
	return err
}

// PrepareOptions say who prepares a run's job, and which try it is. The zero value is a first try of nobody.
type PrepareOptions struct {
	// Attempt numbers the tries, from 1; each has a container group of its own. 0 counts as 1.
	Attempt int
	// WorkerName and WorkerID are the worker's. Empty: not told.
	WorkerName string
	WorkerID   prefect.ID
	// Settings are Prefect's settings for the container. nil: those of the client, [prefect.Client.HandedOn].
	Settings map[string]string
	// ResourceGroupID is where a run's group is made if neither the run nor its deployment nor its pool says so: an ARM id. Empty:
	// such a run is an error.
	ResourceGroupID string
	// LookupEnv gives what {{ $NAME }} in a template stands for. nil: nothing is set.
	LookupEnv func(string) (string, bool)
}

// Prepared is a job that is ready to be created.
type Prepared struct {
	jobtemplate.Plan
	// Identifier is what the server keeps to find the infrastructure again: see [Identifier].
	Identifier string
	// Attempt is at least 1.
	Attempt int
}

// Prepare makes the run's job. Its name follows from the run's id and the attempt, and its tags say whose it is. The container
// gets what it needs to reach the API that the client speaks to, and none of the worker's own settings.
//
// Blocks and variables that the template refers to are read by the client. The errors are those of [jobtemplate.Render]; one
// that matches [prefect.ErrUnavailable] says nothing about the run, which can be prepared again.
func (w *Work) Prepare(ctx context.Context, o PrepareOptions) (*Prepared, error) {
	plan, err := jobtemplate.Render(ctx, w.input(o))
	if err != nil {
		return nil, err
	}
	return w.prepared(plan, o), nil
}

// Explain is [Work.Prepare] that also says where each value comes from, for a preview.
func (w *Work) Explain(ctx context.Context, o PrepareOptions) (*Prepared, []jobtemplate.Origin, error) {
	plan, origins, err := jobtemplate.Explain(ctx, w.input(o))
	if err != nil {
		return nil, nil, err
	}
	return w.prepared(plan, o), origins, nil
}

func (w *Work) input(o PrepareOptions) jobtemplate.Input {
	if o.Settings == nil {
		o.Settings = w.client.HandedOn()
	}
	return jobtemplate.Input{
		Version: w.Version, Template: inPlace(w.Pool.BaseJobTemplate, o.ResourceGroupID), FlowRun: w.Run, Deployment: w.Deployment, Flow: w.Flow, WorkPool: &w.Pool,
		WorkerName: o.WorkerName, WorkerID: o.WorkerID, Settings: o.Settings, Attempt: max(1, o.Attempt),
		Lookups: jobtemplate.Lookups{Block: w.block, Variable: w.variable, Env: o.LookupEnv},
	}
}

func (w *Work) prepared(plan *jobtemplate.Plan, o PrepareOptions) *Prepared {
	tags := plan.Job.Tags
	tags[TagFlowRun], tags[TagPool], tags[TagPoolID] = string(w.Run.ID), tagValue(w.Pool.Name), string(w.Pool.ID)
	if o.WorkerName != "" {
		tags[aci.TagOwner] = tagValue(o.WorkerName)
	}
	return &Prepared{Plan: *plan, Identifier: Identifier(w.Run.ID, plan.Job.Name), Attempt: max(1, o.Attempt)}
}

// longestTag is how many characters Resource Manager takes for a tag's value.
const longestTag = 256

func tagValue(text string) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), longestTag)])
}

// block reads a block with its secrets; the server puts the blocks that it refers to in their places.
func (w *Work) block(ctx context.Context, key jobtemplate.BlockKey) (map[string]any, error) {
	read := func() (prefect.BlockDocument, error) {
		if key.ID != "" {
			return w.client.BlockDocument(ctx, key.ID, prefect.IncludeSecrets)
		}
		return w.client.BlockDocumentByName(ctx, key.TypeSlug, key.Name, prefect.IncludeSecrets)
	}
	document, err := read()
	return document.Data, err
}

func (w *Work) variable(ctx context.Context, name string) (any, bool, error) {
	variable, err := w.client.VariableByName(ctx, name)
	if errors.Is(err, prefect.ErrNotFound) {
		return nil, false, nil
	}
	return variable.Value, err == nil, err
}
