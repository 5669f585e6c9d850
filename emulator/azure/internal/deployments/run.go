package deployments

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// errCanceled ends the context of a deployment that is to stop.
var errCanceled = errors.New("the deployment was canceled")

// canceled is the code of the error of a deployment that was stopped.
const canceled = "DeploymentCanceled"

// run is a deployment at work.
type run struct {
	*service
	*plan
	*record
	caller *arm.Principal
	// operation is the deployment's own, which knows the end that a fault wants.
	operation *arm.AsyncOperation

	// evaluating is held while an expression of the template is evaluated, but not while an answer to it is awaited.
	evaluating sync.Mutex
}

// run deploys all resources, and then evaluates the outputs.
func (s *service) run(ctx context.Context, r *run) error {
	if !r.begin() {
		return r.ended(ctx, nil)
	}
	failed := r.resources(ctx)
	if len(failed) == 0 && ctx.Err() == nil && r.mode == complete {
		failed = r.removeOthers(ctx)
	}
	if len(failed) > 0 {
		e := arm.Conflict("DeploymentFailed",
			"At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.")
		e.Target, e.Details = r.id.String(), failed
		return r.ended(ctx, e)
	}
	if ctx.Err() != nil {
		return r.ended(ctx, nil)
	}
	return r.ended(ctx, r.evaluateOutputs(ctx))
}

// begin reports whether the deployment was not canceled before it began.
func (r *run) begin() bool {
	r.service.mu.Lock()
	defer r.service.mu.Unlock()
	if !r.active() {
		return false
	}
	r.setState(running)
	return true
}

// ended notes how the deployment ended, and returns the error of its operation.
func (r *run) ended(ctx context.Context, failure *arm.Error) error {
	r.service.mu.Lock()
	defer r.service.mu.Unlock()
	defer r.abort()
	switch {
	case !r.active() || ctx.Err() != nil: // a reset, or the end of the emulator, says nothing about the state
		failure = arm.Conflict(canceled, "The deployment '%s' was canceled.", r.id.Name())
		if r.active() {
			r.setState(arm.Canceled)
		}
	case failure != nil:
		r.setState(arm.Failed)
	case r.operation.ForcedError() != nil:
		r.setState(r.operation.Forced)
		r.err = r.operation.ForcedError()
		return nil // the operation itself ends so
	default:
		r.setState(arm.Succeeded)
		return nil
	}
	r.err = failure
	return failure
}

// resources deploys all resources, each once those it depends on are done, and returns the errors of those that failed.
// Those that depend on one that failed are not begun; all others are.
//
// Templates may lack a dependency and deploy well in Azure, because what they forgot takes a moment and what they named takes
// minutes. So that this does not hang on who is first here, resources that depend on others wait besides until each that
// depends on none has been sent and answered.
func (r *run) resources(ctx context.Context) []*arm.Error {
	p := &progress{done: map[*armtemplate.Resource]chan struct{}{}, errs: map[*armtemplate.Resource]*arm.Error{}, missed: map[*armtemplate.Resource]bool{}}
	for _, res := range r.deployment.Resources {
		p.done[res] = make(chan struct{})
		if len(res.DependsOn) == 0 {
			p.first.Add(1) // before any that depend on others begin to wait
		}
	}
	var all sync.WaitGroup
	for _, res := range r.deployment.Resources {
		if len(res.DependsOn) == 0 {
			answered := sync.OnceFunc(p.first.Done)
			all.Go(func() { defer answered(); r.resource(ctx, p, res, answered) })
		} else {
			all.Go(func() { r.resource(ctx, p, res, func() {}) })
		}
	}
	all.Wait()
	var failed []*arm.Error
	for _, res := range r.deployment.Resources {
		if err := p.errs[res]; err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}

// progress is how far the resources of a deployment are.
type progress struct {
	// done are closed when a resource is made, has failed or will not be begun.
	done map[*armtemplate.Resource]chan struct{}
	// first waits for the answers about the resources that depend on no other.
	first sync.WaitGroup

	mu     sync.Mutex
	errs   map[*armtemplate.Resource]*arm.Error
	missed map[*armtemplate.Resource]bool // failed, or not begun
}

// ready waits for the resources that another depends on, and reports whether all of them were made.
func (p *progress) ready(res *armtemplate.Resource) bool {
	if len(res.DependsOn) > 0 {
		p.first.Wait()
	}
	all := true
	for _, on := range res.DependsOn {
		<-p.done[on]
		p.mu.Lock()
		all = all && !p.missed[on]
		p.mu.Unlock()
	}
	return all
}

// resource deploys one resource in its turn. answered is called when its service has answered.
func (r *run) resource(ctx context.Context, p *progress, res *armtemplate.Resource, answered func()) {
	defer close(p.done[res])
	if res.Skipped {
		return
	}
	missed := !p.ready(res) || ctx.Err() != nil
	var err *arm.Error
	if !missed && !res.Existing {
		err = r.deploy(ctx, res, answered)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.missed[res] = missed || err != nil || ctx.Err() != nil
	if err != nil {
		p.errs[res] = err
	}
}

// evaluateOutputs computes the outputs; those that are secret are not remembered.
func (r *run) evaluateOutputs(ctx context.Context) *arm.Error {
	r.service.mu.Lock()
	op := r.newOperation("EvaluateDeploymentOutput", nil)
	r.service.mu.Unlock()
	r.evaluating.Lock()
	outputs, err := r.deployment.Outputs(ctx, r.resolver())
	r.evaluating.Unlock()
	var failure *arm.Error
	if err != nil {
		name := ""
		if e, ok := errors.AsType[*armtemplate.Error](err); ok {
			name = e.Target
		}
		failure = arm.BadRequest(armtemplate.CodeOutputEvaluation,
			"Unable to evaluate template outputs: '%s'. Please see error details and deployment operations. Please see https://aka.ms/arm-common-errors for usage details.", name)
		failure.Details = []*arm.Error{r.failure(err)}
	}
	r.service.mu.Lock()
	defer r.service.mu.Unlock()
	op.end(statusOf(http.StatusOK, failure), failure)
	if failure != nil {
		return failure
	}
	r.outputs, r.values = map[string]typedValue{}, map[string]json.RawMessage{}
	for _, o := range outputs {
		v := typedValue{Type: typeName(o.Type)}
		if !o.Secure {
			v.Value = o.Value
		}
		r.outputs[o.Name], r.values[o.Name] = v, o.Value
	}
	return nil
}

// failure is what a deployment says of an error: of another service, or of the template.
func (r *run) failure(err error) *arm.Error {
	if e, ok := errors.AsType[*arm.Error](err); ok {
		return r.secrets.masked(e)
	}
	if e, ok := errors.AsType[*armtemplate.Error](err); ok {
		return r.secrets.masked(templateError(e))
	}
	return r.secrets.masked(arm.Errorf(http.StatusInternalServerError, "InternalServerError", "%s", err))
}

// statusOf is how an operation names a status: as one word.
func statusOf(status int, err *arm.Error) string {
	if err != nil {
		status = err.Status
	}
	if status == 0 {
		status = http.StatusConflict
	}
	return strings.ReplaceAll(http.StatusText(status), " ", "")
}
