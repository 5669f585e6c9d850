package bootstrap

import (
	"slices"
	"strings"
)

// rows are the lines of the resources, and before them one of the deployment where it says more than they do.
func (s *state) rows(done bool) []Resource {
	var rows []Resource
	deploys, explained := !done && !s.record.running(), false
	for _, r := range s.resources {
		row := s.row(r, deploys)
		explained = explained || r.there == nil || r.change != ""
		rows = append(rows, row)
	}
	if s.earlier != "" {
		rows = append(rows, Resource{Kind: KindWorker, Name: s.earlier, Action: ActionKeep, Detail: "an earlier run made it, and it goes on"})
	}
	deployment := Resource{Kind: KindDeployment, Name: s.request.deployment(), Action: ActionUpdate}
	switch {
	case done:
		return rows
	case s.record.running():
		deployment.Action, deployment.Detail = ActionWait, "it is running"
	case s.record != nil && s.record.failed() && s.record.fingerprint == s.fingerprint:
		deployment.Detail = "the last one failed: it is run again"
	case s.any() && !explained && s.same():
		deployment.Detail = "its secure parameters may be others than the last time"
	case s.any() && !explained:
		deployment.Detail = "what is there is brought in line with the template"
	default:
		return rows
	}
	return append([]Resource{deployment}, rows...)
}

// row is the line of a resource. deploys: the template is deployed, which writes what is there again.
func (s *state) row(r *resource, deploys bool) Resource {
	row := Resource{Kind: r.kind, Name: r.label(), Action: ActionKeep}
	switch {
	case r.there == nil && r.kind == KindVault && s.recovers(r):
		row.Action, row.Detail = ActionRecover, "with its secrets"
		if s.deleted[0].unseen {
			row.Detail += ", if a deleted one of this resource group has the name: this account may not see that"
		}
	case r.there == nil && r.kind == KindSecret && s.recovers(s.parent(r)):
		row.Action, row.Detail = ActionCreate, "or a new version if the recovered key vault has it"
		if s.ifAbsent(r) {
			row.Detail = "unless the recovered key vault has it"
		}
	case r.deleted:
		row.Action, row.Detail = ActionRecover, "it was deleted"
		if !s.ifAbsent(r) {
			row.Detail += ", and gets a new version"
		}
	case r.there == nil:
		row.Action = ActionCreate
	case r.change != "":
		row.Action, row.Detail = ActionUpdate, r.change
	case deploys && r.kind == KindWorker:
		// A PUT restarts the containers of a group, also one that changes nothing
		// (learn.microsoft.com/azure/container-instances/container-instances-update).
		row.Action, row.Detail = ActionUpdate, "starts again"
	case deploys && r.kind == KindSecret && !s.request.ours():
		row.Action, row.Detail = ActionUpdate, "gets a new version"
	}
	return row
}

// recovers reports whether a vault is one that was deleted and will be recovered.
func (s *state) recovers(vault *resource) bool {
	return vault != nil && slices.ContainsFunc(s.deleted, func(v deletedVault) bool { return strings.EqualFold(v.id, vault.id) })
}

// ifAbsent reports whether a secret is written only into a vault that has none of its name.
func (s *state) ifAbsent(r *resource) bool {
	return s.request.ours() && slices.ContainsFunc(s.request.Secrets, func(one Secret) bool {
		return one.IfAbsent && strings.EqualFold(one.Name, lastSegment(r.id))
	})
}
