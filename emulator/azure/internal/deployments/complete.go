package deployments

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// removeOthers deletes what a deployment in the mode Complete does not name: the resources of the group that Azure Resource
// Manager tracks, without their children. What another one still uses is tried again after that.
func (r *run) removeOthers(ctx context.Context) []*arm.Error {
	left := r.others()
	errs := map[string]*arm.Error{}
	for len(left) > 0 && ctx.Err() == nil {
		var stuck []arm.Resource
		for _, res := range left {
			if errs[res.ID.Key()] = r.remove(ctx, res); errs[res.ID.Key()] != nil {
				stuck = append(stuck, res)
			}
		}
		if len(stuck) == len(left) {
			break
		}
		left = stuck
	}
	var failed []*arm.Error
	for _, res := range left {
		if err := errs[res.ID.Key()]; err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}

// others are the resources of the group that the template does not have.
func (r *run) others() []arm.Resource {
	keep := map[string]bool{}
	for _, res := range r.all {
		keep[strings.ToLower(res.ID)] = true
	}
	return slices.DeleteFunc(r.core.List(arm.Filter{ResourceGroup: r.id.ResourceGroup}), func(res arm.Resource) bool {
		return res.Location == "" || len(res.ID.Types) > 1 || res.ID.On != nil || keep[res.ID.Key()]
	})
}

// remove deletes one resource.
func (r *run) remove(ctx context.Context, res arm.Resource) *arm.Error {
	version := "2021-04-01" // any will do for a type that no service has
	if t, ok := r.core.TypeOf(res.Type); ok && len(t.APIVersions) > 0 {
		version = t.APIVersions[0]
	}
	id := res.ID.String()
	r.service.mu.Lock()
	op := r.newOperation("Delete", &target{ID: id, ResourceType: res.Type, ResourceName: res.Name})
	r.service.mu.Unlock()
	call := arm.Call{Method: http.MethodDelete, URL: address(id, version)}
	status := 0
	answer, err := r.send(ctx, call)
	if err == nil {
		status, err = answer.Status, r.core.Finish(ctx, call, answer)
	}
	var failure *arm.Error
	if err != nil {
		failure = r.failure(err)
	}
	r.service.mu.Lock()
	defer r.service.mu.Unlock()
	op.end(statusOf(status, failure), failure)
	return failure
}
