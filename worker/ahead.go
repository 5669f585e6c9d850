package worker

import (
	"context"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// aheadLasts is how old a plan may be that was made before its run was claimed. A claim may take minutes while the server cannot be
// reached, and what the run is made of may be another by then.
const aheadLasts = 10 * time.Second

// A batch is what the runs of one poll are made of. What several of them share is read once. All of it is read after the poll, so
// no run gets what was changed before it was scheduled.
type batch struct {
	*prefect.Client
	worker *Worker
	// work bounds the reads: one that others wait for is not to fail because its run was stopped.
	work context.Context

	mu    sync.Mutex
	reads map[object]*sharedRead
}

// An object is what is read of the server: a deployment, a flow, a block or a variable, by its id or name.
type object struct {
	kind, slug, name string
	secrets          prefect.Secrets
}

const (
	aDeployment, aFlow, aVariable = "deployment", "flow", "variable"
	aBlock, aNamedBlock           = "block", "block by name"
)

// sharedRead is a read under way or, once done is closed, its answer.
type sharedRead struct {
	done  chan struct{}
	value any
	err   error
}

// newBatch begins to read the blocks and variables that the runs of the last poll needed: these need them most likely, and without
// that they are read after the deployments.
func (w *Worker) newBatch(work context.Context, runs int) *batch {
	b := &batch{Client: w.cfg.Prefect, worker: w, work: work, reads: map[object]*sharedRead{}}
	if runs == 0 || w.queues != nil {
		return b
	}
	w.mu.Lock()
	likely := w.needed
	w.needed = nil
	w.mu.Unlock()
	for o := range likely {
		w.flying.Go(func() { _, _ = b.get(work, o) }) // whoever needs it gets to see the error
	}
	return b
}

// get reads an object, or waits for the answer to whoever reads it.
func (b *batch) get(ctx context.Context, o object) (any, error) {
	b.mu.Lock()
	r, begun := b.reads[o]
	if !begun {
		r = &sharedRead{done: make(chan struct{})}
		b.reads[o] = r
	}
	b.mu.Unlock()
	if !begun {
		r.value, r.err = b.fetch(o)
		close(r.done)
	}
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (b *batch) fetch(o object) (any, error) {
	switch id := prefect.ID(o.name); o.kind {
	case aDeployment:
		return b.Client.Deployment(b.work, id)
	case aFlow:
		return b.Client.Flow(b.work, id)
	case aBlock:
		return b.Client.BlockDocument(b.work, id, o.secrets)
	case aNamedBlock:
		return b.Client.BlockDocumentByName(b.work, o.slug, o.name, o.secrets)
	default:
		return b.Client.VariableByName(b.work, o.name)
	}
}

// need is get for what the next poll's runs most likely need too.
func (b *batch) need(ctx context.Context, o object) (any, error) {
	b.worker.mu.Lock()
	if b.worker.needed == nil {
		b.worker.needed = map[object]bool{}
	}
	b.worker.needed[o] = true
	b.worker.mu.Unlock()
	return b.get(ctx, o)
}

// as gives an object its type; that which was not read is the zero value.
func as[T any](value any, err error) (T, error) {
	of, _ := value.(T)
	return of, err
}

func (b *batch) Deployment(ctx context.Context, id prefect.ID) (prefect.Deployment, error) {
	return as[prefect.Deployment](b.get(ctx, object{kind: aDeployment, name: string(id)}))
}

func (b *batch) Flow(ctx context.Context, id prefect.ID) (prefect.Flow, error) {
	return as[prefect.Flow](b.get(ctx, object{kind: aFlow, name: string(id)}))
}

func (b *batch) BlockDocument(ctx context.Context, id prefect.ID, secrets prefect.Secrets) (prefect.BlockDocument, error) {
	return as[prefect.BlockDocument](b.need(ctx, object{kind: aBlock, name: string(id), secrets: secrets}))
}

func (b *batch) BlockDocumentByName(ctx context.Context, typeSlug, name string, secrets prefect.Secrets) (prefect.BlockDocument, error) {
	return as[prefect.BlockDocument](b.need(ctx, object{aNamedBlock, typeSlug, name, secrets}))
}

func (b *batch) VariableByName(ctx context.Context, name string) (prefect.Variable, error) {
	return as[prefect.Variable](b.need(ctx, object{kind: aVariable, name: name}))
}

// ahead is a plan that is made while its run is claimed.
type ahead struct {
	began   time.Time
	attempt int
	// done is closed when the rest is there.
	done chan struct{}
	made *Work
	plan *jobtemplate.Plan
	err  error
}

// planAhead begins to make the plan of a run that is about to be claimed. If another worker gets the run, the reads were for
// nothing; of a batch, they are few.
func (w *Worker) planAhead(f *flight, b *batch) {
	a := &ahead{began: time.Now(), attempt: nextAttempt(f.run), done: make(chan struct{})}
	f.ahead = a
	live, run := f.live, f.run // the claim changes the flight's
	w.flying.Go(func() {
		defer close(a.done)
		a.made, a.plan, a.err = w.planOf(live, b, run, a.attempt)
	})
}

// plannedAhead is the plan that was begun before the claim; nil: there is none that can be used, and it is to be made now.
func (f *flight) plannedAhead() (*Work, *jobtemplate.Plan) {
	a := f.ahead
	f.ahead = nil
	if a == nil {
		return nil, nil
	}
	select {
	case <-a.done:
	case <-f.live.Done():
		return nil, nil
	}
	if a.err != nil || a.attempt != f.attempt || time.Since(a.began) > aheadLasts {
		return nil, nil
	}
	return a.made, a.plan
}

// nextAttempt numbers the attempt that follows the one that the server has for a run.
func nextAttempt(run prefect.FlowRun) int {
	_, attempt := splitPID(run)
	return attempt + 1
}
