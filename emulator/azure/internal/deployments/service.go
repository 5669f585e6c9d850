package deployments

import (
	"context"
	"net/http"
	"sync"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

const (
	namespace      = "Microsoft.Resources"
	deploymentType = namespace + "/deployments"
	// pageSize is how many deployments or operations a list shows at once.
	pageSize = 100
)

// apiVersions are Azure's, newest first; those in between are served too.
var apiVersions = []string{
	"2025-04-01", "2025-03-01", "2024-11-01", "2024-07-01", "2024-03-01", "2023-07-01", "2022-09-01", "2021-04-01", "2021-01-01", "2020-10-01",
	"2020-08-01", "2020-06-01", "2019-10-01", "2019-08-01", "2019-07-01", "2019-05-10", "2019-05-01", "2019-03-01", "2018-11-01", "2018-09-01",
	"2018-08-01", "2018-07-01", "2018-06-01", "2018-05-01", "2018-02-01", "2018-01-01", "2017-08-01", "2017-06-01", "2017-05-10", "2017-05-01",
	"2017-03-01", "2016-09-01", "2016-07-01", "2016-06-01", "2016-02-01", "2015-11-01", "2015-01-01",
}

type service struct {
	core *arm.Core
	// mu guards all records, and is held by whatever makes or ends one. It is never held while a request is sent.
	mu sync.Mutex
}

// Register adds deployments to the core.
func Register(core *arm.Core) {
	s := &service{core: core}
	core.AddType(arm.ResourceType{Type: deploymentType, APIVersions: apiVersions, Delete: s.deleteResource})
	const get, put, post, del, head = http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodHead
	const group = "/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}"
	const all = group + "/providers/" + deploymentType
	const one = all + "/{deploymentName}"
	const action = deploymentType
	for _, op := range []struct {
		id, method, path, action string
		handler                  arm.Handler
	}{
		{"Deployments_CreateOrUpdate", put, one, "", s.put},
		{"Deployments_Validate", post, one + "/validate", "", s.validate},
		{"Deployments_WhatIf", post, one + "/whatIf", "", whatIf},
		{"Deployments_Get", get, one, "", s.get},
		{"Deployments_CheckExistence", head, one, "", s.head},
		{"Deployments_ListByResourceGroup", get, all, "", s.list},
		{"Deployments_ExportTemplate", post, one + "/exportTemplate", "", s.exportTemplate},
		{"Deployments_ListOutputsWithSecureValues", post, one + "/listOutputsWithSecureValues", "", s.listOutputs},
		{"Deployments_Cancel", post, one + "/cancel", "", s.cancel},
		{"Deployments_Delete", del, one, "", s.delete},
		{"DeploymentOperationStatuses_Get", get, one + "/operationStatuses/{operationId}", action + "/operationstatuses/read", s.pollStatus},
		{"DeploymentOperations_List", get, group + "/deployments/{deploymentName}/operations", action + "/operations/read", s.listOperations},
		{"DeploymentOperations_Get", get, group + "/deployments/{deploymentName}/operations/{operationId}", action + "/operations/read", s.getOperation},
		{"DeploymentOperations_List", get, one + "/operations", "", s.listOperations},
		{"DeploymentOperations_Get", get, one + "/operations/{operationId}", "", s.getOperation},
	} {
		core.Handle(arm.Operation{ID: op.id, Method: op.method, Path: op.path, Action: op.action}, op.handler)
	}
	refuseOthers(core)
}

// idOf is the id of a request's deployment: its path may not show that it is of a provider.
func (s *service) idOf(r *arm.Request) arm.ResourceID {
	group := r.Params["resourceGroupName"]
	if g, ok := s.core.Group(group); ok {
		group = g.Name
	}
	id := arm.ResourceID{Subscription: s.core.SubscriptionID(), ResourceGroup: group}.Resource(namespace, "deployments", r.Params["deploymentName"])
	if stored, ok := s.core.Get(id); ok {
		return stored.ID
	}
	return id
}

// find is the record of a request's deployment, or ARM's 404. It is called with mu held.
func (s *service) find(r *arm.Request) (*record, error) {
	id := s.idOf(r)
	if stored, ok := s.core.Get(id); ok {
		return stored.Value.(*record), nil
	}
	return nil, arm.NotFound("DeploymentNotFound", "Deployment '%s' could not be found.", id.Name())
}

// deleteResource ends a deployment before its resource group goes.
func (s *service) deleteResource(_ context.Context, id arm.ResourceID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stored, ok := s.core.Get(id); ok {
		stored.Value.(*record).stop()
	}
	s.core.Delete(id)
	return nil
}
