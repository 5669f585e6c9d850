package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// planOfBlock makes the plan of an attempt from the block that the run's deployment names.
func (w *Worker) planOfBlock(f *flight) (*Work, *jobtemplate.Plan, error) {
	var plan *jobtemplate.Plan
	work := &Work{Run: f.run, client: w.cfg.Prefect}
	err := w.insist(f.live, f.log, "reading what a run is made of", func() (err error) {
		if work, err = load(f.live, w.cfg.Prefect, f.run, prefect.WorkPool{}); err != nil {
			return err
		}
		block, err := w.jobBlock(f.live, work)
		if err != nil {
			return err
		}
		input := work.input(PrepareOptions{Attempt: f.attempt, WorkerName: w.cfg.Name, Settings: w.cfg.Settings, LookupEnv: w.cfg.Env})
		input.WorkPool, input.WorkerName = nil, "" // an agent's labels have neither
		plan, err = jobtemplate.FromBlock(f.live, block, input)
		return err
	})
	if err != nil {
		return work, nil, err
	}
	tags := plan.Job.Tags
	tags[TagFlowRun], tags[TagQueueID], tags[aci.TagOwner] = string(f.run.ID), string(w.queues.id(f.run.WorkQueueName)), tagValue(w.cfg.Name)
	return work, plan, nil
}

// jobBlock reads the block of the run, else of its deployment, with the overrides of both.
func (w *Worker) jobBlock(ctx context.Context, work *Work) (prefect.AzureContainerInstanceJob, error) {
	var block prefect.AzureContainerInstanceJob
	id := work.Run.InfrastructureDocumentID
	var overrides []map[string]any
	if work.Deployment != nil {
		overrides = append(overrides, work.Deployment.JobVariables)
		if id == "" {
			id = work.Deployment.InfrastructureDocumentID
		}
	}
	if id == "" {
		return block, errors.New("its deployment names no infrastructure block, so Prefect would run it in the agent's own process; " +
			"give the deployment a block of type " + block.BlockTypeSlug())
	}
	document, err := w.cfg.Prefect.BlockDocument(ctx, id, prefect.IncludeSecrets)
	if errors.Is(err, prefect.ErrNotFound) {
		return block, &jobtemplate.Error{Kind: jobtemplate.ErrReference, Err: err, Problem: "its infrastructure block does not exist",
			Want: "give the deployment a block of type " + block.BlockTypeSlug()}
	}
	if err != nil {
		return block, err
	}
	if document.BlockType != nil && document.BlockType.Slug != block.BlockTypeSlug() {
		return block, fmt.Errorf("its infrastructure block %q is of type %s; this agent runs %s only", document.Name, document.BlockType.Slug, block.BlockTypeSlug())
	}
	data := document.Data
	for _, over := range append(overrides, work.Run.JobVariables) {
		if data, err = overridden(data, over); err != nil {
			return block, fmt.Errorf("infrastructure block %q: %w", document.Name, err)
		}
	}
	encoded, err := json.Marshal(data)
	if err == nil {
		err = json.Unmarshal(encoded, &block)
	}
	if err != nil {
		// The error names the place and the kind of the value, never the value.
		return block, fmt.Errorf("infrastructure block %q with its overrides cannot be read: %w", document.Name, err)
	}
	return block, nil
}

// overridden lays overrides, whose names are paths with dots such as env.LEVEL, over a block's data. An object that a path
// names and that is not there is made, where Prefect's own agent fails.
func overridden(data, overrides map[string]any) (map[string]any, error) {
	encoded, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	var result map[string]any
	if err := json.Unmarshal(encoded, &result); err != nil {
		return nil, err
	}
	for path, value := range overrides {
		keys := strings.Split(path, ".")
		at := result
		for _, key := range keys[:len(keys)-1] {
			next, ok := at[key].(map[string]any)
			if !ok && at[key] != nil {
				return nil, fmt.Errorf("override %q: %s is not an object", path, key)
			}
			if next == nil {
				next = map[string]any{}
				at[key] = next
			}
			at = next
		}
		at[keys[len(keys)-1]] = value
	}
	return result, nil
}
