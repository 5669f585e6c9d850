package deployments

import (
	"context"
	"net/http"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// removal is a resource that a deployment in the mode Complete deletes.
type removal struct {
	arm.Resource
	operation *operation // one, however often the deletion is tried
	err       *arm.Error
}

// removeOthers deletes what a deployment in the mode Complete does not name: the resources of the group that Azure Resource
// Manager tracks, without their children. What another one still uses is tried again after that.
func (r *run) removeOthers(ctx context.Context) []*arm.Error {
	left := r.others()
	for len(left) > 0 && ctx.Err() == nil {
		var stuck []*removal
		for _, one := range left {
			if one.err = r.remove(ctx, one); one.err != nil {
				stuck = append(stuck, one)
			}
		}
		if len(stuck) == len(left) {
			break
		}
		left = stuck
	}
	var failed []*arm.Error
	for _, one := range left {
		if one.err != nil {
			failed = append(failed, one.err)
		}
	}
	return failed
}

// others are the resources of the group that the template does not have.
func (r *run) others() []*removal {
	keep := r.madeBy(r.record)
	for _, res := range r.all {
		keep[strings.ToLower(res.ID)] = true
	}
	var others []*removal
	for _, res := range r.core.List(arm.Filter{ResourceGroup: r.id.ResourceGroup}) {
		if res.Location != "" && len(res.ID.Types) == 1 && res.ID.On == nil && !keep[res.ID.Key()] {
			others = append(others, &removal{Resource: res})
		}
	}
	return others
}

// madeBy are the keys of what a deployment and those nested in it have made: the names of some are known only when they run.
func (s *service) madeBy(d *record) map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	made, seen := map[string]bool{}, map[*record]bool{d: true}
	for left := []*record{d}; len(left) > 0; left = left[1:] {
		for _, one := range left[0].made {
			id, err := arm.ParseResourceID(one.ID)
			if err != nil {
				continue
			}
			made[id.Key()] = true
			stored, _ := s.core.Get(id)
			if nested, ok := stored.Value.(*record); ok && !seen[nested] {
				seen[nested] = true
				left = append(left, nested)
			}
		}
	}
	return made
}

// remove deletes one resource.
func (r *run) remove(ctx context.Context, one *removal) *arm.Error {
	version := "2021-04-01" // any will do for a type that no service has
	if t, ok := r.core.TypeOf(one.Type); ok && len(t.APIVersions) > 0 {
		version = t.APIVersions[0]
	}
	id := one.ID.String()
	r.service.mu.Lock()
	if one.operation == nil {
		one.operation = r.newOperation("Delete", &target{ID: id, ResourceType: one.Type, ResourceName: one.Name})
	} else {
		one.operation.resume()
	}
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
	one.operation.end(statusOf(status, failure), failure)
	return failure
}
