package deploy

import (
	"context"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
)

// A Result is what [Plan.Apply] did.
type Result struct {
	// Steps are those of the plan as they were done.
	Steps []Step
	// Deployment is as the server has it now.
	Deployment prefect.Deployment
	FlowID     prefect.ID
}

// Apply does what the plan says, in the order of its steps, and tells done of each. done may be nil. It is safe to repeat: what
// is there already is left alone.
//
// The deployment is told of the new code after all of it was sent, so a run gets either the old code or the new. Code
// that the deployment had before stays for runs that are loading it, and is deleted when it is replaced again.
func (p *Plan) Apply(ctx context.Context, done func(Step)) (*Result, error) {
	r := &Result{}
	step := func(s Step) {
		r.Steps = append(r.Steps, s)
		if done != nil {
			done(s)
		}
	}
	steps := p.Steps
	if p.place != nil && p.place.missing {
		if err := newBlobs(p.place).createContainer(ctx); err != nil {
			return r, err
		}
		step(steps[0])
		steps = steps[1:]
	}
	flow, err := p.clients.Prefect.CreateFlow(ctx, prefect.FlowCreate{Name: p.d.Flow.Name})
	if err != nil {
		return r, err
	}
	r.FlowID = flow.ID
	asPlanned := p.flow == flow.ID
	p.flow = flow.ID
	step(steps[0])
	if p.place != nil {
		if !asPlanned {
			if p.unsent, err = p.missingFiles(ctx); err != nil {
				return r, err
			}
		}
		s, err := p.sendCode(ctx)
		if err != nil {
			return r, err
		}
		step(s)
	}
	last := steps[len(steps)-1]
	if r.Deployment, err = p.register(ctx, last.Action == Keep && asPlanned); err != nil {
		return r, err
	}
	step(last)
	if p.remembered {
		return r, p.forget(ctx)
	}
	return r, nil
}

// register writes the deployment, or reads it if nothing of it changes: each write deletes the runs that are scheduled ahead.
func (p *Plan) register(ctx context.Context, unchanged bool) (prefect.Deployment, error) {
	if unchanged {
		return *p.existing, nil
	}
	want := p.desired()
	p.Deployment = want
	client := p.clients.Prefect
	made, err := client.CreateDeployment(ctx, want)
	if err != nil {
		return made, err
	}
	left := differences(made, want)
	if p.existing == nil || len(left) == 0 {
		return made, nil
	}
	// What is left out of a request stays as it was.
	if err := p.empty(ctx, made.ID, left); err != nil {
		return made, err
	}
	return client.Deployment(ctx, made.ID)
}

// empty clears fields that the deployment has no more.
func (p *Plan) empty(ctx context.Context, id prefect.ID, fields []string) error {
	want, update := p.desired(), prefect.DeploymentUpdate{}
	var stuck []string
	for _, field := range fields {
		switch field {
		case "description":
			update.Description = prefect.Set(want.Description)
		case "tags":
			update.Tags = prefect.Set(append([]string{}, want.Tags...))
		case "parameters":
			update.Parameters = prefect.Set(orEmpty(want.Parameters))
		case "job_variables":
			update.JobVariables = prefect.Set(orEmpty(want.JobVariables))
		case "schedules":
			update.Schedules = prefect.Set(want.Schedules)
		case "path":
			update.Path = prefect.Null[string]()
		case "storage_document_id":
			update.StorageDocumentID = prefect.Null[prefect.ID]()
		case "infrastructure_document_id":
			update.InfrastructureDocumentID = prefect.Null[prefect.ID]()
		case "pull_steps":
			if p.version.Major < 3 {
				stuck = append(stuck, field)
				continue
			}
			update.PullSteps = prefect.Set(orNone(want.PullSteps))
		default:
			stuck = append(stuck, field)
		}
	}
	if len(stuck) > 0 {
		return &InvalidError{
			Problem: fmt.Sprintf("Prefect %s does not take a change of %s in a deployment that is there", p.version, strings.Join(stuck, ", ")),
			hint:    "delete the deployment first, or give this one another name",
		}
	}
	return p.clients.Prefect.UpdateDeployment(ctx, id, update)
}
