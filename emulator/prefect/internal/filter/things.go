package filter

import (
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Flow is criteria for flows.
type Flow struct {
	Operator   api.Operator `json:"operator"`
	ID         *IDs         `json:"id"`
	Deployment *struct {
		Operator api.Operator `json:"operator"`
		IsNull   *bool        `json:"is_null_"`
	} `json:"deployment"`
	Name *Names     `json:"name"`
	Tags *PlainTags `json:"tags"`
}

// match reports whether a flow fits; deployed reports whether it has a deployment.
func (f *Flow) match(flow *db.Flow, deployed func(uuid.UUID) bool) bool {
	if f == nil {
		return true
	}
	var t tally
	given(&t, f.ID, flow.ID)
	if f.Deployment != nil && f.Deployment.IsNull != nil {
		t.add(deployed(flow.ID) != *f.Deployment.IsNull)
	}
	given(&t, f.Name, flow.Name)
	given(&t, f.Tags, flow.Tags)
	return t.under(f.Operator)
}

// Deployment is criteria for deployments.
type Deployment struct {
	Operator             api.Operator `json:"operator"`
	ID                   *IDs         `json:"id"`
	Name                 *Names       `json:"name"`
	FlowOrDeploymentName *struct {
		Like *string `json:"like_"`
	} `json:"flow_or_deployment_name"`
	Paused        *Flag    `json:"paused"`
	Tags          *Tags    `json:"tags"`
	WorkQueueName *AnyText `json:"work_queue_name"`
	// ConcurrencyLimit is ignored, as the server has it.
	ConcurrencyLimit *struct {
		Ge     *int  `json:"ge_"`
		Le     *int  `json:"le_"`
		IsNull *bool `json:"is_null_"`
	} `json:"concurrency_limit"`
}

// Match reports whether a deployment fits; a nil filter fits all.
func (f *Deployment) Match(d *db.DB, deployment *db.Deployment) bool {
	if f == nil {
		return true
	}
	var t tally
	given(&t, f.ID, deployment.ID)
	given(&t, f.Name, deployment.Name)
	if f.FlowOrDeploymentName != nil && f.FlowOrDeploymentName.Like != nil {
		flow := d.Flows.Get(deployment.FlowID)
		t.add(api.Like(deployment.Name, *f.FlowOrDeploymentName.Like) || flow != nil && api.Like(flow.Name, *f.FlowOrDeploymentName.Like))
	}
	given(&t, f.Paused, deployment.Paused)
	given(&t, f.Tags, deployment.Tags)
	given(&t, f.WorkQueueName, deployment.WorkQueueName)
	return t.under(f.Operator)
}

// WorkPool is criteria for work pools.
type WorkPool struct {
	Operator api.Operator `json:"operator"`
	ID       *AnyID       `json:"id"`
	Name     *AnyText     `json:"name"`
	Type     *AnyText     `json:"type"`
}

// Match reports whether a pool fits; a nil filter fits all.
func (f *WorkPool) Match(pool *db.WorkPool) bool {
	if f == nil {
		return true
	}
	var t tally
	given(&t, f.ID, pool.ID)
	given(&t, f.Name, &pool.Name)
	given(&t, f.Type, &pool.Type)
	return t.under(f.Operator)
}

// WorkQueue is criteria for work queues.
type WorkQueue struct {
	Operator api.Operator `json:"operator"`
	ID       *AnyID       `json:"id"`
	Name     *struct {
		Any        *[]string `json:"any_"`
		StartsWith *[]string `json:"startswith_"`
	} `json:"name"`
}

// Match reports whether a queue fits; a nil filter fits all.
func (f *WorkQueue) Match(queue *db.WorkQueue) bool {
	if f == nil {
		return true
	}
	var t tally
	given(&t, f.ID, queue.ID)
	if f.Name != nil {
		starts := func(prefix string) bool {
			return strings.HasPrefix(strings.ToLower(queue.Name), strings.ToLower(prefix))
		}
		t.add((f.Name.Any == nil || among(f.Name.Any, queue.Name)) &&
			(f.Name.StartsWith == nil || slices.ContainsFunc(*f.Name.StartsWith, starts)))
	}
	return t.under(f.Operator)
}
